"""Bill: the practice API's own ledger of what it billed, to hold others' figures against."""

from dataclasses import dataclass, field
from typing import Any

from modelmix.simulator.charge import Charge

_BUCKETS = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "output_tokens",
)


@dataclass(slots=True)
class Bill:
    """What was billed since the start, by model."""

    _models: dict[str, dict[str, int]] = field(default_factory=dict)
    _request_ids: list[str] = field(default_factory=list)

    def add(self, charge: Charge) -> None:
        """Bill one call."""
        row = self._models.setdefault(charge.model, {"calls": 0, **dict.fromkeys(_BUCKETS, 0)})
        split = charge.split
        amounts = (split.uncached, split.read, split.written_5m, split.written_1h, charge.output_tokens)
        row["calls"] += 1
        for bucket, amount in zip(_BUCKETS, amounts, strict=True):
            row[bucket] += amount
        self._request_ids.append(charge.request_id)

    def document(self) -> dict[str, Any]:
        """Return the bill as served over HTTP: calls and tokens by bucket, in all and by model."""
        names = ("calls", *_BUCKETS)
        return {
            "schema": "modelmix.simulator.bill/1",
            "synthetic": True,
            "total": {name: sum(row[name] for row in self._models.values()) for name in names},
            "models": {model: dict(row) for model, row in sorted(self._models.items())},
            "request_ids": list(self._request_ids),
        }
