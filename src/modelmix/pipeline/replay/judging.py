"""Judging: which requests have a stage's answers judged, and what is kept of the verdicts."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.core.reply import Reply
from modelmix.core.usage import Usage
from modelmix.economics.quote import Quote, Quoter
from modelmix.errors import ConfigError
from modelmix.evaluate.graders.grade import Grade, Ungradable
from modelmix.evaluate.graders.judged import Judged
from modelmix.evaluate.judges.habits import Seen
from modelmix.evaluate.judges.judge import MAX_TOKENS, Way
from modelmix.evaluate.judges.material import LONGEST_ANSWER, Task, answer_of, task_of
from modelmix.evaluate.judges.verdict import (
    TIE,
    both_orders,
    comparison_of,
    grade_of_orders,
    grade_of_verdict,
    grade_without,
    verdict_of,
)
from modelmix.pipeline.replay.judge import reply_from
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.pipeline.replay.prompt import Prompt
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import AnswerRow, GradeRow
from modelmix.wire.replayable import asking, body_of

_OK: Final = 200
_BYTES_A_TOKEN: Final = 3
_WORDS_TOKENS: Final = 900
"""Tokens of what a judge is told besides the material: form, marks and the usual rubric."""
_VERDICT_TOKENS: Final = 300
_ID_DIGITS: Final = 32
_SEEN: Final = "#seen"
"""Behind a spec: the row that tells by what a comparison went, and no grade."""


def baseline_id(upstream: str, prompt: Prompt, judged: Judged) -> str:
    """Return what the verdict on a recorded answer is kept by: the judge's own answer."""
    return _asked_id(upstream, judged.judge.alone(*_material(prompt, prompt.recorded.reply)))


def baseline_ids(plan: Plan) -> list[str]:
    """Return these of all prompts of a plan whose recorded answers are judged alone."""
    return [
        baseline_id(plan.ask.upstream, prompt, judged)
        for prompt in plan.prompts
        if isinstance(judged := plan.graders[prompt.recorded.call.task_type], Judged)
        and judged.way is not Way.PAIRWISE
    ]


def judging_quote(prompt: Prompt, judged: Judged, quoter: Quoter) -> Quote:
    """Quote what it costs to have one candidate's answer judged, and the recorded one beside it.

    Two requests either way: both orders of a comparison, or each answer alone. The recorded answer is judged
    once however many candidates there are, so that this is an upper bound with several.

    Raises:
        PriceNotFound: The judge has no price.
    """
    call, limit = prompt.recorded.call, prompt.recorded.request.get("max_tokens")
    model = judged.judge.candidate.model
    usage = call.usage.plain()
    fixed = usage.prompt_tokens + _WORDS_TOKENS + len(judged.rubric.text) // _BYTES_A_TOKEN
    longest = min(limit, LONGEST_ANSWER) if isinstance(limit, int) and limit > 0 else LONGEST_ANSWER
    answers = 2 if judged.way is Way.PAIRWISE else 1
    plain = replace(call, batch=False, fast=False)
    likely = Usage(input_tokens=fixed + answers * usage.output_tokens, output_tokens=_VERDICT_TOKENS)
    most = Usage(input_tokens=fixed + answers * max(longest, usage.output_tokens), output_tokens=MAX_TOKENS)
    expected = quoter.quote(replace(plain, usage=likely), model, MAX_TOKENS, writes_cache=False)
    at_most = quoter.quote(replace(plain, usage=most), model, MAX_TOKENS, writes_cache=False)
    return Quote(2 * expected.expected_usd, 2 * at_most.at_most_usd)


def seen_of(row: GradeRow) -> Seen:
    """Read by what a comparison went."""
    agree, first_wins, ratio = row.why.split()
    return Seen(TIE if row.score is None else row.score, agree == "1", int(first_wins), float(ratio))


def seen_key(item: Item, judged: Judged, prompt: Prompt) -> tuple[str, str, str]:
    """Return what that is kept by."""
    return item.answer_id, judged.spec + _SEEN, prompt.reference_sha256


@dataclass(frozen=True, slots=True)
class Case:
    """One answer to be judged.

    Attributes:
        kept_by: Answer that its grade is kept by.
        prompt: Its prompt.
        judged: By whom.
        reply: The answer.
        is_baseline: Whether it is the recorded one.
        asked: The judge's requests, by what they ask.
    """

    kept_by: str
    prompt: Prompt
    judged: Judged
    reply: Reply
    is_baseline: bool
    asked: tuple[str, ...] = ()


@dataclass(slots=True)
class Docket:
    """Some answers with the requests that have them judged.

    Attributes:
        plan: The requests, as a run sends them; each of them once.
        cases: What they are for.
    """

    plan: Plan
    cases: list[Case] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Judging:
    """Writes judges' requests and keeps their verdicts.

    Attributes:
        book: The ledger's replay book.
        capabilities: What models accept.
        prices: Prices.
        day: UTC day of the quotes.
        keep_text: Whether answers stay after they have been judged.
    """

    book: ReplayBook
    capabilities: CapabilityTable
    prices: PriceBook
    day: date
    keep_text: bool

    def docket(self, plan: Plan, items: Sequence[Item]) -> Docket:
        """Write what has some answers judged that are in the books and have no verdict.

        Raises:
            ConfigError: The judge would reject what it is asked.
        """
        answers = self.book.answers(item.answer_id for item in items)
        found = Docket(replace(plan, prompts=(), items=()))
        for case in self._cases(plan, items, answers):
            asked = tuple(self._add(found, case, body) for body in _bodies(case))
            found.cases.append(replace(case, asked=asked))
        return found

    def _cases(self, plan: Plan, items: Sequence[Item], answers: Mapping[str, AnswerRow]) -> Iterator[Case]:
        grades = self.book.grades([*(item.answer_id for item in items), *baseline_ids(_only(plan, items))])
        begun: set[int] = set()
        for item in items:
            prompt = plan.prompts[item.prompt]
            judged = plan.graders[prompt.recorded.call.task_type]
            answer = answers.get(item.answer_id)
            if not isinstance(judged, Judged) or answer is None or answer.reply is None:
                continue
            if judged.way is not Way.PAIRWISE and item.prompt not in begun:
                begun.add(item.prompt)
                own = baseline_id(plan.ask.upstream, prompt, judged)
                if (own, judged.spec, prompt.reference_sha256) not in grades:
                    yield Case(own, prompt, judged, prompt.recorded.reply, is_baseline=True)
            if (item.answer_id, judged.spec, prompt.reference_sha256) not in grades:
                reply = reply_from(answer.reply)
                yield Case(item.answer_id, prompt, judged, reply, is_baseline=False)

    def _add(self, docket: Docket, case: Case, body: Mapping[str, Any]) -> str:
        """Add one request, unless it is there already; return what it asks."""
        candidate, plan = case.judged.judge.candidate, docket.plan
        request = asking(body, candidate, self.capabilities)
        if isinstance(request, str):
            raise ConfigError(f"the judge {candidate} rejects what it is asked ({request}); name another")
        asked = _asked_id(plan.ask.upstream, body)
        if any(item.answer_id == asked for item in plan.items):
            return asked
        tokens = len(request.body) // _BYTES_A_TOKEN + 1
        call = replace(
            case.prompt.recorded.call,
            usage=Usage(input_tokens=tokens, output_tokens=_VERDICT_TOKENS),
            batch=False,
            fast=False,
        )
        quoter = Quoter(self.prices, self.capabilities, self.day)
        quote = quoter.quote(call, candidate.model, MAX_TOKENS, writes_cache=False)
        if plan.by_batch:
            quote = quote.times(quoter.batch_share(call, candidate.model))
        recorded = replace(case.prompt.recorded, call=call, request=body, betas="")
        item = Item(len(plan.prompts), candidate, asked, quote, tokens, changes=request.changes)
        docket.plan = replace(
            plan,
            prompts=(*plan.prompts, replace(case.prompt, recorded=recorded)),
            items=(*plan.items, item),
        )
        return asked

    def known(self, docket: Docket) -> dict[str, bool]:
        """Return judges' answers that are there already → whether each is an error that would come again."""
        answers = self.book.answers(item.answer_id for item in docket.plan.items)
        return {
            name: one.status != _OK for name, one in answers.items() if one.reply is not None or one.error
        }

    def keep(self, docket: Docket) -> None:
        """Keep the verdicts that are in, as grades, and forget the texts that they are of."""
        answers = self.book.answers(item.answer_id for item in docket.plan.items)
        grades: list[GradeRow] = []
        over: list[str] = []
        for case in docket.cases:
            told = [answers[name] for name in case.asked if name in answers]
            if len(told) < len(case.asked):
                continue
            grades += grades_of(case, [told_by(one) for one in told])
            over += [case.kept_by, *case.asked]
        self.book.put_grades(grades)
        if not self.keep_text:
            # Grades come first: killed in between, the next run forgets what is still there.
            self.book.forget(over)


def _only(plan: Plan, items: Sequence[Item]) -> Plan:
    return replace(plan, prompts=tuple(plan.prompts[i] for i in dict.fromkeys(one.prompt for one in items)))


def _asked_id(upstream: str, body: Mapping[str, Any]) -> str:
    # How it is fitted to the judge follows from the body: that need not be known to find an answer again.
    return hashlib.sha256(f"judge\0{upstream}\0".encode() + body_of(body)).hexdigest()[:_ID_DIGITS]


def _material(prompt: Prompt, reply: Reply) -> tuple[Task, str, str | None]:
    known = prompt.reference.expected if prompt.reference.is_known else None
    return task_of(prompt.recorded.request), answer_of(reply), known


def _bodies(case: Case) -> list[dict[str, Any]]:
    """Write the judge's requests; two answers that are the same need none to be called a tie."""
    judge, recorded = case.judged.judge, case.prompt.recorded
    task, answer, known = _material(case.prompt, case.reply)
    if judge.way is not Way.PAIRWISE:
        return [judge.alone(task, answer, known)]
    own = answer_of(recorded.reply)
    if answer == own:
        return []
    return [judge.compared(task, answer, own, known), judge.compared(task, own, answer, known)]


def told_by(answer: AnswerRow) -> Reply | Ungradable:
    """Read a judge's answer; an error for good is no verdict."""
    if answer.reply is None:
        return Ungradable("the judge's request fails")
    return reply_from(answer.reply)


def grades_of(case: Case, told: Sequence[Reply | Ungradable]) -> list[GradeRow]:
    """Write what judges said of one answer as rows: its grade, and by what a comparison went."""
    judge, key = case.judged.judge, (case.kept_by, case.judged.spec, case.prompt.reference_sha256)
    if judge.way is not Way.PAIRWISE:
        (reply,) = told
        verdict = reply if isinstance(reply, Ungradable) else verdict_of(judge, reply)
        if isinstance(verdict, Ungradable):
            return [_row(key, grade_without(judge, verdict, is_baseline=case.is_baseline))]
        return [_row(key, grade_of_verdict(judge, verdict))]
    if not told:
        return [GradeRow(*key, score=TIE)]
    ahead, behind = (one if isinstance(one, Ungradable) else comparison_of(one) for one in told)
    if isinstance(ahead, Ungradable):
        return [_row(key, grade_without(judge, ahead, is_baseline=False))]
    if isinstance(behind, Ungradable):
        return [_row(key, grade_without(judge, behind, is_baseline=False))]
    found = both_orders(ahead, behind)
    ratio = len(answer_of(case.reply)) / len(answer_of(case.prompt.recorded.reply))
    went = f"{int(found.agree)} {found.first_wins} {ratio:.4f}"
    seen = GradeRow(key[0], key[1] + _SEEN, key[2], score=found.score, why=went)
    return [_row(key, grade_of_orders(judge, found)), seen]


def _row(key: tuple[str, str, str], grade: Grade) -> GradeRow:
    return GradeRow(*key, score=grade.score, why=grade.why)
