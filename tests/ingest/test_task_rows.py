"""Tables of whole tasks are known by their columns, whatever they call them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.errors import DataError
from modelmix.ingest.outcomes import check_columns, read
from modelmix.ingest.sniff import kind_of
from modelmix.ingest.task_rows import NAMES, OTHER_NAMES, TELLING, named, named_columns, tells_of_sessions

RUN = {"task_id": "t-1", "task_type": "bugfix", "model": "claude-haiku-5-5", "solved": 1}
CELL = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just({"a": 1})


def outcome(row: dict[str, Any], level: Level | None = None) -> Outcome:
    """Read a row that must be an outcome."""
    [found] = read([row], "t", level=level)
    assert isinstance(found, Outcome), found
    return found


def why(row: dict[str, Any]) -> str:
    """Read a row that must be bad."""
    [found] = read([row], "t")
    assert isinstance(found, BadRow), found
    return found.why


def test_a_run_is_read_under_the_names_of_others() -> None:
    """What tables of agent runs call their columns is what we call them otherwise."""
    found = outcome(
        RUN | {"solved": "true", "api_calls": 12.0, "run": 3, "wall_seconds": "70.5", "attempts": 2}
    )
    assert (found.prompt_id, found.score, found.level) == ("t-1", 1.0, Level.TASK)
    assert (found.calls, found.run_id, found.seconds, found.attempts) == (12, "3", 70.5, 2)
    own = outcome(RUN | {"prompt_id": "mine", "session_id": "s", "instance_id": "i"})
    assert (own.prompt_id, own.run_id) == ("mine", "s")


@pytest.mark.parametrize(
    ("more", "asked", "level"),
    [
        ({}, None, Level.CALL),
        ({"api_calls": 3}, None, Level.TASK),
        ({"calls": None, "attempts": ""}, None, Level.CALL),
        ({"attempts": 2}, None, Level.TASK),
        ({}, Level.TASK, Level.TASK),
        ({"calls": 3}, Level.TURN, Level.TURN),
        ({"unit": " Turn "}, Level.TASK, Level.TURN),
        ({"unit": "n/a"}, None, Level.CALL),
    ],
)
def test_a_row_says_what_its_score_is_of(more: dict[str, Any], asked: Level | None, level: Level) -> None:
    """Its own word comes first, then what was asked for, then what its columns tell."""
    row = {"prompt_id": "p", "task_type": "t", "model": "m", "score": 1, **more}
    assert outcome(row, asked).level is level


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"unit": "week"}, "unit is none of call, turn, task"),
        ({"api_calls": -1}, "calls is not a count"),
        ({"attempts": 0}, "attempts is not a count"),
        ({"calls": 1.5}, "calls is not a count"),
        ({"seconds": -1}, "seconds is not a time that a run can take"),
        ({"seconds": 10**10}, "seconds is not a time that a run can take"),
        ({"solved": 2}, "score is above 1; write shares, so that 83 % is 0.83"),
    ],
)
def test_what_no_run_can_have_is_refused(more: dict[str, Any], said: str) -> None:
    """A row that contradicts itself is a bad row, with the reason."""
    assert why(RUN | more) == said


def test_columns_are_checked_under_all_names() -> None:
    """A table of runs lacks nothing, and one without a score is told so."""
    check_columns(RUN)
    with pytest.raises(DataError, match="lacks 'score'"):
        check_columns(["instance_id", "task_type", "model", "resolved_at"])
    assert named_columns(["task_id", "x"]) == ["prompt_id", "x"]


@pytest.mark.parametrize(
    ("columns", "tells"),
    [
        (["session_id", "solved"], True),
        (["session_id", "score", "task_type"], True),
        (["session_id", "solved", "model"], False),
        (["session_id", "when"], False),
        (["solved"], False),
    ],
)
def test_a_table_of_sessions_names_no_model(columns: list[str], tells: bool) -> None:
    """How sessions ended and nothing of who served them: that stands in the log."""
    assert tells_of_sessions(columns) is tells


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"session_id,solved\n", "outcomes-csv"),
        (b"task_id;model;solved\n", "outcomes-csv"),
        (b'{"session_id": "s", "solved": true}\n', "outcomes-jsonl"),
        (b'{"instance_id": "i", "model": "m", "resolved": 1}\n', "outcomes-jsonl"),
        (b'{"session_id": "s", "score": 1, "request": {}, "response": {}}\n', "messages"),
    ],
)
def test_such_a_table_is_known_by_its_head(head: bytes, kind: str) -> None:
    """CSV and JSON lines alike; a log of calls stays a log."""
    assert kind_of(head, "x") == kind


@given(st.dictionaries(st.sampled_from([*NAMES, *OTHER_NAMES, *TELLING, "model", "task_type", "unit"]), CELL))
def test_any_row_is_an_outcome_or_a_bad_row(row: dict[str, Any]) -> None:
    """Nothing raises; our own columns are never overwritten, and a second naming changes nothing."""
    [found] = read([row], "t")
    assert isinstance(found, Outcome | BadRow)
    once = named(row)
    assert named(once) == once or row != row  # noqa: PLR0124 - NaN is no equal of itself
    assert all(once[name] is row[name] for name in row)
