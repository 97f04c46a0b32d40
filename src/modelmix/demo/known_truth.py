"""Known truth: each claim held against what the practice API knows of its own answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelmix.core.candidate import Candidate
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.fit import Decision, Fit


@dataclass(frozen=True, slots=True)
class Checked:
    """A decision on one candidate, or on a type that has none, beside the truth.

    Attributes:
        task_type: The type.
        verdict: What was decided.
        candidate: Candidate that the decision is about, or None where there is none.
        true_loss: Its true loss; None without a candidate.
        margin: Margin of the type.
        is_right: Whether the claim is true. UNDECIDED claims nothing and is never wrong.
    """

    task_type: str
    verdict: Verdict
    candidate: Candidate | None
    true_loss: float | None
    margin: float
    is_right: bool


def check(fit: Fit, truth: Mapping[str, Any]) -> list[Checked]:
    """Hold every decision against the truth that the practice API publishes.

    Args:
        fit: The decisions.
        truth: Body of ``GET /simulator/truth``.
    """
    found: list[Checked] = []
    for decision in fit.decisions:
        accuracy = truth["accuracy"][decision.stratum.task_type]
        found += list(_check(decision, accuracy)) or [
            Checked(decision.stratum.task_type, Verdict.UNDECIDED, None, None, 0.0, is_right=True)
        ]
    return found


def _check(decision: Decision, accuracy: Mapping[str, Mapping[str, float]]) -> Iterator[Checked]:
    """Yield what is claimed of each candidate; of several that are undecided, the first."""
    name = decision.stratum.task_type
    base = _accuracy(accuracy, decision.stratum.baseline)
    if decision.move is not None and decision.moved:
        candidate, margin = decision.move.candidate, decision.move.put.type_margin
        loss = base - _accuracy(accuracy, candidate)
        yield Checked(name, Verdict.CLEARS, candidate, loss, margin, loss <= margin)
    is_open = not decision.moved
    for tested in decision.tested:
        candidate, margin = tested.comparison.candidate, tested.finding.margin
        loss = base - _accuracy(accuracy, candidate)
        if tested.finding.verdict is Verdict.FAILS:
            yield Checked(name, Verdict.FAILS, candidate, loss, margin, loss > margin)
        elif is_open:
            is_open = False
            yield Checked(name, Verdict.UNDECIDED, candidate, loss, margin, is_right=True)


def _accuracy(accuracy: Mapping[str, Mapping[str, float]], candidate: Candidate) -> float:
    return accuracy[candidate.model][candidate.effort or "default"]


def pool_loss(fit: Fit, truth: Mapping[str, Any]) -> float:
    """Return the true loss over all moved traffic, weighted by calls; 0 where nothing moves."""
    moved = [(d, d.move) for d in fit.decisions if d.move is not None and d.moved]
    calls = sum(d.stratum.calls for d, _ in moved)
    if not calls:
        return 0.0
    total = 0.0
    for decision, move in moved:
        accuracy = truth["accuracy"][decision.stratum.task_type]
        loss = _accuracy(accuracy, decision.stratum.baseline) - _accuracy(accuracy, move.candidate)
        total += decision.stratum.calls * loss
    return total / calls
