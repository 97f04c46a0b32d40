"""Judging: an answer that came back, read, priced and graded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import msgspec

from modelmix.core.call import REPLAY, Call
from modelmix.core.prices import PriceBook
from modelmix.core.reply import Reply, ToolCall
from modelmix.core.usage import Usage
from modelmix.errors import PriceNotFound
from modelmix.evaluate.graders.grade import Ungradable
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.judged import Judged
from modelmix.pipeline.replay.armed import starts_processes
from modelmix.pipeline.replay.plan import Item
from modelmix.pipeline.replay.prompt import Prompt, grade_of
from modelmix.store.replay_records import AnswerRow, GradeRow, Settled
from modelmix.upstream.ask import Heard
from modelmix.wire.reply import reply_of
from modelmix.wire.usage import stated

_OK = 200
_decode = msgspec.json.Decoder(Mapping).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns answers into what is kept of them.

    Attributes:
        replay_id: The replay.
        book: Prices.
        graders: Task type → its grader.
        keep_text: Whether replies are kept; one that is to be judged is, until it has been.
        role: Name of the judge whose answers these are; empty for candidates'.
        by_batch: Whether answers come from batches, at the price of one.
    """

    replay_id: str
    book: PriceBook
    graders: Mapping[str, Grader]
    keep_text: bool = False
    role: str = ""
    by_batch: bool = False

    def settled(self, sending_id: int, item: Item, prompt: Prompt, heard: Heard, at: datetime) -> Settled:
        """Judge what is not asked again: a message, or an error that would come again.

        A message without usage that can be read has cost something unknown: it stays booked at the most that
        it can have cost. So does what is no message at all, of which no answer is kept.
        """
        call, reply = self._call(sending_id, item, prompt, heard, at)
        if heard.status == _OK and reply is None:
            return Settled(sending_id, "lost", None, call)
        usd = self.usd(call, at)
        if heard.status == _OK and call.error:
            usd = None
        is_judged = isinstance(self.graders[prompt.recorded.call.task_type], Judged)
        keeps = self.keep_text or is_judged
        answer = AnswerRow(
            answer_id=item.answer_id,
            call_id=call.call_id,
            status=heard.status,
            error=call.error,
            usage=call.usage,
            usd=usd,
            latency_ms=heard.latency_ms,
            reply=reply_json(reply) if keeps and reply is not None else None,
        )
        grades = () if reply is None or is_judged else (self.grade(item.answer_id, prompt, reply),)
        return Settled(sending_id, "lost" if usd is None else "answered", usd, call, answer, grades)

    def failed(self, sending_id: int, item: Item, prompt: Prompt, heard: Heard, at: datetime) -> Settled:
        """Book a failure that is tried again, or was for the last time: an error costs nothing."""
        call, _ = self._call(sending_id, item, prompt, heard, at)
        return Settled(sending_id, "failed", Decimal(0), call)

    def grade(self, answer_id: str, prompt: Prompt, reply: Reply) -> GradeRow:
        """Grade a reply."""
        grader = self.graders[prompt.recorded.call.task_type]
        found = grade_of(prompt, reply, grader)
        key = (answer_id, grader.spec, prompt.reference_sha256)
        if isinstance(found, Ungradable):
            return GradeRow(*key, score=None, why=found.why)
        return GradeRow(
            *key, found.score, checks_ok=found.checks_ok, slice_name=found.slice_name, why=found.why
        )

    def is_slow(self, prompt: Prompt) -> bool:
        """Say whether to grade a reply to a prompt takes so long that others would wait for it."""
        return starts_processes(self.graders[prompt.recorded.call.task_type])

    def look_ahead(self, prompt: Prompt, heard: Heard) -> None:
        """Grade an answer for the first time, in a thread of its own; the second time takes no time."""
        reply = reply_of(_message(heard.body))
        if reply is not None:
            grade_of(prompt, reply, self.graders[prompt.recorded.call.task_type])

    def usd(self, call: Call, at: datetime) -> Decimal | None:
        """Return the list price of a call, or None without one."""
        try:
            return self.book.cost(
                call.usage, call.model_served, at, batch=call.batch, us=call.us, fast=call.fast
            ).total_usd
        except PriceNotFound:
            return None

    def _call(
        self, sending_id: int, item: Item, prompt: Prompt, heard: Heard, at: datetime
    ) -> tuple[Call, Reply | None]:
        message = _message(heard.body)
        told = stated(message.get("usage"))
        is_answer = heard.status == _OK and message.get("type") == "message"
        error = "" if is_answer else _error_type(message) or f"http-{heard.status}"
        if is_answer and told.usage is None:
            error = "usage-unknown"
        recorded = prompt.recorded.call
        call = replace(
            recorded,
            call_id=_text(message.get("id")) or heard.request_id or f"{self.replay_id}-{sending_id}",
            at=at,
            source=REPLAY,
            model_requested=item.candidate.model,
            model_served=_text(message.get("model")) or item.candidate.model,
            usage=told.usage or Usage(),
            request_id=heard.request_id,
            effort=item.candidate.effort,
            stream=False,
            status=heard.status,
            stop_reason=_text(message.get("stop_reason")),
            error=error,
            batch=told.batch or self.by_batch,
            fast=told.fast,
            us=told.us,
            write_split_known=told.write_split_known,
            reported_usd=None,
            reason=f"replay={self.replay_id}" + (f" judge={self.role}" if self.role else ""),
            policy_sha256="",
            ttft_ms=None,
            latency_ms=heard.latency_ms,
        )
        return call, reply_of(message) if is_answer else None


def reply_json(reply: Reply) -> str:
    """Write a reply as JSON."""
    calls = [[call.name, call.arguments] for call in reply.tool_calls]
    return _encode([reply.text, calls, reply.stop_reason]).decode()


def reply_from(text: str) -> Reply:
    """Read a reply that `reply_json` has written."""
    said, calls, stop_reason = msgspec.json.decode(text)
    return Reply(said, tuple(ToolCall(name, arguments) for name, arguments in calls), stop_reason)


def _message(body: bytes) -> Mapping[str, object]:
    try:
        found: Mapping[str, object] = _decode(body)
    except (ValueError, RecursionError):
        return {}
    return found


def _error_type(message: Mapping[str, object]) -> str:
    error = message.get("error")
    return _text(error.get("type")) if isinstance(error, Mapping) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
