"""A batch: requests that go out together, within the API's limits, and how the API says it stands."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

MOST_REQUESTS: Final = 100_000
"""Requests of one batch. Source: batch processing (2026-08-22)."""

MOST_BYTES: Final = 256_000_000
"""Bytes of the body that creates a batch. Source: batch processing (2026-08-22); 256 MB, read as millions."""

_ID_BYTES: Final = 16
_NAME_BYTES: Final = 12
_ENDS: Final = (b'{"requests":[', b"]}")
_ITEM: Final = (b'{"custom_id":"', b'","params":', b"}")
_BATCH_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Question:
    """One request that is to be answered in a batch.

    Attributes:
        answer_id: Whatever names its answer; it leaves this machine only as a digest.
        body: The request, a JSON object of the Messages API, without ``stream``, ``speed``, ``thread`` and
            ``fallbacks``, its ``max_tokens`` at least 1.
    """

    answer_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """Questions that go out as one batch. The same questions make the same chunk.

    Attributes:
        questions: At least one; no answer is asked for twice.
        name: What every ``custom_id`` of this chunk begins with, and no other's.
        answer_ids: ``custom_id`` → answer id, in the order of the questions; 59 characters of the alphabet
            that the API allows.
    """

    questions: tuple[Question, ...]
    name: str
    answer_ids: Mapping[str, str]

    @classmethod
    def of(cls, questions: Iterable[Question]) -> "Chunk":
        """Name a chunk and its questions.

        Raises:
            ValueError: There is no question, or an answer is asked for twice.
        """
        held = tuple(questions)
        names = "\0".join(question.answer_id for question in held).encode()
        name = f"mm{_digest(names, _NAME_BYTES)}-"
        ids = {f"{name}{_digest(one.answer_id.encode(), _ID_BYTES)}": one.answer_id for one in held}
        if not held or len(ids) < len(held):
            raise ValueError("a batch needs questions, each for an answer of its own")
        return cls(held, name, ids)

    @property
    def size_bytes(self) -> int:
        """Length of what `pieces` yields."""
        around = len(_ENDS[0]) + len(_ENDS[1]) + len(self.questions) - 1
        marks = len(_ITEM[0]) + len(_ITEM[1]) + len(_ITEM[2])
        return around + sum(
            marks + len(custom_id) + len(question.body)
            for custom_id, question in zip(self.answer_ids, self.questions, strict=True)
        )

    def pieces(self) -> Iterator[bytes]:
        """Yield the body that creates the batch, without a copy of the whole."""
        before, between, after = _ITEM
        first = _ENDS[0]
        for custom_id, question in zip(self.answer_ids, self.questions, strict=True):
            yield b"%b%b%b%b" % (first, before, custom_id.encode(), between)
            yield question.body
            yield after
            first = b","
        yield _ENDS[1]


def _digest(content: bytes, size: int) -> str:
    return hashlib.blake2b(content, digest_size=size).hexdigest()


def chunks(
    questions: Iterable[Question], most_requests: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES
) -> Iterator[Chunk]:
    """Cut questions into chunks that respect both limits, in order; only one chunk is held at a time.

    Args:
        questions: No answer is asked for twice.
        most_requests: Questions of a chunk, at least 1.
        most_bytes: Bytes of a chunk's body; a question beyond that goes alone.
    """
    # What stands around a body in a request: the id, its marks, a comma.
    around = 128
    held: list[Question] = []
    size = around
    for question in questions:
        added = len(question.body) + around
        if held and (len(held) >= most_requests or size + added > most_bytes):
            yield Chunk.of(held)
            held, size = [], around
        held.append(question)
        size += added
    if held:
        yield Chunk.of(held)


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest batch at some moment, by the API's own clock: what is newer came after it.

    Attributes:
        batch_id: Its id, or empty if there was none.
        created_at: When it was created, or None if there was none.
    """

    batch_id: str = ""
    created_at: datetime | None = None

    def is_before(self, batch: "Batch") -> bool:
        """Say whether a batch is newer, as far as can be told: of two of the same instant, yes."""
        if batch.batch_id == self.batch_id:
            return False
        return self.created_at is None or batch.created_at >= self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How a batch stands.

    Attributes:
        batch_id: Its id.
        status: ``in_progress``, ``canceling`` or ``ended``.
        processing: Requests without a result; all of them until it has ended.
        succeeded: Requests that were answered; only these are billed.
        errored: Requests that ended with an error.
        canceled: Requests that were not processed because the batch was cancelled.
        expired: Requests that were not processed within 24 hours.
        created_at: Aware instant.
        expires_at: Aware instant.
        results_url: Where the API says that its results are, or empty.
    """

    batch_id: str
    status: str
    processing: int
    succeeded: int
    errored: int
    canceled: int
    expired: int
    created_at: datetime
    expires_at: datetime
    results_url: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether every request has a result, which need not be an answer."""
        return self.status == "ended"

    @property
    def total(self) -> int:
        """Number of its requests."""
        return self.processing + self.succeeded + self.errored + self.canceled + self.expired


class _Counts(msgspec.Struct):
    processing: int
    succeeded: int
    errored: int
    canceled: int
    expired: int


class _Document(msgspec.Struct):
    id: str
    processing_status: str
    request_counts: _Counts
    created_at: datetime
    expires_at: datetime
    results_url: str | None = None


class _List(msgspec.Struct):
    data: list[_Document]
    has_more: bool = False


_document = msgspec.json.Decoder(_Document).decode
_list = msgspec.json.Decoder(_List).decode


def read_batch(content: bytes) -> Batch:
    """Read a batch as the API sends it; fields that are not known are left out.

    Raises:
        ValueError: It is none.

    Source: SDK 2.12.0 and message batches reference (2026-08-22).
    """
    return _batch(_document(content))


def read_list(content: bytes) -> tuple[list[Batch], bool]:
    """Read a page of batches as the API sends it: the batches, and whether there are more.

    Raises:
        ValueError: It is none.
    """
    page = _list(content)
    return [_batch(document) for document in page.data], page.has_more and bool(page.data)


def _batch(document: _Document) -> Batch:
    # The id becomes part of a path.
    if _BATCH_ID.fullmatch(document.id) is None:
        raise ValueError("the batch has no id that can be asked for")
    if document.created_at.tzinfo is None or document.expires_at.tzinfo is None:
        raise ValueError("the batch has times without a time zone")
    counts = document.request_counts
    return Batch(
        batch_id=document.id,
        status=document.processing_status,
        processing=counts.processing,
        succeeded=counts.succeeded,
        errored=counts.errored,
        canceled=counts.canceled,
        expired=counts.expired,
        created_at=document.created_at,
        expires_at=document.expires_at,
        results_url=document.results_url or "",
    )
