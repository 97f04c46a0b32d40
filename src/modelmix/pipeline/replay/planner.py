"""The planner: draws prompts, chooses graders, and quotes every request, before anything is sent."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.economics.quote import Quote, Quoter
from modelmix.errors import ConfigError, EvidenceError, PriceNotFound
from modelmix.evaluate.graders.choose import Choice, choose
from modelmix.evaluate.graders.grade import NO_REFERENCE, Ungradable
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.judged import Judged
from modelmix.evaluate.graders.spec import parse
from modelmix.evaluate.judges.independence import partial_to
from modelmix.evaluate.judges.rubric import Rubric
from modelmix.evaluate.sample import draw
from modelmix.pipeline.replay.armed import armed, note_of
from modelmix.pipeline.replay.arms import asked_of
from modelmix.pipeline.replay.ask import MOST_PAIRS, Ask
from modelmix.pipeline.replay.bar import PlannedBar, errors_of
from modelmix.pipeline.replay.judging import judging_quote
from modelmix.pipeline.replay.plan import Item, Plan, TypePlan
from modelmix.pipeline.replay.prompt import Prompt, grade_of, prompt_of
from modelmix.pipeline.replay.recordings import Recordings, Seen, Source
from modelmix.pipeline.replay.stages import fitted
from modelmix.pipeline.replay.traffic import Traffic
from modelmix.wire.replayable import asking

_BUDGET_SHARE: Final = Decimal("0.9")
_ID_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans replays.

    Attributes:
        ask: What is asked.
        source: Where the recordings come from.
        book: Prices.
        capabilities: What models accept.
        day: UTC day.
        by_batch: Whether it is to be sent as message batches, and quoted at their price.
    """

    ask: Ask
    source: Source
    book: PriceBook
    capabilities: CapabilityTable
    day: date
    by_batch: bool = False

    def plan(self, recordings: Recordings, max_spend_usd: Decimal | None = None) -> Plan:
        """Draw prompts, choose graders and quote every request.

        Args:
            recordings: What the logs hold.
            max_spend_usd: Spend cap that the number of prompts is fitted to, unless the user named one.

        Raises:
            ConfigError: A candidate or a task type is not known, or a grader cannot be read.
            PriceNotFound: A candidate has no price.
            EvidenceError: There is nothing to ask.
        """
        groups = self._groups(recordings)
        types = {name: _baseline(seen) for name, seen in groups.items()}
        arms = {
            name: asked_of(baseline, self.ask, self.book, self.capabilities, self.day)
            for name, baseline in types.items()
        }
        traffic = Traffic(Quoter(self.book, self.capabilities, self.day), types, arms)
        # Graders and margins are told from all that may be drawn: they must not hang on the sample's size.
        most = max(MOST_PAIRS, self.ask.pairs or 0)
        prompts = self._drawn(recordings, types, dict.fromkeys(types, most), traffic)
        plans, graders, ungradable = self._types(groups, types, prompts, arms)
        plans = self._held(plans, traffic, len(graders) or 1)
        prompts = tuple(one for one in prompts if one.recorded.prompt_id not in ungradable)
        sizes = {
            one.task_type: min(one.needed, most) if self.ask.pairs is None else self.ask.pairs
            for one in plans
            if one.grader
        }
        prompts = self._subset(recordings, prompts, sizes)
        if self.ask.beside is not None:
            prompts = prompts[: self.ask.beside.prompts]
        if not prompts:
            notes = "; ".join(f"{one.task_type}: {one.note}" for one in plans if one.note)
            raise EvidenceError(f"there is nothing to replay: {notes or 'no prompt was drawn'}")
        items, rejected = self._items(prompts, arms, graders)
        if not items:
            said = "; ".join(f"{candidate}: {why}" for candidate, why in sorted(rejected))
            raise EvidenceError(
                f"there is nothing to replay: every request would be rejected as it stands ({said})"
            )
        plan = Plan(
            ask=self.ask,
            day=self.day,
            recordings=recordings,
            types=tuple(plans),
            prompts=prompts,
            graders=graders,
            items=items,
            traffic=traffic,
            rejected=rejected,
            ungradable=Counter(ungradable.values()),
            by_batch=self.by_batch,
        ).counted()
        if max_spend_usd is not None and self.ask.pairs is None:
            return fitted(plan, max_spend_usd * _BUDGET_SHARE)
        return plan

    def _groups(self, recordings: Recordings) -> dict[str, list[Seen]]:
        groups: dict[str, list[Seen]] = defaultdict(list)
        for seen in recordings.prompts:
            groups[seen.unit.task_type].append(seen)
        for option, names in (
            ("--type", self.ask.task_types),
            ("--grader", [n for n in self.ask.graders if n]),
            ("--error-cost", self.ask.error_costs_usd),
        ):
            unknown = sorted(set(names) - set(groups))
            if unknown:
                raise ConfigError(
                    f"{option} names task type {', '.join(map(repr, unknown))}; the logs hold "
                    f"{', '.join(sorted(groups))}"
                )
        wanted = set(self.ask.task_types) or set(groups)
        return {name: groups[name] for name in sorted(groups) if name in wanted}

    def _drawn(
        self,
        recordings: Recordings,
        baselines: Mapping[str, Candidate],
        sizes: Mapping[str, int],
        traffic: Traffic,
    ) -> tuple[Prompt, ...]:
        units = [s.unit for s in recordings.prompts if baselines.get(s.unit.task_type) == s.asked]
        ids = [units[index].prompt_id for index in draw(units, sizes, self.ask.seed)]
        kept = self.source.collect(ids, traffic.notice)
        return tuple(
            prompt_of(kept[name], baselines[kept[name].call.task_type]) for name in ids if name in kept
        )

    def _subset(
        self, recordings: Recordings, prompts: Sequence[Prompt], sizes: Mapping[str, int]
    ) -> tuple[Prompt, ...]:
        """Draw anew, fewer, from the same prompts."""
        by_id = {prompt.recorded.prompt_id: prompt for prompt in prompts}
        units = [seen.unit for seen in recordings.prompts if seen.unit.prompt_id in by_id]
        return tuple(by_id[units[index].prompt_id] for index in draw(units, sizes, self.ask.seed))

    def _types(
        self,
        groups: Mapping[str, Sequence[Seen]],
        baselines: Mapping[str, Candidate],
        prompts: Iterable[Prompt],
        arms: Mapping[str, tuple[Candidate, ...]],
    ) -> tuple[list[TypePlan], dict[str, Grader], dict[str, str]]:
        """Choose graders, and tell which prompts nothing can be held against."""
        by_type: dict[str, list[Prompt]] = defaultdict(list)
        for prompt in prompts:
            by_type[prompt.recorded.call.task_type].append(prompt)
        plans: list[TypePlan] = []
        graders: dict[str, Grader] = {}
        ungradable: dict[str, str] = {}
        for name, seen in groups.items():
            grader, note = self._grader(name, by_type[name], baselines[name], arms[name])
            if not arms[name]:
                grader, note = None, f"no cheaper candidate than {baselines[name]} is known for {name}"
            scores: list[float] = []
            if grader is not None:
                scores, without = _graded(by_type[name], grader)
                if len(without) == len(by_type[name]):
                    note = f"{grader.spec} can grade no answer of {name}: {_most_frequent(without)}"
                    grader = None
                else:
                    ungradable |= without
                    graders[name] = grader
            if not all(prompt.reference.is_known for prompt in by_type[name]):
                # Right answers of a review are of prompts that were picked for their differences: nothing
                # follows from them for the rest.
                scores = []
            available = sum(one.asked == baselines[name] for one in seen)
            plans.append(
                TypePlan(
                    task_type=name,
                    baseline=baselines[name],
                    arms=arms[name],
                    available=available,
                    others=len(seen) - available,
                    drawn=0,
                    known=0,
                    grader="" if grader is None else grader.spec,
                    note=note,
                    margin=0.0,
                    needed=0,
                    errors=errors_of(scores),
                )
            )
        return plans, graders, ungradable

    def _grader(
        self, task_type: str, prompts: Sequence[Prompt], baseline: Candidate, arms: Sequence[Candidate]
    ) -> tuple[Grader | None, str]:
        named = self.ask.graders.get(task_type, self.ask.graders.get(""))
        if named is not None:
            grader = parse(named).grader
            if isinstance(grader, Judged):
                return self._judged(task_type, grader, baseline, arms)
            grader = armed(grader)
            return grader, note_of(grader, prompts)
        choice = choose([prompt.reference for prompt in prompts], task_type)
        return (choice.grader, "") if isinstance(choice, Choice) else (None, choice.why)

    def _judged(
        self, task_type: str, judged: Judged, baseline: Candidate, arms: Sequence[Candidate]
    ) -> tuple[Judged, str]:
        """Name a judge its model and its rubric, and say whose side it may be on."""
        text = self.ask.rubrics.get(task_type, self.ask.rubrics.get(""))
        try:
            found = judged.by(self.ask.judge or baseline, None if text is None else Rubric.of(text))
            judge = found.judge
        except ValueError as error:
            raise ConfigError(f"answers of {task_type} cannot be judged: {error}") from error
        self.book.price(judge.candidate.model, self.day)
        said = f"answers of {task_type} are judged by {judge.candidate}, not yet checked against people"
        partial = partial_to(judge.candidate, arms, baseline, self.capabilities)
        return found, f"{said}; {partial}" if partial else said

    def _held(self, plans: Iterable[TypePlan], traffic: Traffic, n_types: int) -> list[TypePlan]:
        """Hold each type to its margin, by what its best candidate would save on a call."""
        bar = PlannedBar(self.ask, n_types)
        held = []
        for one in plans:
            saving = traffic.types[one.task_type].best_per_call_usd
            margin = bar.margin(one.task_type, one.errors, None if saving is None else float(saving))
            held.append(replace(one, margin=margin, needed=bar.needed(margin)))
        return held

    def _items(
        self,
        prompts: Sequence[Prompt],
        arms: Mapping[str, Sequence[Candidate]],
        graders: Mapping[str, Grader],
    ) -> tuple[tuple[Item, ...], dict[tuple[str, str], int]]:
        quoter = Quoter(self.book, self.capabilities, self.day)
        items: list[Item] = []
        rejected: Counter[tuple[str, str]] = Counter()
        for index, prompt in enumerate(prompts):
            candidates = [(one, False) for one in arms[prompt.recorded.call.task_type]]
            if index < self.ask.again:
                candidates.append((prompt.baseline, True))
            judging = self._judging(prompt, graders[prompt.recorded.call.task_type], quoter)
            for candidate, again in candidates:
                found = self._item(index, prompt, candidate, quoter)
                if isinstance(found, Item):
                    items.append(replace(found, again=again, judging=judging))
                else:
                    rejected[str(candidate), found] += 1
        return tuple(items), dict(rejected)

    def _judging(self, prompt: Prompt, grader: Grader, quoter: Quoter) -> Quote:
        if not isinstance(grader, Judged):
            return Quote()
        quote = judging_quote(prompt, grader, quoter)
        if not self.by_batch:
            return quote
        return quote.times(quoter.batch_share(prompt.recorded.call, grader.judge.candidate.model))

    def _item(self, index: int, prompt: Prompt, candidate: Candidate, quoter: Quoter) -> Item | str:
        recorded = prompt.recorded
        tokens = recorded.call.usage.prompt_tokens
        try:
            request = asking(recorded.request, candidate, self.capabilities, tokens)
        except ValueError as error:
            return str(error)
        if isinstance(request, str):
            return request
        limit = recorded.request.get("max_tokens")
        try:
            quote = quoter.quote(
                recorded.call,
                candidate.model,
                limit if isinstance(limit, int) else 0,
                writes_cache=b'"cache_control"' in request.body,
            )
        except PriceNotFound:
            return "no price for what it asks"
        if self.by_batch:
            quote = quote.times(quoter.batch_share(recorded.call, candidate.model))
        asked = answer_id(self.ask.upstream, recorded.betas, request.body)
        return Item(index, candidate, asked, quote, tokens, changes=request.changes)


def _baseline(seen: Sequence[Seen]) -> Candidate:
    asked = Counter(one.asked for one in seen)
    return min(asked, key=lambda candidate: (-asked[candidate], str(candidate)))


def _graded(prompts: Iterable[Prompt], grader: Grader) -> tuple[list[float], dict[str, str]]:
    """Grade the answers on file: scores where the right one is known, and prompt → why none can be graded."""
    scores: list[float] = []
    without: dict[str, str] = {}
    for prompt in prompts:
        if isinstance(grader, Judged):
            if not (prompt.recorded.reply.text.strip() or prompt.recorded.reply.tool_calls):
                without[prompt.recorded.prompt_id] = NO_REFERENCE
            continue
        grade = grade_of(prompt, prompt.recorded.reply, grader)
        if isinstance(grade, Ungradable):
            without[prompt.recorded.prompt_id] = grade.why
        elif prompt.reference.is_known:
            scores.append(grade.score)
    return scores, without


def _most_frequent(without: Mapping[str, str]) -> str:
    whys = Counter(without.values())
    return min(whys, key=lambda why: (-whys[why], why), default="none was recorded")


def answer_id(upstream: str, betas: str, body: bytes) -> str:
    """Return the identity of a question: where it is asked, how, and every byte of it."""
    digest = hashlib.sha256(f"{upstream}\0{betas}\0".encode())
    digest.update(body)
    return digest.hexdigest()[:_ID_DIGITS]
