"""A batch going out: chunks within the limits, ids of ours; and what the API says of it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.upstream.batch import Batch, Chunk, Mark, Question, chunks, read_batch, read_list

DOCUMENT: dict[str, Any] = {
    "id": "msgbatch_1",
    "type": "message_batch",
    "processing_status": "ended",
    "request_counts": {"processing": 0, "succeeded": 3, "errored": 1, "canceled": 0, "expired": 2},
    "ended_at": "2026-11-23T10:00:00.5Z",
    "created_at": "2026-11-23T09:00:00.123456Z",
    "expires_at": "2026-11-24T09:00:00.123456Z",
    "archived_at": None,
    "cancel_initiated_at": None,
    "results_url": "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results",
    "something_new": {"a": 1},
}
QUESTIONS = st.lists(
    st.builds(
        Question,
        st.text(min_size=1, max_size=8),
        st.dictionaries(st.text(max_size=4), st.text(max_size=40)).map(
            lambda body: json.dumps(body).encode()
        ),
    ),
    max_size=20,
    unique_by=lambda question: question.answer_id,
)


@given(QUESTIONS, st.integers(1, 6), st.integers(1, 2000))
def test_chunks_respect_both_limits_and_lose_nothing(
    questions: list[Question], most_requests: int, most_bytes: int
) -> None:
    """In their order; only a question that is too long by itself goes beyond, alone."""
    found = list(chunks(iter(questions), most_requests, most_bytes))
    assert [question for chunk in found for question in chunk.questions] == questions
    for chunk in found:
        assert len(chunk.questions) <= most_requests
        assert chunk.size_bytes <= most_bytes or len(chunk.questions) == 1
        body = b"".join(chunk.pieces())
        assert len(body) == chunk.size_bytes
        assert json.loads(body) == {
            "requests": [
                {"custom_id": custom_id, "params": json.loads(question.body)}
                for custom_id, question in zip(chunk.answer_ids, chunk.questions, strict=True)
            ]
        }


@given(QUESTIONS.filter(bool))
def test_ids_are_ours_and_allowed(questions: list[Question]) -> None:
    """They match the API's pattern, begin with the chunk's name, and say nothing of what they stand for."""
    chunk = Chunk.of(questions)
    assert list(chunk.answer_ids.values()) == [question.answer_id for question in questions]
    for custom_id in chunk.answer_ids:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", custom_id)
        assert custom_id.startswith(chunk.name)
    assert Chunk.of(iter(questions)) == chunk
    more = Chunk.of([*questions, Question("another", b"{}")]) if len(questions) < 20 else chunk
    assert (more.name == chunk.name) is (more is chunk)


def test_a_chunk_asks_for_each_answer_once() -> None:
    """Nothing, or the same twice, is a mistake of the program."""
    with pytest.raises(ValueError, match="each for an answer of its own"):
        Chunk.of([])
    with pytest.raises(ValueError, match="each for an answer of its own"):
        Chunk.of([Question("a", b"{}"), Question("a", b"{}")])


def test_a_batch_is_read_as_the_api_sends_it() -> None:
    """Fields that are not known are left out."""
    batch = read_batch(json.dumps(DOCUMENT).encode())
    assert batch == Batch(
        batch_id="msgbatch_1",
        status="ended",
        processing=0,
        succeeded=3,
        errored=1,
        canceled=0,
        expired=2,
        created_at=datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC),
        expires_at=datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=UTC),
        results_url=DOCUMENT["results_url"],
    )
    assert (batch.has_ended, batch.total) == (True, 6)
    early = read_batch(
        json.dumps({**DOCUMENT, "processing_status": "canceling", "results_url": None}).encode()
    )
    assert (early.has_ended, early.results_url) == (False, "")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "../messages"},
        {"id": ""},
        {"id": None},
        {"created_at": "2026-11-23T09:00:00"},
        {"expires_at": "2026-11-23T09:00:00"},
        {"created_at": 1},
        {"request_counts": {}},
    ],
)
def test_what_is_no_batch_is_an_error(change: dict[str, Any]) -> None:
    """An id becomes part of a path, a time is compared with others."""
    content = json.dumps({**DOCUMENT, **change}).encode()
    with pytest.raises(ValueError, match=r".+"):
        read_batch(content)
    with pytest.raises(ValueError, match=r".+"):
        read_list(b'{"data": [%b]}' % content)


@given(st.binary(max_size=60))
def test_junk_is_no_batch(content: bytes) -> None:
    """Whatever the bytes."""
    with pytest.raises(ValueError, match=r".+"):
        read_batch(content)


def test_a_page_says_whether_there_are_more() -> None:
    """An empty one has none, whatever it says: there is no id to go on from."""
    one = json.dumps(DOCUMENT)
    batches, has_more = read_list(f'{{"data": [{one}], "has_more": true, "first_id": "x"}}'.encode())
    assert ([batch.batch_id for batch in batches], has_more) == (["msgbatch_1"], True)
    assert read_list(b'{"data": [], "has_more": true}') == ([], False)


def test_a_mark_tells_what_is_newer() -> None:
    """By the API's clock; of the same instant all but the batch itself are; without a mark, everything is."""
    batch = read_batch(json.dumps(DOCUMENT).encode())
    assert Mark().is_before(batch)
    assert not Mark("msgbatch_1", batch.created_at).is_before(batch)
    assert Mark("msgbatch_0", batch.created_at).is_before(batch)
    assert not Mark("msgbatch_2", batch.expires_at).is_before(batch)
