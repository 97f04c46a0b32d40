"""Worth: what a planned replay could show to be saved, and where the next dollar would buy most."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.economics.payback import LEAST_SPAN_DAYS, PAYBACK_MONTH_DAYS, month_usd, payback_days
from modelmix.economics.quote import Quote
from modelmix.evaluate.allocation import SIZES, Prospect, best, worths
from modelmix.evaluate.allocation import plan as allocate
from modelmix.pipeline.replay.bar import DISCORDANCE
from modelmix.pipeline.replay.plan import Item, Plan, TypePlan
from modelmix.pipeline.replay.stages import Stages
from modelmix.pipeline.replay.traffic import Instead, Traffic
from modelmix.report.replay_worth import NextPairs, Stake, TypeStake, Worth

DEFAULT_ERRORS: Final = DISCORDANCE
"""Share of answers that are taken to be wrong where nobody knows the right ones."""

BELIEVED_ANSWERS: Final = 20.0
"""Answers that the belief in a candidate is worth before any was seen: a hundred seen outweigh it."""

_LEAST_BELIEF: Final = 0.5
"""Right and wrong answers that are believed in at least: nobody is taken to err never, or always."""

_MOST_PAIRS: Final = 100_000
"""Purchases beyond are not considered."""

_NOTHING_TO_BUY: Final = (
    "nothing: no candidate saves anything, or all its pairs are there already, or too few to prove its margin"
)
_NOTHING_PAYS: Final = "nothing: no purchase is expected to bring in what it costs"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the plan asks of one candidate in one task type.

    Attributes:
        requests: Requests to it.
        known: Those of them whose answer is there.
        expected_usd: What all of them are expected to cost, were none there.
        open_usd: What the others are expected to cost, were the candidate the one put forward.
    """

    requests: int = 0
    known: int = 0
    expected_usd: Decimal = Decimal(0)
    open_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Move:
    """A candidate for a task type, with all that is known of it before it is asked."""

    row: TypePlan
    candidate: Candidate
    instead: Instead
    asked: Asked
    taken_share: float
    margin: float

    @property
    def saving_usd(self) -> float | None:
        """What it saves on a call; None without a price."""
        usd = self.instead.saving_per_call_usd
        return None if usd is None else float(usd)


@dataclass(frozen=True, slots=True)
class _Appraiser:
    """Says what the moves of a plan are worth."""

    plan: Plan
    traffic: Traffic
    asked: Mapping[tuple[str, Candidate], Asked]
    drawn: Mapping[str, int]
    looks: Mapping[str, int]

    def moves(self, row: TypePlan) -> Iterator[_Move]:
        """Yield the candidates of a task type, in the order of the plan."""
        drawn = self.drawn.get(row.task_type, 0)
        for candidate, instead in self.traffic.types[row.task_type].instead.items():
            asked = self.asked.get((row.task_type, candidate), Asked())
            usd = instead.saving_per_call_usd
            margin = self.plan.bar.margin(row.task_type, row.errors, None if usd is None else float(usd))
            taken = asked.requests / drawn if drawn else 1.0
            yield _Move(row, candidate, instead, asked, taken, margin)

    def stake(self, move: _Move) -> Stake:
        """Say what a move could save, and what showing it costs."""
        month = None
        if move.instead.calls:
            taken_usd = move.instead.saving_usd * Decimal(move.taken_share)
            month = month_usd(taken_usd, self.traffic.span_days)
        looks = self.looks.get(move.row.task_type, 1)
        power = self.plan.bar.power(move.asked.requests, move.margin, looks)
        return Stake(
            candidate=str(move.candidate),
            priced_calls=move.instead.calls,
            taken_share=move.taken_share,
            saving_per_call_usd=move.instead.saving_per_call_usd,
            saving_month_usd=month,
            margin=move.margin,
            power=power,
            proof_usd=move.asked.open_usd,
            payback_days=payback_days(move.asked.open_usd, month, power),
        )

    def type_stake(self, row: TypePlan) -> TypeStake:
        """Say what is at stake in a task type."""
        seen = self.traffic.types[row.task_type]
        return TypeStake(
            task_type=row.task_type,
            is_asked=bool(row.grader),
            calls=seen.calls,
            unpriced=seen.unpriced,
            today_usd=seen.usd,
            today_month_usd=month_usd(seen.usd, self.traffic.span_days),
            candidates=tuple(map(self.stake, self.moves(row))),
        )

    def prospect(self, move: _Move) -> Prospect | None:
        """Put a move as something that pairs can be bought for; None where none can, or need be.

        A margin says what an error is taken to cost: beyond the loss of ``margin`` a move that saves
        ``saving`` would be refused, so that an error weighs saving / margin. What is gained is gained only if
        the proof comes off: calls count with that chance.
        """
        saving, asked = move.saving_usd, move.asked
        if saving is None or saving <= 0.0:
            return None
        # A cap may leave a type no prompt; its calls tell what one costs all the same.
        whole, pairs = (
            (asked.expected_usd, asked.requests) if asked.requests else (move.instead.usd, move.instead.calls)
        )
        available = min(math.floor(move.row.available * move.taken_share), _MOST_PAIRS)
        # Of fewer prompts than the margin needs all are bought, for what chance they have.
        fewest = min(self.plan.bar.needed(move.margin), available)
        chance = self.plan.bar.power(fewest, move.margin)
        if asked.known >= fewest or chance <= 0.0 or not whole:
            return None
        errors = DEFAULT_ERRORS if move.row.errors is None else move.row.errors
        wrong = min(max(BELIEVED_ANSWERS * errors, _LEAST_BELIEF), BELIEVED_ANSWERS - _LEAST_BELIEF)
        calls = move.instead.calls * move.taken_share * PAYBACK_MONTH_DAYS / self.traffic.span_days
        return Prospect(
            task_type=move.row.task_type,
            alpha=BELIEVED_ANSWERS - wrong,
            beta=wrong,
            baseline_rate=1.0 - wrong / BELIEVED_ANSWERS,
            calls=calls * chance,
            saving_usd=saving,
            error_cost_usd=saving / move.margin,
            pair_usd=float(whole) / pairs,
            fewest_pairs=fewest,
            most_pairs=available,
            counts_gains=False,
        )

    def buy(self, budget_usd: Decimal | None) -> tuple[tuple[NextPairs, ...], str]:
        """Buy pairs where each next dollar buys most; where none are bought, say why."""
        if self.traffic.span_days < LEAST_SPAN_DAYS:
            return (), "not known: the log spans less than a day, and no month follows from that"
        offers: dict[str, tuple[float, _Move, Prospect]] = {}
        for row in self.plan.types:
            for move in self.moves(row) if row.grader else ():
                found = self.prospect(move)
                if found is not None:
                    net = best(worths(found, _sizes((found,)))).net_usd
                    if row.task_type not in offers or net > offers[row.task_type][0]:
                        offers[row.task_type] = net, move, found
        if not offers:
            return (), _NOTHING_TO_BUY
        prospects = [found for _, _, found in offers.values()]
        budget = math.inf if budget_usd is None else float(budget_usd)
        bought = allocate(prospects, budget, _sizes(prospects))
        if not bought:
            return (), _NOTHING_PAYS if budget_usd is None else f"{_NOTHING_PAYS} within --max-spend"
        seen: set[str] = set()
        steps = []
        for number, one in enumerate(bought, 1):
            _, move, found = offers[one.task_type]
            # What was answered before is part of the first step, and is not paid for again.
            have = 0 if one.task_type in seen else move.asked.known
            seen.add(one.task_type)
            steps.append(
                NextPairs(
                    task_type=one.task_type,
                    candidate=str(move.candidate),
                    pairs=one.pairs - have,
                    cost_usd=_usd(one.cost_usd - have * found.pair_usd),
                    gain_month_usd=_usd(one.value_usd),
                    power=self.plan.bar.power(found.fewest_pairs, move.margin),
                    step=number,
                )
            )
        return tuple(steps), ""


def worth_of(plan: Plan, known: Collection[str], budget_usd: Decimal | None) -> Worth:
    """Say what a plan is worth.

    Args:
        plan: The plan.
        known: Answers that are there already.
        budget_usd: What the next pairs may cost together; None for no end.
    """
    drawn = Counter(one.recorded.call.task_type for one in plan.prompts)
    stages = Stages.of(plan)
    looks = dict.fromkeys(stages.types, stages.looks)
    appraiser = _Appraiser(plan, plan.traffic, _asked(stages, known), drawn, looks)
    types = tuple(map(appraiser.type_stake, plan.types))
    best_of = [one.best for one in types if one.is_asked]
    stakes = [(one.saving_month_usd, one.power) for one in best_of if one is not None]
    saving = sum((usd for usd, _ in stakes if usd is not None), Decimal(0))
    likely = sum((usd * Decimal(power) for usd, power in stakes if usd is not None), Decimal(0))
    proof_usd = stages.quote(known).expected_usd
    bought, why = appraiser.buy(budget_usd)
    live, batch = _both_ways(stages, known)
    return Worth(
        span_days=plan.traffic.span_days,
        types=types,
        saving_month_usd=saving if plan.traffic.span_days >= LEAST_SPAN_DAYS else None,
        proof_usd=proof_usd,
        payback_days=payback_days(proof_usd, likely, 1.0),
        next=bought,
        next_why=why,
        batch_expected_usd=batch.expected_usd,
        batch_at_most_usd=batch.at_most_usd,
        live_expected_usd=live.expected_usd,
        live_at_most_usd=live.at_most_usd,
        by_batch=plan.by_batch,
        default_errors=DEFAULT_ERRORS,
        believed_answers=BELIEVED_ANSWERS,
    )


def _asked(stages: Stages, known: Collection[str]) -> dict[tuple[str, Candidate], Asked]:
    found: dict[tuple[str, Candidate], Asked] = {}
    plan = stages.plan
    shares = {
        row.task_type: Decimal(stages.expected_share(row))
        for row in plan.types
        if row.task_type in stages.types
    }
    for item in plan.items:
        if item.again:
            continue
        key = plan.prompts[item.prompt].recorded.call.task_type, item.candidate
        so_far, usd = found.get(key, Asked()), item.whole.expected_usd
        is_known = item.answer_id in known
        share = shares[key[0]] if stages.look.get(item.prompt) else Decimal(1)
        found[key] = Asked(
            so_far.requests + 1,
            so_far.known + is_known,
            so_far.expected_usd + usd,
            so_far.open_usd + (0 if is_known else usd * share),
        )
    return found


def _both_ways(stages: Stages, known: Collection[str]) -> tuple[Quote, Quote]:
    """Return what a plan costs live, and by message batches."""
    plan = stages.plan

    def share(item: Item) -> Decimal:
        return plan.traffic.quoter.batch_share(plan.prompts[item.prompt].recorded.call, item.candidate.model)

    as_planned = stages.quote(known)
    if plan.by_batch:
        return stages.quote(known, lambda item: 1 / share(item)), as_planned
    return as_planned, stages.quote(known, share)


def _sizes(prospects: Iterable[Prospect]) -> list[int]:
    """Pairs that are considered: the usual ones, and what each margin needs."""
    return sorted({*SIZES, *(one.fewest_pairs for one in prospects)})


def _usd(amount: float) -> Decimal:
    return Decimal(f"{amount:.8f}")
