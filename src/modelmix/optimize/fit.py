"""Fitting: from evidence to what is decided for every task type."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations

from scipy.special import ndtr

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import TypeEvidence, correlation, split
from modelmix.evaluate.multiplicity import holm, simultaneous_z
from modelmix.evaluate.paired import pairs_needed
from modelmix.evaluate.verdict import Finding, Verdict, expected_discordance, judge
from modelmix.optimize.attempts import alpha_of_attempt
from modelmix.optimize.certify import Certified, Move, certify
from modelmix.optimize.choose import Choice, choose
from modelmix.optimize.goal import LEAST_MARGIN, Goal
from modelmix.optimize.latency import UNMEASURED, LatencyBound, NowAndThen, further_of, latency_tests
from modelmix.optimize.looks import Looked, Looks, looked_at
from modelmix.optimize.net import Net, nets_of
from modelmix.optimize.stratum import Comparison, Stratum, errors_after, tally
from modelmix.optimize.upward import UNPRICED, NetTotal, net_tests, net_total, tested_once, with_upward


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
            and CLEARS does not occur: only fresh rows can clear. ``needed`` is for the next attempt, and
            covers the type's share of what the moved traffic together must prove.
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
        tested: Every cheaper candidate: those that do not fail first, and of them the one put forward.
        more_pairs: About how many more pairs would clear the first of them, at the level of the attempt that
            follows, four times out of five if its loss is zero or as seen, the larger. None where nothing is
            undecided, where no number would do at the loss seen, or where it is not pairs that are missing.
        more_usd: What they cost: both answers to each, at the mean cost of those seen; None if unpriced.
        nets: Every candidate at the stated cost of a wrong answer, cheaper or dearer, on all rows; empty
            where none was stated. Like ``tested`` for saying, never for moving.
        latency: How long answers take today and where the type goes, or might: on fresh rows of what moves.
    """

    stratum: Stratum
    verdict: Verdict
    move: Move | None
    tested: tuple[Tested, ...]
    more_pairs: int | None = None
    more_usd: float | None = None
    nets: tuple[Net, ...] = ()
    latency: NowAndThen = UNMEASURED

    def net(self, candidate: Candidate) -> Net | None:
        """Return the net saving of a candidate, or None where its errors or calls have no price."""
        return next((net for net in self.nets if net.candidate == candidate), None)

    @property
    def shown(self) -> Candidate | None:
        """The candidate that its evidence is about: where it goes, else the first that might do."""
        if self.move is not None and self.move.moved:
            return self.move.candidate
        if self.tested:
            return self.tested[0].comparison.candidate
        return None if self.move is None else self.move.candidate

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
        net: Saving of all that moves once errors are paid for; NaN where it cannot be priced.
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
    net: NetTotal = field(default=UNPRICED)


def fit(
    types: Sequence[TypeEvidence],
    scenes: Mapping[str, Scene],
    goal: Goal,
    attempt: int = 1,
    looks: Mapping[str, Looks] | None = None,
) -> Fit:
    """Choose on some rows, certify on the others, and say why what stays does.

    Args:
        types: Evidence; each type's name has a scene.
        scenes: Task type → what is known of it.
        goal: The user's bar.
        attempt: Number of this attempt on these rows, counted from 1.
        looks: Task type → how it was looked at while its fresh rows came in. Its rows were parted then: those
            of no look are for choosing, and those of the looks taken are fresh.
    """
    designs = looks or {}
    ordered = sorted(types, key=lambda evidence: evidence.task_type)
    measured = [evidence for evidence in ordered if scenes[evidence.task_type].baseline in evidence.arms]
    missing = tuple(e.task_type for e in ordered if scenes[e.task_type].baseline not in e.arms)
    whole: list[Stratum] = []
    choosing: list[Stratum] = []
    fresh: list[Stratum] = []
    choosing_rows: list[TypeEvidence] = []
    fresh_rows: dict[str, TypeEvidence] = {}
    for evidence in measured:
        name = evidence.task_type
        chosen_on, fresh_rows[name] = parted(evidence, goal, designs.get(name))
        choosing_rows.append(chosen_on)
        for rows, strata in ((evidence, whole), (chosen_on, choosing), (fresh_rows[name], fresh)):
            strata.append(stratum_of(rows, scenes[name]))
    alpha = alpha_of_attempt(goal.alpha, attempt)
    before = {name: one.candidate for name, one in designs.items()}
    choice = choose(choosing, goal, alpha, before)
    choice = with_upward(choice, choosing_rows, choosing, goal, alpha, tested_once(designs))
    looked = _looked(fresh_rows, scenes, designs)
    together = _together(fresh_rows, scenes, choice)
    nets = net_tests(fresh_rows, fresh, choice)
    bounds = {
        name: LatencyBound(most_ms, scene.baseline)
        for name, scene in scenes.items()
        if (most_ms := goal.latency_of(name)) is not None
    }
    late = latency_tests(choosing_rows, fresh_rows, bounds, choice, designs)
    further = further_of(choice, nets, late)
    proved = certify(
        fresh, choice, alpha, guard=goal.alpha, together=together, looked=looked, further=further
    )
    decisions = _timed(_decide(whole, choosing, proved, goal, attempt, looked), measured, fresh_rows)
    found = _summarise(decisions, fresh, proved, choice, attempt, missing)
    return replace(
        found, net=net_total(whole, {m.put.task_type: nets[m.put.task_type] for m in proved.moves if m.moved})
    )


def _timed(
    decisions: Sequence[Decision], rows: Sequence[TypeEvidence], fresh: Mapping[str, TypeEvidence]
) -> tuple[Decision, ...]:
    timed = []
    for decision, evidence in zip(decisions, rows, strict=True):
        baseline, shown = decision.stratum.baseline, decision.shown
        of = fresh[evidence.task_type] if decision.moved else evidence
        timed.append(replace(decision, latency=NowAndThen.of(of, baseline, shown)))
    return tuple(timed)


def parted(evidence: TypeEvidence, goal: Goal, looks: Looks | None) -> tuple[TypeEvidence, TypeEvidence]:
    """Part the rows of a type into those to choose on and fresh ones, as its looks did where it has any."""
    if looks is None:
        return split(evidence, goal.seed, goal.choosing_share)
    return evidence.at_looks(0, 0), evidence.at_looks(1, looks.taken)


def _looked(
    fresh: Mapping[str, TypeEvidence], scenes: Mapping[str, Scene], designs: Mapping[str, Looks]
) -> dict[str, Looked]:
    """Return the pairs of what was put forward, look by look, of types that were looked at."""
    found = {}
    for name, looks in designs.items():
        if name in fresh and looks.candidate is not None:
            test = looked_at(fresh[name], looks, looks.candidate, scenes[name].baseline)
            if isinstance(test, Looked):
                found[name] = test
    return found


def _together(
    fresh: Mapping[str, TypeEvidence], scenes: Mapping[str, Scene], choice: Choice
) -> dict[tuple[str, str], float]:
    """Return the correlations of what is put forward, where units span task types."""
    lost: dict[str, dict[str, float]] = {}
    for put in choice.moves:
        rows = fresh[put.task_type]
        arms = rows.arms.index(put.candidate), rows.arms.index(scenes[put.task_type].baseline)
        lost[put.task_type] = rows.differences(*arms)
    pairs = (
        (one, other, correlation(lost[one], lost[other])) for one, other in combinations(sorted(lost), 2)
    )
    return {(one, other): r for one, other, r in pairs if r}


def stratum_of(evidence: TypeEvidence, scene: Scene) -> Stratum:
    """Reduce a type's evidence to counts, seen as its scene is."""
    return tally(
        evidence,
        scene.baseline,
        calls=scene.calls,
        error_cost_usd=scene.error_cost_usd,
        critical=scene.critical,
    )


def _decide(
    whole: Sequence[Stratum],
    choosing: Sequence[Stratum],
    proved: Certified,
    goal: Goal,
    attempt: int,
    looked: Mapping[str, Looked],
) -> tuple[Decision, ...]:
    moves = {move.put.task_type: move for move in proved.moves}
    cheaper: list[tuple[int, Comparison, float]] = []
    for index, (stratum, seen) in enumerate(zip(whole, choosing, strict=True)):
        for comparison in stratum.comparisons:
            if comparison.saving_usd > 0.0 and comparison.pairs.n:
                # An error that costs more than any move saves leaves no margin at all.
                margin = max(goal.margin_of(seen, comparison.saving_usd), LEAST_MARGIN)
                cheaper.append((index, comparison, margin))
    refuted = holm(
        [_p_refuted(whole[index], comparison, margin, looked) for index, comparison, margin in cheaper],
        goal.alpha,
    )
    open_types = {index for (index, _, _), fails in zip(cheaper, refuted, strict=True) if not fails}
    open_calls = math.fsum(whole[index].calls for index in open_types)
    # More rows are another attempt, and one more type to put forward beside the others.
    family, next_alpha = len(proved.moves) + 1, alpha_of_attempt(goal.alpha, attempt + 1)
    nets = nets_of(whole, goal.alpha)
    ahead = _Ahead(next_alpha / family, float(ndtr(-simultaneous_z(family, next_alpha))), goal.margin)
    decisions = []
    for index, stratum in enumerate(whole):
        move = moves.get(stratum.task_type)
        tested = []
        for (at, comparison, margin), fails in zip(cheaper, refuted, strict=True):
            if at == index:
                finding = judge(comparison.pairs, margin, alpha=proved.alpha / family)
                verdict = Verdict.FAILS if fails else Verdict.UNDECIDED
                needed = ahead.needed(comparison, margin, 1.0 if fails else stratum.calls / open_calls)
                tested.append(Tested(comparison, replace(finding, verdict=verdict, needed=needed)))
        tested.sort(key=partial(_promise, stratum=stratum, move=move))
        decided = _decision(stratum, move, tuple(tested), goal)
        decisions.append(replace(decided, nets=nets[stratum.task_type]))
    return tuple(decisions)


def _p_refuted(
    stratum: Stratum, comparison: Comparison, margin: float, looked: Mapping[str, Looked]
) -> float:
    """Return how strongly a candidate is refuted: on all of its rows, or where it was looked at by its looks.

    Pairs that stopped coming since they looked bad would refute too easily, were they tested as if all of
    them had been planned.
    """
    test = looked.get(stratum.task_type)
    if test is None or test.looks.candidate != comparison.candidate:
        return comparison.pairs.p_value_refuted(margin)
    return test.p_value_refuted(margin)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Levels and margin that the next attempt will test at."""

    type_alpha: float
    pool_alpha: float
    pool_margin: float

    def needed(self, comparison: Comparison, margin: float, share: float) -> int | None:
        """Fresh pairs with which a type would clear by itself and bear its share of the pool."""
        pairs = comparison.pairs
        alone = judge(pairs, margin, alpha=self.type_alpha).needed
        pooled = pairs_needed(
            self.pool_margin,
            expected_discordance(pairs),
            alpha=self.pool_alpha,
            loss=share * max(pairs.loss, 0.0),
        )
        return None if alone is None or pooled is None else max(alone, math.ceil(share * pooled))


def _promise(tested: Tested, stratum: Stratum, move: Move | None) -> tuple[bool, bool, bool, float]:
    """Sort key: what does not fail, then what was put forward, then what pairs can decide, cheapest first.

    Cheapest is the one that saves most per pair needed.
    """
    comparison, finding = tested.comparison, tested.finding
    worth = comparison.saving_usd - (stratum.error_cost_usd or 0.0) * comparison.pairs.loss
    per_pair = worth / finding.needed if finding.needed else worth
    put_forward = move is not None and move.candidate == comparison.candidate
    return (finding.verdict is Verdict.FAILS, not put_forward, finding.needed is None, -per_pair)


def _decision(stratum: Stratum, move: Move | None, tested: tuple[Tested, ...], goal: Goal) -> Decision:
    if move is not None and move.moved:
        return Decision(stratum, Verdict.CLEARS, move, tested)
    if tested and all(t.finding.verdict is Verdict.FAILS for t in tested):
        return Decision(stratum, Verdict.FAILS, move, tested)
    more = _more_pairs(move, tested[0], goal) if tested else None
    if more is None:
        return Decision(stratum, Verdict.UNDECIDED, move, tested)
    both_usd = 2.0 * stratum.baseline_usd - tested[0].comparison.saving_usd
    return Decision(
        stratum, Verdict.UNDECIDED, move, tested, more, None if math.isnan(both_usd) else more * both_usd
    )


def _more_pairs(move: Move | None, first: Tested, goal: Goal) -> int | None:
    held_back = move is not None and move.candidate == first.comparison.candidate and move.why_not != "type"
    if held_back or first.finding.needed is None:
        return None
    more = math.ceil(first.finding.needed / (1.0 - goal.choosing_share) - first.comparison.pairs.n)
    return more if more > 0 else None


def _summarise(
    decisions: tuple[Decision, ...],
    fresh: Sequence[Stratum],
    proved: Certified,
    choice: Choice,
    attempt: int,
    missing: tuple[str, ...],
) -> Fit:
    moves = [(move, _found(move, fresh)) for move in proved.moves if move.moved]
    calls = math.fsum(d.stratum.calls for d in decisions)
    spends = {d.stratum.task_type: d.stratum.calls * d.stratum.baseline_usd for d in decisions}
    spend = math.fsum(usd for usd in spends.values() if usd > 0)
    moved_calls = math.fsum(stratum.calls for _, stratum in moves)
    moved_spend = math.fsum(spends[move.put.task_type] for move, _ in moves)
    saved = variance = before = after = 0.0
    for move, stratum in moves:
        share = stratum.calls / moved_calls
        saved += spends[move.put.task_type] * move.saving_share
        variance += (spends[move.put.task_type] * (move.saving_share - move.saving_bound)) ** 2
        before += 1000.0 * share * stratum.baseline_errors
        after += 1000.0 * share * errors_after(stratum.baseline_errors, move.comparison.pairs.loss)
    return Fit(
        decisions=decisions,
        certified=proved,
        pooled_margin=choice.pooled_margin,
        attempt=attempt,
        moved_calls_share=moved_calls / calls if calls else 0.0,
        moved_spend_share=moved_spend / spend if spend else 0.0,
        saving_share=min(1.0, saved / spend) if spend else 0.0,
        saving_bound=min(1.0, (saved - math.sqrt(variance)) / spend) if spend else 0.0,
        errors_before=before if moves else math.nan,
        errors_after=after if moves else math.nan,
        no_baseline=missing,
    )


def _found(move: Move, strata: Sequence[Stratum]) -> Stratum:
    return next(stratum for stratum in strata if stratum.task_type == move.put.task_type)
