"""The refusal: routes that look cheap and are declined, in dollars and wrong answers; a changed policy."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.demo.naive import Naive, Wrong, naive, worst
from modelmix.demo.traffic import DAYS
from modelmix.errors import ArtifactError
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.fit import Decision, Fit
from modelmix.policy.artifact import parse

SHOWN: Final = 2
_MONTH_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Declined:
    """A route that the naive router takes and the policy refuses.

    Attributes:
        task_type: The type.
        candidate: Who would answer.
        loss: Loss seen.
        margin: Margin that it is shown to pass.
        pairs: Pairs that this rests on.
        usd_month: What it would save a month beyond what the policy saves there.
    """

    task_type: str
    candidate: Candidate
    loss: float
    margin: float
    pairs: float
    usd_month: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the policy says no to.

    Attributes:
        naive: What a naive router would do.
        declined: Routes of it that the policy refuses, dearest first.
        wrong: Wrong answers of those.
        tampered: How a changed policy file is refused.
    """

    naive: Naive
    declined: tuple[Declined, ...]
    wrong: tuple[Wrong, ...]
    tampered: str


def refusal(fit: Fit, outcomes: Sequence[Outcome], baseline: Candidate, policy: Path) -> Refusal:
    """Set what a naive router does beside what is proven.

    Args:
        fit: The decisions.
        outcomes: Graded answers with their text.
        baseline: What everything runs on today.
        policy: The policy file.
    """
    found = naive(outcomes, baseline)
    declined = [
        one for decision in fit.decisions for one in _declined(decision, found, baseline) if one.usd_month > 0
    ]
    declined.sort(key=lambda one: -one.usd_month)
    refused = {one.task_type: [one.candidate] for one in declined}
    return Refusal(found, tuple(declined), tuple(worst(outcomes, refused, baseline, SHOWN)), tampered(policy))


def _declined(decision: Decision, found: Naive, baseline: Candidate) -> list[Declined]:
    stratum = decision.stratum
    taken = found.routes.get(stratum.task_type, baseline)
    ours_usd = decision.move.comparison.saving_usd if decision.move is not None and decision.moved else 0.0
    return [
        Declined(
            stratum.task_type,
            taken,
            tested.finding.loss,
            tested.finding.margin,
            tested.comparison.pairs.n,
            (tested.comparison.saving_usd - ours_usd) * stratum.calls / DAYS * _MONTH_DAYS,
        )
        for tested in decision.tested
        if tested.comparison.candidate == taken and tested.finding.verdict is Verdict.FAILS
    ]


def tampered(policy: Path) -> str:
    """Change one route of a copy of a policy, and return the sentence by which it is refused.

    Raises:
        AssertionError: It is not refused.
    """
    text = policy.read_text(encoding="utf-8")
    changed = re.sub(r"route: baseline", "route: {model: claude-haiku-5-5, effort: low}", text, count=1)
    if changed == text:
        changed = text.replace("margin: 0.02", "margin: 0.05", 1)
    try:
        parse(changed.encode(), policy.name)
    except ArtifactError as error:
        return str(error)
    raise AssertionError("a changed policy was taken")  # pragma: no cover - that would be a defect
