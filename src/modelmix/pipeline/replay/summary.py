"""Summaries: a plan and its result, as reports take them."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from modelmix.core.level import LAST_TURNS
from modelmix.core.prices import PriceBook
from modelmix.economics.quote import Quote
from modelmix.evaluate.graders.judged import Judged
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.power import power_exact
from modelmix.evaluate.verdict import Finding, judge
from modelmix.optimize.attempts import FIRST_SHARE
from modelmix.optimize.goal import CHOOSING_SHARE
from modelmix.pipeline.replay.ask import PROPOSED, Ask, Limits
from modelmix.pipeline.replay.bar import DISCORDANCE, PlannedBar
from modelmix.pipeline.replay.evidence import Seen
from modelmix.pipeline.replay.plan import Plan, TypePlan
from modelmix.pipeline.replay.replay import Replayed
from modelmix.pipeline.replay.stages import JUDGE, Stages
from modelmix.pipeline.replay.worth import worth_of
from modelmix.report.plain import counted
from modelmix.report.replay import ReplayReport, SeenRow
from modelmix.report.replay_judges import JudgeRow
from modelmix.report.replay_plan import LooksPlan, PlanReport, TypeRow

_LOSSES_SHOWN: Final = (0.0, 0.005, 0.01)
_WHYS_KEPT: Final = 20


def plan_report(plan: Plan, limits: Limits, known: Collection[str], book: PriceBook) -> PlanReport:
    """Summarise a plan.

    Args:
        plan: The plan.
        limits: Its spend cap.
        known: Answers that are there already, and cost nothing.
        book: Prices.
    """
    costs: dict[str, tuple[int, Decimal, Decimal]] = {}
    stages = Stages.of(plan)
    for item in stages.choosing():
        if item.answer_id not in known:
            name = f"{item.candidate}, the baseline again" if item.again else str(item.candidate)
            requests, expected, most = costs.get(name, (0, Decimal(0), Decimal(0)))
            quote = item.whole
            costs[name] = requests + 1, expected + quote.expected_usd, most + quote.at_most_usd
    fresh = stages.fresh_quote(known)
    if stages.types:
        name = f"then one of them, in at most {stages.looks} looks"
        costs[name] = stages.most_fresh, fresh.expected_usd, fresh.at_most_usd
    pool = round(sum(row.drawn for row in plan.types) * (1.0 - CHOOSING_SHARE))
    alpha = FIRST_SHARE * plan.ask.alpha
    margin = _pooled_margin(plan)
    return PlanReport(
        types=tuple(_type_row(row, plan.bar, stages) for row in plan.types),
        costs_usd=dict(sorted(costs.items(), key=lambda entry: (entry[0].startswith("then"), entry[1][2]))),
        expected_usd=sum((expected for _, expected, _ in costs.values()), Decimal(0)),
        at_most_usd=sum((most for _, _, most in costs.values()), Decimal(0)),
        max_spend_usd=limits.max_spend_usd,
        requests=stages.most_requests,
        reused=sum(item.answer_id in known for item in plan.items),
        again=sum(item.again for item in plan.items),
        pool=pool,
        pool_margin=margin,
        pool_power={
            loss: power_exact(pool, margin, DISCORDANCE, alpha, loss) if pool else 0.0
            for loss in _LOSSES_SHOWN
            if loss < margin
        },
        alpha=plan.ask.alpha,
        discordance=DISCORDANCE,
        choosing_share=CHOOSING_SHARE,
        set_aside={**plan.recordings.set_aside, **_ungradable(plan), **_rejections(plan)},
        fitted=Counter(f"{item.candidate}: {one.said}" for item in plan.items for one in item.changes),
        bad_rows=len(plan.recordings.bad_rows),
        repeats=plan.recordings.repeats,
        unmatched=plan.recordings.unmatched,
        scaled=plan.scaled,
        looks=_looks(stages),
        judging_usd=_judging(plan, stages, known),
        keeps_text=plan.ask.keep_text,
        prices=(book.as_of.isoformat(), book.sha256),
        worth=worth_of(plan, known, limits.max_spend_usd),
    )


def _judging(plan: Plan, stages: Stages, known: Collection[str]) -> tuple[Decimal, Decimal]:
    """Return what judges are of a plan's cost: its quote less that of the same requests without them."""
    bare = replace(plan, items=tuple(replace(item, judging=Quote()) for item in plan.items))
    whole, asked = stages.quote(known), replace(stages, plan=bare).quote(known)
    return whole.expected_usd - asked.expected_usd, whole.at_most_usd - asked.at_most_usd


def _looks(stages: Stages) -> LooksPlan | None:
    """Foresee the looks; None where everything is tested once."""
    rows = [row for row in stages.plan.types if row.task_type in stages.types]
    if not rows:
        return None
    planned = sum(stages.pairs[row.task_type] for row in rows)
    expected = sum(stages.pairs[row.task_type] * stages.expected_share(row) for row in rows)
    return LooksPlan(
        looks=stages.looks, types=tuple(row.task_type for row in rows), pairs=planned, expected_pairs=expected
    )


def _pooled_margin(plan: Plan) -> float:
    moves = []
    for row in plan.types:
        seen = plan.traffic.types[row.task_type]
        saving = seen.best_per_call_usd
        if row.grader and saving is not None and saving > 0:
            moves.append((row.task_type, float(saving), seen.calls))
    return plan.bar.pooled_margin(moves)


def _type_row(row: TypePlan, bar: PlannedBar, stages: Stages) -> TypeRow:
    looks = stages.looks if row.task_type in stages.types else 1
    return TypeRow(
        task_type=row.task_type,
        baseline=str(row.baseline),
        arms=tuple(map(str, row.arms)),
        grader=row.grader,
        note=row.note,
        drawn=row.drawn,
        available=row.available,
        others=row.others,
        known=row.known,
        margin=row.margin,
        needed=row.needed,
        power=bar.power(row.drawn, row.margin, looks),
    )


def _ungradable(plan: Plan) -> dict[str, int]:
    return {f"no answer could be held against it ({why})": rows for why, rows in plan.ungradable.items()}


def _rejections(plan: Plan) -> dict[str, int]:
    return {
        f"{candidate} would reject it as it stands ({reason})": rows
        for (candidate, reason), rows in plan.rejected.items()
    }


def replay_report(done: Replayed, limits: Limits) -> ReplayReport:
    """Summarise what a replay has found."""
    tally, spent, plan = done.tally, done.spent, done.plan
    baselines = {row.task_type: str(row.baseline) for row in plan.types}
    seen = sorted(done.evidence.seen.items(), key=lambda entry: (entry[0][0], str(entry[0][1])))
    return ReplayReport(
        replay_id=done.replay_id,
        outcome=done.outcome,
        resumed=done.resumed,
        is_simulated=done.is_simulated,
        seen=tuple(_seen_row(name, str(arm), baselines[name], row) for (name, arm), row in seen),
        again=again_finding(done.evidence.again.values(), plan.ask.margin, plan.ask.alpha),
        requests=tally.whole,
        answered=tally.answered,
        reused=tally.reused,
        rejected=tally.rejected,
        given_up=tally.given_up,
        dropped=tally.dropped,
        sent=tally.sent,
        refusals=tally.refusals,
        usd=spent.usd,
        at_most_usd=spent.at_most_usd,
        lost=spent.lost,
        found=spent.found,
        max_spend_usd=limits.max_spend_usd,
        margin=plan.ask.margin,
        ungradable={**plan.ungradable, **done.evidence.ungradable},
        to_review=len(done.review),
        notes=tuple(_notes(done)),
        looks=done.looks,
        judges=tuple(
            JudgeRow(
                task_type=name,
                grader=grader.spec,
                requests=done.judged.get(grader.name, (0, Decimal(0)))[0],
                usd=done.judged.get(grader.name, (0, Decimal(0)))[1],
                habits=done.evidence.habits.get(name),
            )
            for name, grader in sorted(plan.graders.items())
            if isinstance(grader, Judged)
        ),
        bar=_bar_options(plan.ask),
        is_live=not plan.by_batch,
        policy_file="policy.yaml" if plan.ask.beside is None else PROPOSED,
    )


def _bar_options(ask: Ask) -> str:
    """Write the bar as ``modelmix optimize`` takes it: the same bar is the same attempt."""
    words = [f"--margin {ask.margin * 100:.12g}pp"]
    if ask.type_margin is not None:
        words.append(f"--type-margin {ask.type_margin * 100:.12g}pp")
    if ask.alpha != Ask(places=()).alpha:
        words.append(f"--alpha {ask.alpha:.12g}")
    if ask.error_cost_usd is not None:
        words.append(f"--error-cost {ask.error_cost_usd}")
    costs = ask.error_costs_usd.items()
    words += [f"--error-cost {shlex.quote(f'{name}={usd}')}" for name, usd in sorted(costs)]
    if ask.seed:
        words.append(f"--seed {ask.seed}")
    return " ".join(words)


def again_finding(by_type: Collection[Pairs], margin: float, alpha: float) -> Finding | None:
    """Test the baseline against itself, all types together; None without a pair."""
    pooled = sum(by_type, Pairs(0.0, 0.0, 0.0))
    return judge(pooled, margin, alpha=alpha) if pooled.n else None


def _seen_row(task_type: str, candidate: str, baseline: str, seen: Seen) -> SeenRow:
    priced = seen.n - seen.unpriced
    return SeenRow(
        task_type=task_type,
        candidate=candidate,
        baseline=baseline,
        pairs=seen.pairs,
        usd_per_call=seen.usd / priced if priced else None,
        baseline_usd_per_call=seen.baseline_usd / priced if priced else None,
        whys=tuple(seen.whys.most_common(_WHYS_KEPT)),
        slices=seen.slices,
        turns=seen.turns,
    )


def _notes(done: Replayed) -> Iterator[str]:
    unknown = [
        row.task_type
        for row in done.plan.types
        if row.grader and not row.known and not row.grader.startswith(JUDGE)
    ]
    if unknown:
        yield (
            f"no right answer is known for {', '.join(unknown)}: answers are held against today's own, and a "
            "loss is an upper bound"
        )
    turns = [row for row in done.evidence.seen.values() if row.turns]
    if turns:
        pairs, whole = sum(row.turns for row in turns), sum(row.n for row in turns)
        yield (
            f"{pairs:,} of {counted(whole, 'pair')} are {LAST_TURNS}: they say nothing of how often an agent "
            "solves its tasks; import how its sessions ended for that (modelmix import)"
        )
    yield f"list prices of {done.plan.day}; candidates priced as if cached as the recorded calls were"
    again = sum(done.evidence.again.values(), Pairs(0.0, 0.0, 0.0))
    if again.n and again.discordance > 0:
        yield (
            f"the baseline differs from itself on {again.discordance:.1%} of {again.n:.0f} prompts: without "
            "known right answers (--expected) no candidate can be shown to lose less"
        )
