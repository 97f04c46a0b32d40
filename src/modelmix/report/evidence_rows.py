"""Evidence rows: what is shown of one candidate's answers, as plain JSON: findings, slices, examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelmix.core.candidate import Candidate
from modelmix.evaluate.paired import Pairs
from modelmix.report.examples import Example, Text
from modelmix.report.findings import Finding
from modelmix.report.measured import z_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateShown:
    """What is shown of one candidate against the baseline.

    Attributes:
        candidate: The candidate, or None where nothing is shown.
        findings: What graders found, most frequent first.
        slices: Named slice → gains and losses in it.
        examples: Its worst answers, where text was captured.
    """

    candidate: Candidate | None = None
    findings: tuple[Finding, ...] = ()
    slices: Mapping[str, Pairs] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()


NO_CANDIDATE = CandidateShown()


def evidence_rows(shown: CandidateShown, alpha: float) -> dict[str, Any]:
    """Return the findings, slices and examples of a candidate.

    Args:
        shown: What is shown of it.
        alpha: Level of bounds.
    """
    return {
        "findings": [
            {
                "what": one.what,
                "answers": one.answers,
                "of": one.of,
                "slice": one.slice_name or None,
                "baseline_answers": one.baseline_answers,
            }
            for one in shown.findings
        ],
        "slices": [
            {"slice": name, "candidate": str(shown.candidate)} | pairs_row(pairs, alpha)
            for name, pairs in shown.slices.items()
        ],
        "examples": [_example(one) for one in shown.examples],
    }


def pairs_row(pairs: Pairs, alpha: float) -> dict[str, Any]:
    """Return a comparison with its loss and the bound of it.

    Args:
        pairs: Gains and losses, of one pair at least.
        alpha: Level of the bound.
    """
    return {
        "pairs": round(pairs.n, 6),
        "gains": round(pairs.gains, 6),
        "losses": round(pairs.losses, 6),
        "loss": round(pairs.loss, 6),
        "bound": round(pairs.upper_bound(z_of(alpha)), 6),
    }


def _example(found: Example) -> dict[str, Any]:
    return {
        "prompt_id": found.prompt_id,
        "slice": found.slice_name or None,
        "candidate": str(found.candidate),
        "baseline": str(found.baseline),
        "candidate_score": found.candidate_score,
        "baseline_score": found.baseline_score,
        "why": found.why or None,
        "grader": found.grader or None,
        "prompt": _text(found.prompt),
        "expected": _text(found.expected),
        "candidate_answer": _text(found.candidate_answer),
        "baseline_answer": _text(found.baseline_answer),
    }


def _text(text: Text) -> dict[str, Any] | None:
    return {"text": text.shown, "cut_characters": text.cut} if text.shown else None
