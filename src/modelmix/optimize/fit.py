"""Fitting: from evidence to what is decided for every task type."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence, split
from modelmix.evaluate.multiplicity import holm
from modelmix.evaluate.verdict import Finding, Verdict, judge
from modelmix.optimize.attempts import alpha_of_attempt
from modelmix.optimize.certify import Certified, Move, certify
from modelmix.optimize.choose import Choice, choose
from modelmix.optimize.goal import Goal
from modelmix.optimize.stratum import Comparison, Stratum, tally


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of a task type beside its evidence.

    Attributes:
        baseline: What its requests ask for today.
        calls: Its volume; only ratios between types matter.
        error_cost_usd: Cost of one wrong answer, or None.
        critical: Whether it must clear the pooled margin by itself, without one regression.
    """

    baseline: Candidate
    calls: float
    error_cost_usd: float | None = None
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Tested:
    """A cheaper candidate of a type, on all of its rows: for saying FAILS, never for moving.

    Attributes:
        comparison: The counts.
        finding: Test against the type's margin; FAILS is corrected over all types and candidates (Holm),
            and CLEARS does not occur: only fresh rows can clear.
    """

    comparison: Comparison
    finding: Finding


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided for one task type.

    Attributes:
        stratum: Its counts over all rows.
        verdict: CLEARS if it moves; FAILS if every cheaper candidate fails; else UNDECIDED.
        move: Its test on fresh rows, if it was put forward.
        tested: Every cheaper candidate, the one most worth moving to first.
        more_pairs: About how many more pairs would decide the first of them that does not fail, or None if
            no number would at the loss that was seen, or nothing is undecided.
        more_usd: What they cost: both answers to each, at the mean cost of those seen; None if unpriced.
    """

    stratum: Stratum
    verdict: Verdict
    move: Move | None
    tested: tuple[Tested, ...]
    more_pairs: int | None = None
    more_usd: float | None = None

    @property
    def moved(self) -> bool:
        """Whether the type moves."""
        return self.move is not None and self.move.moved


@dataclass(frozen=True, slots=True)
class Fit:
    """What is decided, and what is proved of it.

    Attributes:
        decisions: One per task type, in order of name.
        certified: The tests on fresh rows.
        pooled_margin: Margin of the moved traffic: the goal's, or what the cost of errors allows if less.
        attempt: Number of this attempt on these rows.
        moved_calls_share: Share of the calls that move.
        moved_spend_share: Share of today's spend that moves.
        saving_share: Saving over today's spend on all types.
        saving_bound: One-sided 95 % lower bound of it.
        errors_before: Errors per 1,000 moved tasks before, on the fresh rows; NaN if nothing moves.
        errors_after: The same after.
        no_baseline: Types whose baseline was not measured, left out.
    """

    decisions: tuple[Decision, ...]
    certified: Certified
    pooled_margin: float
    attempt: int
    moved_calls_share: float
    moved_spend_share: float
    saving_share: float
    saving_bound: float
    errors_before: float
    errors_after: float
    no_baseline: tuple[str, ...] = field(default=())


def fit(types: Sequence[TypeEvidence], scenes: Mapping[str, Scene], goal: Goal, attempt: int = 1) -> Fit:
    """Choose on some rows, certify on the others, and say why what stays does.

    Args:
        types: Evidence; each type's name has a scene.
        scenes: Task type → what is known of it.
        goal: The user's bar.
        attempt: Number of this attempt on these rows, counted from 1.
    """
    ordered = sorted(types, key=lambda evidence: evidence.task_type)
    measured = [evidence for evidence in ordered if scenes[evidence.task_type].baseline in evidence.arms]
    missing = tuple(e.task_type for e in ordered if scenes[e.task_type].baseline not in e.arms)
    whole: list[Stratum] = []
    choosing: list[Stratum] = []
    fresh: list[Stratum] = []
    for evidence in measured:
        scene = scenes[evidence.task_type]
        for rows, strata in zip(
            (evidence, *split(evidence, goal.seed, goal.choosing_share)),
            (whole, choosing, fresh),
            strict=True,
        ):
            strata.append(_stratum(rows, scene))
    alpha = alpha_of_attempt(goal.alpha, attempt)
    choice = choose(choosing, goal, alpha)
    proved = certify(fresh, choice, alpha)
    decisions = _decide(whole, choosing, choice, proved, goal)
    return _summarise(decisions, fresh, proved, choice, attempt, missing)


def _stratum(evidence: TypeEvidence, scene: Scene) -> Stratum:
    return tally(
        evidence,
        scene.baseline,
        calls=scene.calls,
        error_cost_usd=scene.error_cost_usd,
        critical=scene.critical,
    )


def _decide(
    whole: Sequence[Stratum], choosing: Sequence[Stratum], choice: Choice, proved: Certified, goal: Goal
) -> tuple[Decision, ...]:
    moves = {move.put.task_type: move for move in proved.moves}
    cheaper: list[tuple[int, Comparison, float]] = []
    for index, (stratum, seen) in enumerate(zip(whole, choosing, strict=True)):
        for comparison in stratum.comparisons:
            if comparison.saving_usd > 0.0 and comparison.pairs.n:
                margin = goal.margin_of(seen, comparison.saving_usd)
                cheaper.append((index, comparison, margin))
    refuted = holm([pairs.pairs.p_value_refuted(margin) for _, pairs, margin in cheaper], goal.alpha)
    level = proved.alpha / (len(choice.moves) + 1)
    decisions = []
    for index, stratum in enumerate(whole):
        move = moves.get(stratum.task_type)
        tested = [
            Tested(comparison, _on_all_rows(comparison, margin, level, fails))
            for (at, comparison, margin), fails in zip(cheaper, refuted, strict=True)
            if at == index
        ]
        tested.sort(key=partial(_promise, stratum=stratum))
        decisions.append(_decision(stratum, move, tuple(tested), goal))
    return tuple(decisions)


def _on_all_rows(comparison: Comparison, margin: float, level: float, fails: bool) -> Finding:
    margin = max(margin, 1e-9)  # an error that costs more than the move saves leaves no margin at all
    found = judge(comparison.pairs, margin, alpha=level)
    verdict = Verdict.FAILS if fails else Verdict.UNDECIDED
    return Finding(verdict, found.pairs, found.loss, found.bound, margin, level, found.needed)


def _promise(tested: Tested, stratum: Stratum) -> tuple[bool, bool, float]:
    """Sort key: what does not fail, then what a number of pairs can decide, then saving per pair needed."""
    comparison, finding = tested.comparison, tested.finding
    worth = comparison.saving_usd - (stratum.error_cost_usd or 0.0) * comparison.pairs.loss
    per_pair = worth / finding.needed if finding.needed else worth
    return (finding.verdict is Verdict.FAILS, finding.needed is None, -per_pair)


def _decision(stratum: Stratum, move: Move | None, tested: tuple[Tested, ...], goal: Goal) -> Decision:
    if move is not None and move.moved:
        return Decision(stratum, Verdict.CLEARS, move, tested)
    if tested and all(t.finding.verdict is Verdict.FAILS for t in tested):
        return Decision(stratum, Verdict.FAILS, move, tested)
    undecided = next((t for t in tested if t.finding.verdict is not Verdict.FAILS), None)
    if undecided is None or undecided.finding.needed is None:
        return Decision(stratum, Verdict.UNDECIDED, move, tested)
    in_all = math.ceil(undecided.finding.needed / (1.0 - goal.choosing_share))
    more = max(in_all - int(undecided.comparison.pairs.n), 1)
    both_usd = 2.0 * stratum.baseline_usd - undecided.comparison.saving_usd
    return Decision(
        stratum, Verdict.UNDECIDED, move, tested, more, None if math.isnan(both_usd) else more * both_usd
    )


def _summarise(
    decisions: tuple[Decision, ...],
    fresh: Sequence[Stratum],
    proved: Certified,
    choice: Choice,
    attempt: int,
    missing: tuple[str, ...],
) -> Fit:
    moves = [(move, _stratum_of(move, fresh)) for move in proved.moves if move.moved]
    calls = math.fsum(d.stratum.calls for d in decisions)
    priced = [d.stratum for d in decisions if d.stratum.baseline_usd > 0]
    spend = math.fsum(stratum.calls * stratum.baseline_usd for stratum in priced)
    moved_calls = math.fsum(stratum.calls for _, stratum in moves)
    moved_spend = math.fsum(d.stratum.calls * d.stratum.baseline_usd for d in decisions if d.moved)
    saved = variance = before = after = 0.0
    for move, stratum in moves:
        share = stratum.calls / moved_calls
        saved += stratum.calls * move.comparison.saving_usd
        variance += (stratum.calls * move.comparison.saving_error_usd) ** 2
        before += 1000.0 * share * stratum.baseline_errors
        after += 1000.0 * share * (stratum.baseline_errors + move.comparison.pairs.loss)
    return Fit(
        decisions=decisions,
        certified=proved,
        pooled_margin=choice.pooled_margin,
        attempt=attempt,
        moved_calls_share=moved_calls / calls if calls else 0.0,
        moved_spend_share=moved_spend / spend if spend else 0.0,
        saving_share=saved / spend if spend else 0.0,
        saving_bound=(saved - 1.6448536269514722 * math.sqrt(variance)) / spend if spend else 0.0,
        errors_before=before if moves else math.nan,
        errors_after=after if moves else math.nan,
        no_baseline=missing,
    )


def _stratum_of(move: Move, strata: Sequence[Stratum]) -> Stratum:
    return next(stratum for stratum in strata if stratum.task_type == move.put.task_type)
