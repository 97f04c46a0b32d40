"""Known truth: each decision held against what the practice API knows of its own answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelmix.core.candidate import Candidate
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.fit import Decision, Fit


@dataclass(frozen=True, slots=True)
class Checked:
    """A decision beside the truth.

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
    return [_check(decision, truth["accuracy"][decision.stratum.task_type]) for decision in fit.decisions]


def _check(decision: Decision, accuracy: Mapping[str, Mapping[str, float]]) -> Checked:
    name, verdict = decision.stratum.task_type, decision.verdict
    base = _accuracy(accuracy, decision.stratum.baseline)
    if decision.move is not None and decision.moved:
        loss = base - _accuracy(accuracy, decision.move.candidate)
        margin = decision.move.put.type_margin
        return Checked(name, verdict, decision.move.candidate, loss, margin, loss <= margin)
    losses = [(base - _accuracy(accuracy, t.comparison.candidate), t) for t in decision.tested]
    failing = [(loss, t) for loss, t in losses if t.finding.verdict is Verdict.FAILS]
    right = all(loss > tested.finding.margin for loss, tested in failing)
    shown: Sequence[tuple[float, Any]] = failing or losses
    if not shown:
        return Checked(name, verdict, None, None, 0.0, is_right=True)
    loss, tested = min(shown, key=lambda item: item[0])
    return Checked(name, verdict, tested.comparison.candidate, loss, tested.finding.margin, right)


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
