"""Bill: the practice API's own ledger of what it billed, to hold others' figures against."""

from collections.abc import Iterable
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
    """What was billed since the start, by service tier and model."""

    _tiers: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    _request_ids: list[str] = field(default_factory=list)

    def add(self, charge: Charge) -> None:
        """Bill one call."""
        models = self._tiers.setdefault(charge.service_tier, {})
        row = models.setdefault(charge.model, {"calls": 0, **dict.fromkeys(_BUCKETS, 0)})
        split = charge.split
        amounts = (split.uncached, split.read, split.written_5m, split.written_1h, charge.output_tokens)
        row["calls"] += 1
        for bucket, amount in zip(_BUCKETS, amounts, strict=True):
            row[bucket] += amount
        self._request_ids.append(charge.request_id)

    def document(self) -> dict[str, Any]:
        """Return the bill as served over HTTP: calls and tokens by bucket, in all, by model and by tier.

        Tokens of the tier ``batch`` cost half; what anything costs is for others to compute.
        """
        return {
            "schema": "modelmix.simulator.bill/1",
            "synthetic": True,
            "total": _sum(row for models in self._tiers.values() for row in models.values()),
            "models": {
                model: _sum(models[model] for models in self._tiers.values() if model in models)
                for model in sorted({model for models in self._tiers.values() for model in models})
            },
            "service_tiers": {
                tier: {model: dict(row) for model, row in sorted(models.items())}
                for tier, models in sorted(self._tiers.items())
            },
            "request_ids": list(self._request_ids),
        }


def _sum(rows: Iterable[dict[str, int]]) -> dict[str, int]:
    total = {"calls": 0, **dict.fromkeys(_BUCKETS, 0)}
    for row in rows:
        for name, amount in row.items():
            total[name] += amount
    return total
