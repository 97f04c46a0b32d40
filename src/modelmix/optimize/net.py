"""Net saving: what a candidate saves per accepted outcome once its errors are paid for, with an interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from scipy.special import ndtri

from modelmix.core.candidate import Candidate
from modelmix.economics.accepted import AcceptedOutcome, Contrast
from modelmix.optimize.stratum import Comparison, Stratum, errors_after


@dataclass(frozen=True, slots=True)
class Net:
    """A candidate against the baseline of a task type, at the stated cost of a wrong answer.

    Attributes:
        candidate: The candidate.
        today: What an accepted outcome costs on the baseline.
        then: What it costs on the candidate.
        call_saving_usd: What a call costs less on the candidate; negative where it is the dearer one.
        saving_usd: What an accepted outcome costs less: the saving of the call less loss times error cost.
        low_usd: Lower confidence bound of that.
        high_usd: Upper confidence bound of it.
        pairs: Pairs that it rests on.
    """

    candidate: Candidate
    today: AcceptedOutcome
    then: AcceptedOutcome
    call_saving_usd: float
    saving_usd: float
    low_usd: float
    high_usd: float
    pairs: float

    @property
    def is_eaten(self) -> bool:
        """Whether, by what was seen, the errors of a cheaper candidate cost more than its calls save."""
        return self.call_saving_usd > 0.0 > self.saving_usd

    @property
    def is_shown_eaten(self) -> bool:
        """Whether that is shown: all of the interval lies below zero."""
        return self.call_saving_usd > 0.0 > self.high_usd

    @property
    def is_shown_upward(self) -> bool:
        """Whether a candidate whose calls are no cheaper is shown to save by its fewer errors."""
        return self.call_saving_usd <= 0.0 < self.low_usd

    @property
    def contrast(self) -> Contrast:
        """The candidate against the baseline, with the cost of a wrong answer at which both are the same."""
        return self.then.cheaper_than(self.today)


def nets_of(strata: Sequence[Stratum], alpha: float) -> dict[str, tuple[Net, ...]]:
    """Work out the net saving of every candidate whose errors and calls have a price.

    Args:
        strata: Counts of each task type, over all rows.
        alpha: Chance that any of the bounds, lower or upper as one family each, does not hold.

    Returns:
        Task type → its candidates, the cheapest accepted outcome first; empty where no cost of a wrong answer
        was stated. Bounds hold for all of them at once (Bonferroni), so that none was picked by its luck.
    """
    priced = [(s, c) for s in strata for c in s.comparisons if _is_priced(s, c)]
    found: dict[str, list[Net]] = {stratum.task_type: [] for stratum in strata}
    for stratum, comparison in priced:
        found[stratum.task_type].append(_net(stratum, comparison, alpha / len(priced)))
    return {name: tuple(sorted(nets, key=lambda net: -net.saving_usd)) for name, nets in found.items()}


def _is_priced(stratum: Stratum, comparison: Comparison) -> bool:
    figures = (
        stratum.error_cost_usd or math.nan, stratum.baseline_usd, stratum.baseline_errors,
        comparison.saving_usd, comparison.saving_error_usd, comparison.pairs.loss,
    )  # fmt: skip
    return all(map(math.isfinite, figures))


def _net(stratum: Stratum, comparison: Comparison, alpha: float) -> Net:
    """Bound the two parts at half the level each: that holds however costs and errors go together."""
    error_usd = stratum.error_cost_usd or 0.0
    pairs, saving = comparison.pairs, comparison.saving_usd
    z = float(-ndtri(alpha / 2.0))
    spread = z * comparison.saving_error_usd
    before = stratum.baseline_errors
    return Net(
        candidate=comparison.candidate,
        today=_outcome(stratum.baseline_usd, before, error_usd),
        then=_outcome(stratum.baseline_usd - saving, errors_after(before, pairs.loss), error_usd),
        call_saving_usd=saving,
        saving_usd=saving - error_usd * pairs.loss,
        low_usd=saving - spread - error_usd * pairs.upper_bound(z),
        high_usd=saving + spread - error_usd * pairs.lower_bound(z),
        pairs=pairs.n,
    )


def _outcome(call_usd: float, errors: float, error_usd: float) -> AcceptedOutcome:
    # The means may rest on rows that differ slightly, so that a difference of two may fall below nothing.
    call, share = max(call_usd, 0.0), min(max(errors, 0.0), 1.0)
    return AcceptedOutcome(
        attempt_usd=Decimal(repr(call)), error_share=Decimal(repr(share)), error_usd=Decimal(repr(error_usd))
    )
