"""Type rows: one JSON object per task type, with its money, its evidence, its refusal and its examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from modelmix.core.candidate import Candidate
from modelmix.evaluate.paired import Pairs
from modelmix.report.accepted import accepted_row, upward_row
from modelmix.report.apportion import FINE
from modelmix.report.evidence_rows import NO_CANDIDATE, CandidateShown, evidence_rows, pairs_row
from modelmix.report.latency import stated_row
from modelmix.report.measured import MeasuredCandidate, MeasuredType
from modelmix.report.receipt import Amounts, Money, number
from modelmix.report.refusal import declined_row, refusal_row
from modelmix.report.savings import Standing, TypeSaving

_ORDER = (Standing.PROVEN, Standing.REFUSED, Standing.UNDECIDED, Standing.UNMEASURED)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeEvidenceShown:
    """What is shown of the rows behind one task type.

    Attributes:
        measured: Its candidates, or None where its rows are not at hand.
        candidate: Of the candidate that its evidence is about; of nothing where that is the refusal.
        refusal: Of the declined candidate that would save most.
        graders: Who graded.
        repeats: Second answers of the baseline against its first ones, or None.
    """

    measured: MeasuredType | None = None
    candidate: CandidateShown = NO_CANDIDATE
    refusal: CandidateShown = NO_CANDIDATE
    graders: tuple[str, ...] = ()
    repeats: Pairs | None = None


NOTHING_SHOWN = TypeEvidenceShown()


def type_rows(money: Money, shown: Mapping[str, TypeEvidenceShown]) -> list[dict[str, Any]]:
    """Return all types: proven first, then refused, undecided and unmeasured; in each, most dollars first."""
    types = money.savings.types
    order = sorted(
        range(len(types)),
        key=lambda i: (
            _ORDER.index(types[i].standing),
            -(money.span.saving[i] or _ZERO),
            -money.span.today[i],
            types[i].task_type,
        ),
    )
    return [_row(money, i, shown.get(types[i].task_type, NOTHING_SHOWN)) for i in order]


def _row(money: Money, i: int, shown: TypeEvidenceShown) -> dict[str, Any]:
    row = money.savings.types[i]
    return {
        "task_type": row.task_type,
        "baseline": names(row.baseline),
        "candidate": None if row.candidate is None else str(row.candidate),
        "route": str(row.candidate) if row.is_moved else "baseline",
        "verdict": row.verdict or None,
        "standing": str(row.standing),
        "is_moved": row.is_moved,
        "is_certified": row.is_certified,
        "is_live": row.is_live,
        "critical": row.critical,
        "calls": row.calls,
        "estimated_calls": row.estimated_calls,
        "live_calls": row.live_calls,
        "explicit_calls": row.explicit_calls,
        "unpriced_calls": row.unpriced_calls,
        **_amounts(money.span, i, row),
        "month": None if money.month is None else _amounts(money.month, i, row),
        **_evidence(row),
        **_break_even(row),
        "accepted": accepted_row(None if row.evidence is None else row.evidence.accepted),
        "declined": [declined_row(one, money.span.quantum) for one in row.declined],
        "refusal": refusal_row(money, i, shown.refusal),
        "why": row.why or None,
        "graders": list(shown.graders) or _graders(row),
        **_rows(shown, row, money.alpha),
    }


def names(candidates: Sequence[Candidate]) -> str:
    """Write candidates for people."""
    return " or ".join(map(str, candidates)) or "baseline"


def _amounts(amounts: Amounts, i: int, row: TypeSaving) -> dict[str, Any]:
    saving, bound = amounts.saving[i], amounts.bound[i]
    taken = saving if row.standing is Standing.PROVEN else None
    return {
        "today_usd": number(amounts.today[i]),
        "explicit_usd": number(amounts.explicit[i]),
        "saving_usd": None if saving is None else number(saving),
        "saving_bound_usd": None if bound is None else number(bound),
        "after_usd": number(amounts.today[i] - (taken or _ZERO)),
    }


def _evidence(row: TypeSaving) -> dict[str, Any]:
    found = row.evidence
    if found is None:
        absent = (
            "pairs", "unit", "loss", "bound", "saving_share", "saving_bound_share", "errors_per_1000",
            "more_pairs", "more_usd", "kind", "upward", "latency",
        )  # fmt: skip
        return dict.fromkeys(absent) | {"type_margin": _plain(row.type_margin)}
    errors = found.errors_per_1000
    return {
        "pairs": found.pairs,
        "unit": found.unit,
        "loss": _plain(found.loss),
        "bound": _plain(found.bound),
        "saving_share": _plain(found.saving_share),
        "saving_bound_share": _plain(found.saving_bound),
        "errors_per_1000": None if errors is None else [float(errors[0]), float(errors[1])],
        "more_pairs": found.more_pairs,
        "more_usd": _plain(found.more_usd),
        "kind": found.kind,
        "upward": upward_row(found.upward),
        "latency": stated_row(found.latency),
        "type_margin": _plain(row.type_margin),
    }


def _break_even(row: TypeSaving) -> dict[str, Any]:
    expected, sure = row.pays_while_error_below_usd, row.pays_for_sure_while_error_below_usd
    cost = row.error_cost_usd
    return {
        "error_cost_usd": _plain(cost),
        "pays_while_error_below_usd": None if expected is None else number(expected.quantize(FINE)),
        "pays_for_sure_while_error_below_usd": None if sure is None else number(sure.quantize(FINE)),
        "pays": None if cost is None or expected is None else cost < expected,
        "pays_for_sure": None if cost is None or sure is None else cost < sure,
    }


def _graders(row: TypeSaving) -> list[str]:
    return [row.evidence.grader] if row.evidence is not None and row.evidence.grader else []


def _plain(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _rows(shown: TypeEvidenceShown, row: TypeSaving, alpha: float) -> dict[str, Any]:
    found = shown.measured
    candidates = () if found is None else found.candidates
    return {
        "prompts": None if found is None else found.prompts,
        "baseline_usd_per_1000": None if found is None else _per_1000(found.baseline_usd),
        "baseline_errors_per_1000": None
        if found is None or found.baseline_errors is None
        else round(1000 * found.baseline_errors, 3),
        "candidates": [_candidate(one, row) for one in candidates],
        "repeats": None if shown.repeats is None else pairs_row(shown.repeats, alpha),
        **evidence_rows(shown.candidate, alpha),
    }


def _candidate(found: MeasuredCandidate, row: TypeSaving) -> dict[str, Any]:
    return {
        "candidate": str(found.candidate),
        "is_route": row.is_moved and found.candidate == row.candidate,
        "verdict": found.verdict or None,
        "usd_per_1000": _per_1000(found.cost_usd),
        "saving_share": None if found.saving_share is None else round(found.saving_share, 6),
        "pairs": round(found.pairs.n, 6),
        "gains": round(found.pairs.gains, 6),
        "losses": round(found.pairs.losses, 6),
        "loss": round(found.pairs.loss, 6),
        "bound": round(found.bound, 6),
    }


def _per_1000(cost_usd: float | None) -> float | None:
    return None if cost_usd is None else round(1000 * cost_usd, 4)
