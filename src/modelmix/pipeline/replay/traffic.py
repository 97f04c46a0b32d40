"""Traffic: what the calls of a log cost today, and would cost with each candidate, type by type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.economics.quote import Quoter
from modelmix.errors import PriceNotFound


@dataclass(frozen=True, slots=True)
class Instead:
    """What calls cost today and would cost with a candidate, at one day's list prices.

    Attributes:
        calls: Calls that have a price on both sides.
        today_usd: What they cost.
        usd: What they would cost.
    """

    calls: int = 0
    today_usd: Decimal = Decimal(0)
    usd: Decimal = Decimal(0)

    @property
    def saving_usd(self) -> Decimal:
        """What the candidate would save on them; negative where it is dearer."""
        return self.today_usd - self.usd

    @property
    def saving_per_call_usd(self) -> Decimal | None:
        """What it would save on one of them, or None without any."""
        return self.saving_usd / self.calls if self.calls else None


@dataclass(slots=True)
class TypeTraffic:
    """The calls of one task type that ask for its baseline.

    Attributes:
        calls: How many.
        unpriced: Those of them without a price on the day.
        usd: What the others cost at list prices.
        instead: Candidate → the same with it.
    """

    calls: int = 0
    unpriced: int = 0
    usd: Decimal = Decimal(0)
    instead: dict[Candidate, Instead] = field(default_factory=dict)

    @property
    def best_per_call_usd(self) -> Decimal | None:
        """What the candidate that saves most would save on a call; None where no call has a price."""
        savings = (one.saving_per_call_usd for one in self.instead.values())
        return max((usd for usd in savings if usd is not None), default=None)


class Traffic:
    """Adds up the calls of a log, each once.

    Attributes:
        types: Task type → its calls.
        quoter: Prices of the day.
    """

    def __init__(
        self, quoter: Quoter, baselines: Mapping[str, Candidate], arms: Mapping[str, Sequence[Candidate]]
    ) -> None:
        """Begin with no call.

        Args:
            quoter: Prices of the day.
            baselines: Task type → what its requests ask for today; calls of other types are passed over.
            arms: Task type → candidates.
        """
        self.types = {name: TypeTraffic(instead=dict.fromkeys(arms[name], Instead())) for name in baselines}
        self.quoter = quoter
        self._baselines = baselines
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._ids: set[str] = set()

    @property
    def span_days(self) -> float:
        """Days from the first call of the log to its last; 0 without any."""
        if self._first is None or self._last is None:
            return 0.0
        return (self._last - self._first) / timedelta(days=1)

    def notice(self, call: Call, asked: Candidate) -> None:
        """Take up a call.

        Args:
            call: The call; the copy that comes first counts.
            asked: Candidate that it asked for, its effort the effective one.
        """
        if call.call_id in self._ids:
            return
        self._ids.add(call.call_id)
        # The whole log was watched for as long as any of it was: a rare type's month is no shorter.
        self._first = call.at if self._first is None else min(self._first, call.at)
        self._last = call.at if self._last is None else max(self._last, call.at)
        if self._baselines.get(call.task_type) != asked:
            return
        row = self.types[call.task_type]
        row.calls += 1
        try:
            today = self.quoter.today_usd(call)
        except PriceNotFound:
            row.unpriced += 1
            return
        row.usd += today
        for candidate, so_far in row.instead.items():
            try:
                usd = self.quoter.instead_usd(call, candidate.model)
            except PriceNotFound:
                continue
            row.instead[candidate] = Instead(so_far.calls + 1, so_far.today_usd + today, so_far.usd + usd)
