"""Evidence: answers and grades of a replay as outcomes, and what they say at first sight."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.core.prices import PriceBook
from modelmix.core.slices import together
from modelmix.core.usage import Usage
from modelmix.economics.same_cache import cached_as
from modelmix.errors import PriceNotFound
from modelmix.evaluate.evidence import whole
from modelmix.evaluate.graders.grade import Grade, Ungradable
from modelmix.evaluate.graders.judged import NOT_JUDGED, Judged
from modelmix.evaluate.graders.said import held, said
from modelmix.evaluate.judges.habits import Habits, habits
from modelmix.evaluate.judges.habits import Seen as Compared
from modelmix.evaluate.judges.judge import Way
from modelmix.evaluate.judges.verdict import TIE
from modelmix.evaluate.paired import Pairs
from modelmix.pipeline.replay.judge import reply_from
from modelmix.pipeline.replay.judging import baseline_id, seen_key, seen_of
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.pipeline.replay.prompt import Prompt, grade_of, prompt_text
from modelmix.pipeline.replay.slices import slices_of
from modelmix.store.replay_records import AnswerRow, GradeRow
from modelmix.wire.conversation import is_last_turn

LONGEST_TEXT = 20_000
"""Characters of a prompt, an answer or an expected answer that are kept for readers."""


@dataclass(slots=True)
class Seen:
    """What was seen of one candidate on one task type; nothing of it is certified.

    Attributes:
        gains: Prompts on which the candidate alone is right; fractional where scores are.
        losses: Prompts on which the baseline alone is right.
        n: Pairs.
        usd: What the candidate's calls would have cost, cached as the recorded ones were.
        baseline_usd: What the recorded calls cost at the same day's prices.
        unpriced: Pairs without a price.
        whys: What graders found wrong with the candidate's answers → how often.
        slices: Named slice → pairs in it.
        turns: Pairs that are last turns of a conversation, and no whole tasks.
    """

    gains: float = 0.0
    losses: float = 0.0
    n: int = 0
    usd: Decimal = Decimal(0)
    baseline_usd: Decimal = Decimal(0)
    unpriced: int = 0
    whys: Counter[str] = field(default_factory=Counter)
    slices: dict[str, Pairs] = field(default_factory=dict)
    turns: int = 0

    @property
    def pairs(self) -> Pairs:
        """The counts, as tests take them."""
        return Pairs(self.gains, self.losses, self.n)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a replay has found.

    Attributes:
        outcomes: Graded answers, the baseline's recorded ones among them.
        seen: Task type and candidate → what was seen.
        again: Task type → the baseline against itself.
        ungradable: Reason → prompts that their grader can say nothing of.
        habits: Task type that is judged by comparisons → what its judge goes by.
    """

    outcomes: tuple[Outcome, ...]
    seen: Mapping[tuple[str, Candidate], Seen]
    again: Mapping[str, Pairs]
    ungradable: Mapping[str, int]
    habits: Mapping[str, Habits] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Turns what the ledger holds of a plan into evidence.

    Attributes:
        plan: The plan.
        answers: Answer → its row.
        grades: Answer, grader and reference → its grade.
        book: Prices.
        day: UTC day that all answers are priced at.
        look: Index of a prompt → the look at which it came in; none where it is not named.
        is_timed: Whether times of answers mean anything: a practice API's do not.
    """

    plan: Plan
    answers: Mapping[str, AnswerRow]
    grades: Mapping[tuple[str, str, str], GradeRow]
    book: PriceBook
    day: date
    look: Mapping[int, int] = field(default_factory=dict)
    is_timed: bool = True

    def gather(self) -> Evidence:
        """Pair every answer with the recorded one."""
        outcomes: list[Outcome] = []
        seen: dict[tuple[str, Candidate], Seen] = defaultdict(Seen)
        again: dict[str, Pairs] = {}
        judged: dict[str, list[Compared]] = defaultdict(list)
        ungradable: Counter[str] = Counter()
        by_prompt: dict[int, list[Item]] = defaultdict(list)
        for item in self.plan.items:
            by_prompt[item.prompt].append(item)
        slices = slices_of(self.plan.prompts)
        for index, items in by_prompt.items():
            prompt = self.plan.prompts[index]
            prompt = replace(prompt, recorded=replace(prompt.recorded, slice_name=slices[index]))
            base = self._baseline(prompt)
            if isinstance(base, Ungradable):
                ungradable[base.why] += 1
                continue
            rows = list(self._rows(prompt, base, items, seen, again, judged))
            if rows:
                look = self.look.get(index, 0)
                outcomes += [replace(one, look=look) for one in (self._outcome(prompt, base), *rows)]
        by = {name: habits(compared) for name, compared in sorted(judged.items())}
        return Evidence(tuple(outcomes), dict(seen), again, dict(ungradable), by)

    def _baseline(self, prompt: Prompt) -> Grade | Ungradable:
        grader = self.plan.graders[prompt.recorded.call.task_type]
        if not isinstance(grader, Judged):
            return grade_of(prompt, prompt.recorded.reply, grader)
        if grader.way is Way.PAIRWISE:
            return Grade(score=TIE, grader=grader.name)
        own = baseline_id(self.plan.ask.upstream, prompt, grader)
        row = self.grades.get((own, grader.spec, prompt.reference_sha256))
        if row is None or row.score is None:
            return Ungradable(NOT_JUDGED)
        return Grade(score=row.score, grader=grader.name, why=row.why)

    def _rows(
        self,
        prompt: Prompt,
        base: Grade,
        items: Sequence[Item],
        seen: dict[tuple[str, Candidate], Seen],
        again: dict[str, Pairs],
        judged: dict[str, list[Compared]],
    ) -> Iterator[Outcome]:
        task_type = prompt.recorded.call.task_type
        grader = self.plan.graders[task_type]
        spec = grader.spec
        for item in items:
            answer = self.answers.get(item.answer_id)
            grade = self.grades.get((item.answer_id, spec, prompt.reference_sha256))
            if answer is None or grade is None or grade.score is None:
                continue
            pair = _pair(whole(grade.score, spec) - whole(base.score, spec))
            row = self.grades.get(seen_key(item, grader, prompt)) if isinstance(grader, Judged) else None
            if row is not None:
                judged[task_type].append(seen_of(row))
            if item.again:
                again[task_type] = again.get(task_type, Pairs(0.0, 0.0, 0.0)) + pair
                continue
            outcome = self._outcome(prompt, base, item.candidate, answer, grade)
            _note(seen[task_type, item.candidate], pair, outcome, self._usd(prompt.recorded.call))
            yield outcome

    def _outcome(
        self,
        prompt: Prompt,
        base: Grade,
        candidate: Candidate | None = None,
        answer: AnswerRow | None = None,
        grade: GradeRow | None = None,
    ) -> Outcome:
        """Write one graded answer: a candidate's, or the recorded one where none is named."""
        recorded, keep = prompt.recorded, self.plan.ask.keep_text
        grader = self.plan.graders[recorded.call.task_type]
        usd = self._usd(recorded.call)
        score, checks_ok, why = base.score, base.checks_ok, base.why
        latency_ms = None if recorded.call.batch else recorded.call.latency_ms
        response = said(recorded.reply, grader)
        if candidate is not None and answer is not None and grade is not None and grade.score is not None:
            usage = cached_as(recorded.call.usage, answer.usage)
            usd = self._usd(recorded.call, candidate.model, usage)
            score, checks_ok, why = grade.score, grade.checks_ok, grade.why
            latency_ms = answer.latency_ms
            response = "" if answer.reply is None else said(reply_from(answer.reply), grader)
        return Outcome(
            prompt_id=recorded.prompt_id,
            task_type=recorded.call.task_type,
            candidate=candidate or prompt.baseline,
            score=score,
            cluster_id=recorded.cluster_id,
            cost_usd=usd,
            checks_ok=checks_ok,
            slice_name=together(recorded.slice_name, base.slice_name),
            prompt=prompt_text(recorded.request, LONGEST_TEXT) if keep else "",
            response=response[:LONGEST_TEXT] if keep else "",
            expected=held(prompt.reference, grader)[:LONGEST_TEXT] if keep else "",
            grader=grader.spec,
            why=why,
            level=Level.TURN if is_last_turn(recorded.request) else Level.CALL,
            latency_ms=latency_ms if self.is_timed else None,
        )

    def _usd(self, call: Call, model: str | None = None, usage: Usage | None = None) -> Decimal | None:
        # Both sides of a pair are priced alike: at one day, in batch or not as recorded, at standard speed.
        try:
            cost = self.book.cost(
                usage or call.usage, model or call.model_served, self.day, batch=call.batch, us=call.us
            )
        except PriceNotFound:
            return None
        return cost.total_usd


def _pair(difference: float) -> Pairs:
    return Pairs(max(difference, 0.0), max(-difference, 0.0), 1.0)


def _note(seen: Seen, pair: Pairs, outcome: Outcome, baseline_usd: Decimal | None) -> None:
    seen.gains += pair.gains
    seen.losses += pair.losses
    seen.n += 1
    seen.turns += outcome.level is Level.TURN
    if outcome.cost_usd is None or baseline_usd is None:
        seen.unpriced += 1
    else:
        seen.usd += outcome.cost_usd
        seen.baseline_usd += baseline_usd
    if outcome.why:
        seen.whys[outcome.why] += 1
    for name in outcome.slices:
        seen.slices[name] = seen.slices.get(name, Pairs(0.0, 0.0, 0.0)) + pair
