"""Stages: in which order a plan's requests are bought, so that no more are bought than decide something.

The choosing rows come first, of every candidate. Then the fresh rows of each type, of the candidate that the
choosing rows have put forward and of no other, in as many parts as there are looks. Types whose right answers
are not all known are bought whole at once, since a review may change every score.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.economics.quote import Quote
from modelmix.evaluate.evidence import serves_to_choose
from modelmix.evaluate.sequential import Design, outlook
from modelmix.optimize.goal import CHOOSING_SHARE
from modelmix.pipeline.replay.bar import DISCORDANCE
from modelmix.pipeline.replay.plan import Item, Plan, TypePlan

JUDGE: Final = "judge-"
"""Beginning of the spec of every judge."""

LEAST_PROMPTS: Final = 60
"""Prompts of a type below which it is not looked at: there is little to save, and little to choose on."""

Part = Callable[[Item], Decimal] | None
"""Item → the part of its list price that is paid; all of it if None."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts in which a plan is bought.

    Attributes:
        plan: The plan.
        looks: Looks at most.
        types: Task types that are looked at.
        look: Index of a prompt of such a type → the look that its row belongs to; 0 is for choosing.
        pairs: Such a task type → fresh units planned.
    """

    plan: Plan
    looks: int
    types: frozenset[str]
    look: Mapping[int, int]
    pairs: Mapping[str, int]

    @classmethod
    def of(cls, plan: Plan) -> "Stages":
        """Part a plan."""
        looks = plan.ask.looks
        types = {row.task_type for row in plan.types if looks > 1 and _is_looked_at(row)}
        units: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        look: dict[int, int] = {}
        for index, prompt in enumerate(plan.prompts):
            recorded = prompt.recorded
            if recorded.call.task_type not in types:
                continue
            unit = recorded.cluster_id or recorded.prompt_id
            if serves_to_choose(unit, plan.ask.seed, CHOOSING_SHARE):
                look[index] = 0
            else:
                units[recorded.call.task_type][unit].append(index)
        for fresh in units.values():
            # A unit counts once, and so falls into one look as a whole; the order is the plan's.
            for number, rows in enumerate(fresh.values(), 1):
                look |= dict.fromkeys(rows, -(-number * looks // len(fresh)))
        return cls(plan, looks, frozenset(types), look, {name: len(units[name]) for name in sorted(types)})

    def look_of(self, types: Collection[str]) -> dict[int, int]:
        """Return the look of the prompts of some types."""
        prompts = self.plan.prompts
        return {i: look for i, look in self.look.items() if prompts[i].recorded.call.task_type in types}

    def choosing(self) -> tuple[Item, ...]:
        """Return what is bought first: choosing rows, types that are not looked at, the baseline again."""
        return tuple(item for item in self.plan.items if item.again or not self.look.get(item.prompt))

    def fresh(self, number: int, chosen: Mapping[str, Candidate]) -> tuple[Item, ...]:
        """Return what is bought for one look, of the types that are still open.

        Args:
            number: The look, from 1.
            chosen: Open task type → its candidate.
        """
        return tuple(
            item
            for item in self.plan.items
            if not item.again
            and self.look.get(item.prompt) == number
            and chosen.get(self.plan.type_of(item)) == item.candidate
        )

    def rest(self, types: Collection[str]) -> tuple[Item, ...]:
        """Return the fresh rows of types that cannot be looked at after all, of every candidate."""
        return tuple(
            item
            for item in self.plan.items
            if not item.again and self.look.get(item.prompt) and self.plan.type_of(item) in types
        )

    def units(self, task_type: str, candidate: Candidate) -> int:
        """Return the fresh units of a type that a candidate can be asked: the pairs planned for it."""
        prompts = {item.prompt for item in self.rest({task_type}) if item.candidate == candidate}
        found = (self.plan.prompts[index].recorded for index in prompts)
        return len({one.cluster_id or one.prompt_id for one in found})

    def design(self, row: TypePlan) -> Design:
        """Return how the fresh pairs of a type are planned to be looked at."""
        return Design(max(self.pairs[row.task_type], 1), row.margin, self.plan.bar.level)

    def expected_share(self, row: TypePlan) -> float:
        """Return the share of the planned fresh pairs that will be bought if nothing is lost."""
        design = self.design(row)
        return outlook(design, self.looks, discordance=DISCORDANCE).n_pairs / design.pairs

    def weights(self) -> list[Decimal]:
        """Return for each request of the plan the chance that it is bought.

        Before anything is known each candidate of a type is as likely to be put forward as another.
        """
        chances = {
            row.task_type: Decimal(self.expected_share(row) / len(row.arms))
            for row in self.plan.types
            if row.task_type in self.types
        }
        return [
            chances[self.plan.type_of(item)] if not item.again and self.look.get(item.prompt) else Decimal(1)
            for item in self.plan.items
        ]

    def fresh_quote(self, known: Collection[str] = (), part: Part = None) -> Quote:
        """Return what the looks cost: the expected pairs of any candidate, and at most all of the dearest's.

        Args:
            known: Answers that are there already.
            part: Part of the list price that is paid.
        """
        expected = Decimal(0)
        most: dict[str, dict[Candidate, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for item, weight in zip(self.plan.items, self.weights(), strict=True):
            if item.again or not self.look.get(item.prompt) or item.answer_id in known:
                continue
            share = Decimal(1) if part is None else part(item)
            expected += weight * share * item.whole.expected_usd
            most[self.plan.type_of(item)][item.candidate] += share * item.whole.at_most_usd
        return Quote(expected, sum((max(usd.values()) for usd in most.values()), Decimal(0)))

    def quote(self, known: Collection[str] = (), part: Part = None) -> Quote:
        """Return what the whole costs, without the answers that are there already; see `fresh_quote`."""
        whole = self.fresh_quote(known, part)
        for item in self.choosing():
            if item.answer_id not in known:
                share = Decimal(1) if part is None else part(item)
                whole += Quote(share * item.whole.expected_usd, share * item.whole.at_most_usd)
        return whole

    @property
    def most_requests(self) -> int:
        """Requests at most: of each type that is looked at, the candidate with the most fresh rows."""
        return len(self.choosing()) + self.most_fresh

    @property
    def most_fresh(self) -> int:
        """Those of them that are bought for looks."""
        counts: dict[str, dict[Candidate, int]] = defaultdict(lambda: defaultdict(int))
        for item in self.rest(self.types):
            counts[self.plan.type_of(item)][item.candidate] += 1
        return sum(max(one.values()) for one in counts.values())


def _is_looked_at(row: TypePlan) -> bool:
    # A judge needs no right answer: no review is to come that would change scores.
    is_known = row.known == row.drawn or row.grader.startswith(JUDGE)
    return bool(row.grader) and is_known and row.drawn >= LEAST_PROMPTS


def fitted(plan: Plan, budget_usd: Decimal) -> Plan:
    """Keep the first prompts, at least one, whose expected cost stays within a budget: a sample of all."""
    while True:
        cut = _cut(plan, Stages.of(plan).weights(), budget_usd)
        if cut is None:
            return plan
        # Of fewer prompts other types may be too small to be looked at, and cost more.
        items = tuple(one for one in plan.items if one.prompt < cut)
        plan = replace(plan, prompts=plan.prompts[:cut], items=items, scaled=True).counted()
        if cut == 1:
            return plan


def _cut(plan: Plan, weights: Sequence[Decimal], budget_usd: Decimal) -> int | None:
    spent = Decimal(0)
    for item, weight in zip(plan.items, weights, strict=True):
        spent += weight * item.whole.expected_usd
        if spent > budget_usd:
            return max(item.prompt, 1)
    return None
