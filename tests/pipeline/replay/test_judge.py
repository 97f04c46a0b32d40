"""An answer that came back: read, priced, graded, and kept as a reply only on request."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.spec import parse
from modelmix.pipeline.replay.ask import Ask
from modelmix.pipeline.replay.judge import Judge, reply_from, reply_json
from modelmix.pipeline.replay.plan import Plan
from modelmix.store.replay_records import Settled
from modelmix.upstream.ask import Heard
from pipeline.replay.rig import BOOK, HAIKU, labelled, plan_of, write_log

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
MESSAGE = {
    "id": "msg_1", "type": "message", "model": HAIKU, "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "billing"}], "usage": {"input_tokens": 100, "output_tokens": 4},
}  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A plan of labels."""
    return plan_of(Ask(places=(str(write_log(tmp_path / "log.jsonl", labelled(20))),), again=0), None, AT)


def settled(plan: Plan, body: Any, status: int = 200, **judge: Any) -> Settled:  # noqa: ANN401 - any body
    """Judge an answer to the first request."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    item = plan.items[0]
    made = Judge("r-1", BOOK, **{"graders": plan.graders, **judge})
    return made.settled(7, item, plan.prompts[item.prompt], Heard(status, [], content, "req_1", 12.5), AT)


def test_a_message_is_priced_and_graded(plan: Plan) -> None:
    """Its call is the recorded one's, with what is the candidate's own."""
    end = settled(plan, MESSAGE)
    recorded = plan.prompts[plan.items[0].prompt].recorded.call
    assert end.call is not None
    assert (end.call.call_id, end.call.source, end.call.model_served) == ("msg_1", "replay", HAIKU)
    assert (end.call.task_type, end.call.latency_ms, end.call.reason) == (
        recorded.task_type,
        12.5,
        "replay=r-1",
    )
    assert end.usd == BOOK.cost(end.call.usage, HAIKU, AT).total_usd
    assert end.answer is not None
    assert (end.state, end.answer.reply, end.answer.error) == ("answered", None, "")
    assert [grade.grader for grade in end.grades] == ["label@1"]


def test_a_reply_is_kept_on_request(plan: Plan) -> None:
    """As text, tool calls and stop reason, and nothing else."""
    end = settled(plan, MESSAGE, keep_text=True)
    assert end.answer is not None
    assert end.answer.reply == '["billing",[],"end_turn"]'


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"[" * 100_000, {"type": "error"}, {"id": "msg"}])
def test_what_is_no_message_is_no_answer(plan: Plan, body: Any) -> None:  # noqa: ANN401 - any body
    """It may have cost something; nothing is kept that would stand for an answer."""
    end = settled(plan, body)
    assert (end.state, end.usd, end.answer, end.grades) == ("lost", None, None, ())


def test_an_error_is_an_answer_that_costs_nothing(plan: Plan) -> None:
    """Its kind is kept, its message is not."""
    end = settled(
        plan, {"type": "error", "error": {"type": "invalid_request_error", "message": "secret"}}, 400
    )
    assert end.answer is not None
    assert (end.answer.error, end.usd, end.grades) == ("invalid_request_error", Decimal(0), ())
    assert "secret" not in repr(end)
    assert settled(plan, b"oops", 400).answer.error == "http-400"  # type: ignore[union-attr] # as above


def test_a_model_without_a_price_is_booked_at_its_most(plan: Plan) -> None:
    """Who has answered is not known: the reservation stands."""
    end = settled(plan, {**MESSAGE, "model": "claude-unheard-of"})
    assert (end.state, end.usd) == ("lost", None)
    assert len(end.grades) == 1


def test_what_cannot_be_graded_is_kept_with_its_reason(plan: Plan) -> None:
    """So that it is not asked again."""
    end = settled(plan, MESSAGE, graders={"triage": parse("json_fields").grader})
    assert [(grade.score, grade.why) for grade in end.grades] == [(None, "reference is not JSON")]


def test_a_failure_costs_nothing(plan: Plan) -> None:
    """It is a call of its own, named by its sending where the API gives it no name."""
    item = plan.items[0]
    judge = Judge("r-1", BOOK, plan.graders)
    end = judge.failed(7, item, plan.prompts[item.prompt], Heard(500, [], b"", "", 1.0), AT)
    assert end.call is not None
    assert (end.state, end.usd, end.call.call_id, end.call.error) == (
        "failed",
        Decimal(0),
        "r-1-7",
        "http-500",
    )


@given(
    texts,
    st.lists(
        st.tuples(texts, st.dictionaries(texts, st.none() | st.integers(-9, 9) | texts, max_size=3)),
        max_size=3,
    ),
    texts,
)
def test_replies_are_read_back_as_they_were(
    text: str, calls: list[tuple[str, dict[str, Any]]], stop: str
) -> None:
    """Whatever they say."""
    reply = Reply(text, tuple(ToolCall(name, arguments) for name, arguments in calls), stop)
    assert reply_from(reply_json(reply)) == reply
