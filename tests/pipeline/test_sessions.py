"""Sessions are joined with how they ended: all their calls count, at the price of their day."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Effort
from modelmix.core.outcome import Outcome
from modelmix.core.usage import Usage
from modelmix.ingest.outcomes import read
from modelmix.pipeline.sessions import Joined, Raw, Session, sessions_of, with_sessions
from modelmix.settings import load

BOOK, CAPABILITIES = load().price_book(), load().capabilities()
OPUS, HAIKU = "claude-opus-4-8", "claude-haiku-4-5-20251001"


def call(number: int, session: str, model: str = OPUS, **changes: Any) -> Call:  # noqa: ANN401 - fields of a call
    """A call of 1,000 tokens in and 100 out."""
    return Call(
        **{
            "call_id": f"c{number}",
            "at": datetime(2026, 11, 10, 10, number, tzinfo=UTC),
            "source": "claude-code",
            "model_requested": model,
            "model_served": model,
            "usage": Usage(input_tokens=1_000, output_tokens=100),
            "session_id": session,
            **changes,
        }
    )


CALLS = [
    call(1, "one", task_type="untyped"),
    call(2, "one", task_type="coding", is_subagent=True),
    call(3, "one", usage=Usage(), error="overloaded_error", status=529, model_served="claude-sonnet-4-6"),
    call(4, "two"),
    call(5, "two", HAIKU),
    call(6, "odd", "nobody-knows-it"),
    call(7, "efforts", effort=Effort.LOW),
    call(8, "efforts", effort=Effort.MAX),
    call(9, "one", source="replay"),
    call(10, ""),
]


def sessions() -> dict[str, Session]:
    """The sessions of those calls."""
    return sessions_of(CALLS, BOOK, CAPABILITIES)


def joined(*rows: Raw, task_type: str = "") -> tuple[list[Outcome | BadRow], Joined]:
    """Join rows, and read what comes of them."""
    found = Joined()
    return list(read(with_sessions(rows, sessions, found, task_type), "t")), found


def test_all_calls_of_a_session_are_its_cost() -> None:
    """Sub-agents' calls and failed ones count; calls of replays and of no session do not."""
    one = sessions()["one"]
    each = BOOK.cost(Usage(input_tokens=1_000, output_tokens=100), OPUS, CALLS[0].at).total_usd
    assert (one.calls, one.cost_usd, one.task_type) == (3, 2 * each, "coding")
    assert one.served_by == (OPUS, Effort.HIGH)
    assert sorted(sessions()) == ["efforts", "odd", "one", "two"]


def test_a_row_becomes_a_run_at_a_whole_task() -> None:
    """Its model, cost and calls are those of the ledger; its own tokens would be priced without a cache."""
    [run], found = joined({"session_id": " one ", "solved": "yes", "input_tokens": 5, "output_tokens": 5})
    assert isinstance(run, Outcome)
    assert (run.prompt_id, run.task_type, run.score, run.calls) == ("one", "coding", 1.0, 3)
    assert (run.run_id, run.level.value, run.input_tokens) == ("one", "task", None)
    assert run.cost_usd == sessions()["one"].cost_usd
    assert found == Joined(matched=1, without=3)


def test_a_row_may_name_task_and_type_itself() -> None:
    """What it says wins over what is asked for, and that over the calls."""
    [run], _ = joined({"session_id": "one", "task_id": "T", "task_type": "own", "score": 0}, task_type="all")
    assert isinstance(run, Outcome)
    assert (run.prompt_id, run.task_type, run.score) == ("T", "own", 0.0)
    [run], _ = joined({"session_id": "one", "task_type": "", "score": 0}, task_type="all")
    assert isinstance(run, Outcome)
    assert run.task_type == "all"


def test_what_several_served_is_counted_apart() -> None:
    """Several models, or one at several efforts, are named together, and are nobody's evidence."""
    (two, efforts), found = joined({"session_id": "two", "score": 1}, {"session_id": "efforts", "score": 1})
    assert isinstance(two, Outcome)
    assert isinstance(efforts, Outcome)
    assert (two.candidate.model, two.is_of_several) == (f"{HAIKU} + {OPUS} high", True)
    assert efforts.candidate.model == f"{OPUS} low + {OPUS} max"
    assert found.several == 2
    many = sessions_of([call(n, "many", f"model-{n}") for n in range(6)], None, None)["many"]
    assert many.served_by == ("model-0 + model-1 + model-2 + model-3 + 2 more", None)


def test_a_call_without_a_price_leaves_its_task_without_one() -> None:
    """It is unpriced, and never free."""
    [odd], found = joined({"session_id": "odd", "solved": True})
    assert isinstance(odd, Outcome)
    assert (odd.cost_usd, found.unpriced) == (None, 1)
    assert sessions_of(CALLS, None, None)["one"].cost_usd is None


def test_what_matches_no_session_is_counted() -> None:
    """A row without a model is left out; one that names its model stays, without a cost."""
    (run,), found = joined(
        {"session_id": "gone", "solved": 1},
        {"session_id": "gone", "solved": 1, "model": OPUS, "task_id": "t", "task_type": "x"},
    )
    assert isinstance(run, Outcome)
    assert (run.cost_usd, run.level.value) == (None, "task")
    assert found == Joined(unmatched=2, without=4)


@pytest.mark.parametrize(
    "row",
    [
        {"prompt_id": "p", "task_type": "t", "model": OPUS, "score": 1},
        {"prompt_id": "p", "task_type": "t", "model": OPUS, "score": 1, "session_id": "one"},
        {"prompt_id": "p", "task_type": "t", "model": OPUS, "score": 1, "session_id": ""},
        {"task_id": "p", "task_type": "t", "model": OPUS, "solved": 1, "session_id": "one", "cost_usd": 1},
        {"task_id": "p", "task_type": "t", "model": OPUS, "solved": 1, "session_id": ["one"]},
    ],
)
def test_other_rows_pass_as_they_are(row: Mapping[str, Any]) -> None:
    """A row with a cost or a model of its own needs no ledger."""
    found = Joined()
    others: list[Raw] = [row, b"", b"{broken", b'{"session_id"', b'["session_id"]']
    assert list(with_sessions(others, sessions, found, "")) == others
    assert not found.is_any


@given(
    st.lists(
        st.binary(max_size=20)
        | st.dictionaries(
            st.sampled_from(["session_id", "solved", "score", "task_id", "model", "cost_usd", "task_type"]),
            st.none() | st.sampled_from(["one", "two", "odd", "gone", "nan"]) | st.integers() | st.floats(),
        )
    )
)
def test_any_rows_can_be_joined(rows: list[Raw]) -> None:
    """Nothing raises, no row is lost, and each is counted once."""
    found = Joined()
    given_back = list(with_sessions(rows, sessions, found, ""))
    assert len(given_back) == len(rows)
    assert found.matched + found.unmatched <= len(rows)
    assert all(isinstance(one, Outcome | BadRow) for one in read(given_back, "t"))


def test_a_session_costs_what_its_calls_cost() -> None:
    """By hand: 2,000 tokens in at 5 USD and 200 out at 25 USD per million."""
    assert sessions()["one"].cost_usd == Decimal("0.015")
