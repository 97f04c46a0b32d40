"""Looking: who is put forward on the choosing rows, and who goes on after a look, as optimize would say."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError, EvidenceError
from modelmix.optimize.attempts import alpha_of_attempt
from modelmix.optimize.choose import choose
from modelmix.optimize.fit import fit, parted, stratum_of
from modelmix.optimize.goal import Goal
from modelmix.optimize.looks import Looked, Looks, looked_at
from modelmix.optimize.stopping import Stand, Stands, State, after_look
from modelmix.optimize.upward import with_upward
from modelmix.pipeline.looked import looks_from, looks_json
from modelmix.pipeline.question import Ask, Question, attempt_ahead, question, record
from modelmix.pipeline.replay.stages import Stages
from modelmix.report.replay_looks import LookRow
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Looks at a replay's rows in the lake with the optimiser's own eyes.

    Attributes:
        replay_id: The replay.
        stages: Its parts.
        lake: Where its rows lie.
        book: Prices.
        capabilities: What models accept.
        now: UTC instant of the run.
    """

    replay_id: str
    stages: Stages
    lake: Lake
    book: PriceBook
    capabilities: CapabilityTable
    now: datetime

    def kept(self, ledger: Ledger) -> dict[str, Stand] | None:
        """Return how far an earlier run has come; None where it had not put anything forward yet."""
        done = next((one for one in ledger.imports() if one.import_id == self.replay_id), None)
        settings = {} if done is None else done.settings.get("looks", {})
        found = {
            name: Stand(looks_from(one), State(one["state"]))
            for name, one in settings.items()
            if one is not None
        }
        is_chosen = bool(settings) and all(one.state is not State.CHOOSING for one in found.values())
        return found if is_chosen else None

    def begin(self) -> dict[str, Stand]:
        """Return how the types stand while their choosing rows come in."""
        pairs, looks = self.stages.pairs, self.stages.looks
        return {name: Stand(Looks(None, pairs[name], looks), State.CHOOSING) for name in sorted(pairs)}

    def settings(self, stands: Stands) -> dict[str, Any]:
        """Write how all types of the plan stand, as plain JSON; what is tested once is null."""
        plan = self.stages.plan
        return {
            row.task_type: looks_json(stands[row.task_type].looks, stands[row.task_type].state, plan.ask.seed)
            if row.task_type in stands
            else None
            for row in plan.types
        }

    def put_forward(self, ledger: Ledger) -> dict[str, Stand]:
        """Choose on the choosing rows, once they are all in.

        Returns:
            The types that are looked at, each with the candidate put forward, if any. A type of which the
            optimiser knows another baseline than the plan, or no price at all, is left out; so is one that
            is put forward to a dearer candidate, since its net saving is tested once, on all of its rows.
        """
        ask = self._ask()
        try:
            asked = self._question(ledger)
        except (ConfigError, EvidenceError):
            return {}
        baselines = {row.task_type: row.baseline for row in self.stages.plan.types}
        arms = {row.task_type: set(row.arms) for row in self.stages.plan.types}
        before: dict[str, Candidate | None] = {}
        strata, rows, eligible = [], [], set()
        for evidence in asked.types:
            name, looks = evidence.task_type, asked.looks.get(evidence.task_type)
            rows.append(parted(evidence, ask.goal, looks)[0])
            stratum = stratum_of(rows[-1], asked.scenes[name])
            if name in self.stages.types:
                kept = tuple(one for one in stratum.comparisons if one.candidate in arms[name])
                stratum = replace(stratum, comparisons=kept)
                if asked.scenes[name].baseline == baselines[name]:
                    eligible.add(name)
            elif looks is not None:
                before[name] = looks.candidate
            strata.append(stratum)
        level = alpha_of_attempt(ask.goal.alpha, attempt_ahead(asked, ledger))
        choice = with_upward(choose(strata, ask.goal, level, before), rows, strata, ask.goal, level, before)
        put = {move.task_type: move.candidate for move in choice.moves}
        upward = {move.task_type for move in choice.moves if move.is_upward}
        return {name: self._stand(name, put.get(name)) for name in sorted(eligible - upward)}

    def _stand(self, name: str, candidate: Candidate | None) -> Stand:
        units = self.stages.units(name, candidate) if candidate is not None else 0
        if not units:
            return Stand(Looks(None, 0, self.stages.looks), State.NOT_PUT_FORWARD)
        return Stand(Looks(candidate, units, self.stages.looks), State.OPEN)

    def record(self, ledger: Ledger) -> None:
        """Put all looks on record as one attempt, before the first; a run that goes on does not again."""
        prompts = (one.recorded.prompt_id for one in self.stages.plan.prompts)
        record(self._question(ledger), ledger, self.now, prompts=prompts, once=True)

    def look(self, ledger: Ledger, stands: Stands) -> dict[str, Stand]:
        """Test what has come in, and say who goes on.

        Args:
            ledger: Calls, imports with the looks taken, and attempts.
            stands: How the types stand, the looks taken counted already.
        """
        asked = self._question(ledger)
        attempt_id, attempt = record(asked, ledger, self.now, once=True)
        goal = self._ask().goal
        found = fit(asked.types, asked.scenes, goal, attempt, asked.looks)
        outcome = "CLEARS" if found.certified.pool is not None else "UNDECIDED"
        ledger.conclude_attempt(attempt_id, outcome, (), len(found.certified.moves))
        return after_look(stands, _tests(asked, goal), found.certified, found.pooled_margin)

    def _question(self, ledger: Ledger) -> Question:
        return question(self._ask(), ledger, self.lake, self.book, self.capabilities, self.now)

    def _ask(self) -> Ask:
        """Return what ``modelmix optimize`` is asked with the replay's bar and no more said."""
        ask = self.stages.plan.ask
        goal = Goal(ask.margin, ask.alpha, ask.type_margin, seed=ask.seed)
        return Ask(
            goal=goal,
            error_cost_usd=ask.error_cost_usd,
            error_costs_usd=ask.error_costs_usd,
            only=self.replay_id,
        )

    def rows(self, stands: Stands) -> tuple[LookRow, ...]:
        """Return how the types stand, as reports take them."""
        return tuple(
            LookRow(
                task_type=name,
                candidate="" if stand.looks.candidate is None else str(stand.looks.candidate),
                state=stand.state,
                taken=stand.looks.taken,
                planned=stand.looks.planned,
                planned_pairs=stand.looks.pairs,
                finding=stand.finding,
                at_least=stand.at_least,
            )
            for name, stand in sorted(stands.items())
        )


def _tests(asked: Question, goal: Goal) -> dict[str, Looked]:
    """Return the fresh pairs of each type that is looked at, look by look."""
    found = {}
    for evidence in asked.types:
        name = evidence.task_type
        looks = asked.looks.get(name)
        if looks is not None and looks.candidate is not None:
            fresh = parted(evidence, goal, looks)[1]
            test = looked_at(fresh, looks, looks.candidate, asked.scenes[name].baseline)
            if isinstance(test, Looked):
                found[name] = test
    return found
