"""Asking in flight: one request at a time to the API, paid from under a cap, booked before it leaves."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from modelmix.errors import UpstreamError
from modelmix.pipeline.learn.ask import LearnAsk
from modelmix.pipeline.replay.judge import Judge
from modelmix.pipeline.replay.plan import Item
from modelmix.pipeline.replay.prompt import Prompt
from modelmix.store.learn_book import LearnBook
from modelmix.store.replay_records import AnswerRow, GradeRow, Sending, Settled, Spent
from modelmix.upstream.ask import Heard, ask, key_headers
from modelmix.upstream.headers import Headers
from modelmix.upstream.messages import Upstream
from modelmix.upstream.rate_share import RateShare
from modelmix.upstream.retry import after_failure, pause_s
from modelmix.wire.replayable import sent_body

MOST_TRIES: Final = 2
_LONGEST_WAIT_S: Final = 30.0
"""How long a second try waits at most; what should wait longer is given up, since its text is held."""

log = logging.getLogger("modelmix.learn")

_LOOK_EVERY_S: Final = 0.05
_FINAL: Final = frozenset({400, 413, 422})
_OVERLOADED: Final = frozenset({429, 529})
_OK: Final = 200


@dataclass(slots=True)
class Purse:
    """The money of all learning on a ledger; what may still be spent is known at any instant.

    Attributes:
        cap_usd: The most that it may come to.
        usd: What came back has cost.
        lost_usd: The most that sendings cost of which nothing came back.
        held_usd: The most that what is on its way can cost.
    """

    cap_usd: Decimal
    usd: Decimal = Decimal(0)
    lost_usd: Decimal = Decimal(0)
    held_usd: Decimal = Decimal(0)

    @classmethod
    def of(cls, cap_usd: Decimal, spent: Spent) -> "Purse":
        """Begin where earlier runs have ended."""
        return cls(cap_usd, spent.usd, spent.at_most_usd)

    def hold(self, usd: Decimal) -> bool:
        """Set money aside for the worst case, or say that there is not enough left."""
        if self.usd + self.lost_usd + self.held_usd + usd > self.cap_usd:
            return False
        self.held_usd += usd
        return True

    def free(self, usd: Decimal) -> None:
        """Put back what was set aside and not needed."""
        self.held_usd -= usd

    def pay(self, reserved_usd: Decimal, end: Settled) -> None:
        """Book what was set aside for one sending as what it came to."""
        self.held_usd -= reserved_usd
        if end.usd is None:
            self.lost_usd += reserved_usd
        else:
            self.usd += end.usd


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that can be graded.

    Attributes:
        answer: What was metered of it.
        grades: What its grader said.
    """

    answer: AnswerRow
    grades: tuple[GradeRow, ...]


@dataclass(slots=True)
class Asker:
    """Sends requests with their books kept.

    Attributes:
        ask: What was asked of the learning.
        judge: Reads, prices and grades.
        book: The ledger's part of it.
        upstream: The API, over connections of its own.
        key: The gateway's key; empty where the client's is used.
        purse: What may be spent.
        share: Part of the rate limits.
        failed: Reason → requests that came to nothing.
        stopped: Why nothing more can be sent at all, or empty.
    """

    ask: LearnAsk
    judge: Judge
    book: LearnBook
    upstream: Upstream
    key: str = field(repr=False)
    purse: Purse
    share: RateShare
    failed: Counter[str] = field(default_factory=Counter)
    stopped: str = ""

    async def answered(self, prompt: Prompt, item: Item, auth: Headers) -> Answered | None:
        """Ask once, and once more where that may help; the first try's money is set aside already.

        Returns:
            A graded answer, or None: then why is counted.
        """
        most_usd = item.quote.at_most_usd
        for tries in range(1, MOST_TRIES + 1):
            if tries > 1 and not self.purse.hold(most_usd):
                return None
            if not await self._permitted(item.candidate.model):
                self.purse.free(most_usd)
                return None
            sent = Sending(item.answer_id, item.candidate.model, datetime.now(UTC), most_usd)
            (number,) = self.book.send(self.judge.replay_id, [sent])
            self.share.take(item.candidate.model, item.input_tokens)
            found = await self._sent(number, prompt, item, auth, tries)
            if not isinstance(found, float):
                return found
            await asyncio.sleep(found)
        return None

    async def _permitted(self, model: str) -> bool:
        """Wait until the share of the rate limits allows a request, or everything has stopped."""
        while not self.stopped:
            wait_s = self.share.wait_s(model)
            if wait_s == 0.0:
                return True
            await asyncio.sleep(_LOOK_EVERY_S if wait_s is None else min(wait_s, 1.0))
        return False

    async def _sent(
        self, number: int, prompt: Prompt, item: Item, auth: Headers, tries: int
    ) -> Answered | float | None:
        """Send, and book what comes back; a number is the seconds after which to try again."""
        end = Settled(number, "lost", None)
        try:
            body = sent_body(prompt.recorded.request, item.candidate, item.changes)
            heard = await ask(self.upstream, self._headers(prompt, auth), body, self.ask.patience_s)
        except UpstreamError as error:
            self.share.gone(item.candidate.model)
            if not error.is_sent:
                end = Settled(number, "failed", Decimal(0))
            return self._again(pause_s(tries), tries, "nothing whole came back")
        else:
            end, found = self._came(number, prompt, item, heard, tries)
            return found
        finally:
            # Whatever happens, a cancellation too, this sending is booked as something.
            self.book.settle(self.judge.replay_id, [end])
            self.purse.pay(item.quote.at_most_usd, end)

    def _headers(self, prompt: Prompt, auth: Headers) -> Headers:
        headers = key_headers(self.key, prompt.recorded.betas)
        return headers if self.key else [*auth, *headers[1:]]

    def _came(
        self, number: int, prompt: Prompt, item: Item, heard: Heard, tries: int
    ) -> tuple[Settled, Answered | float | None]:
        model, now = item.candidate.model, datetime.now(UTC)
        if heard.status == _OK:
            end = self.judge.settled(number, item, prompt, heard, now)
            self.share.back(model, heard.headers, 0 if end.call is None else end.call.usage.output_tokens)
            if end.answer is None or not end.grades:
                self.failed["the answer is no message"] += 1
                return end, None
            return end, Answered(end.answer, end.grades)
        self.share.back(model, heard.headers)
        then = after_failure(heard.status, heard.headers, heard.body, tries, now)
        if then.after_s is None and not then.stop and heard.status in _FINAL:
            self.failed[f"rejected by {model}"] += 1
            return self.judge.settled(number, item, prompt, heard, now), None
        end = self.judge.failed(number, item, prompt, heard, now)
        why = f"status {heard.status}"
        if heard.status in _OVERLOADED:
            self.share.refused(model, then.after_s or pause_s(tries))
        if then.stop and self.key and not self.stopped:
            self.stopped = then.stop
            log.error("nothing more is learned: %s", then.stop)
        if then.stop or then.after_s is None:
            self.failed[why] += 1
            return end, None
        return end, self._again(then.after_s, tries, why)

    def _again(self, after_s: float, tries: int, why: str) -> float | None:
        if tries >= MOST_TRIES or after_s > _LONGEST_WAIT_S:
            self.failed[why] += 1
            return None
        return after_s
