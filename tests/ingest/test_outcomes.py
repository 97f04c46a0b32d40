"""Outcome tables become outcomes, whatever their file format made of the values."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.outcome import Outcome
from modelmix.errors import DataError
from modelmix.ingest.outcomes import OPTIONAL, REQUIRED, check_columns, read

ROW = {"prompt_id": "p-1", "task_type": "triage", "model": "claude-haiku-5-5", "score": 1}


def one(row: bytes | dict[str, Any], *, keep_text: bool = False) -> Outcome | BadRow:
    """Read one row."""
    [found] = read([row], "t.parquet", keep_text=keep_text)
    return found


def outcome(**changes: object) -> Outcome:
    """Read a row that must be an outcome."""
    found = one({**ROW, **changes})
    assert isinstance(found, Outcome), found
    return found


def why(**changes: object) -> str:
    """Read a row that must be bad."""
    found = one({**ROW, **changes})
    assert isinstance(found, BadRow), found
    return found.why


def test_all_columns_arrive() -> None:
    """Every known column has its field; others are ignored, texts are kept only on request."""
    row = {
        **ROW, "effort": "low", "cluster_id": "doc-1", "prompt": "P", "response": "R", "input_tokens": 10,
        "output_tokens": 20, "cost_usd": 0.1, "checks_ok": True, "slice": "long", "temperature": 0,
        "expected": "E", "grader": " exact@1 ", "why": "date: differs",
    }  # fmt: skip
    expected = Outcome(
        prompt_id="p-1", task_type="triage", candidate=Candidate("claude-haiku-5-5", Effort.LOW), score=1.0,
        cluster_id="doc-1", input_tokens=10, output_tokens=20, cost_usd=Decimal("0.1"), checks_ok=True,
        slice_name="long", prompt="P", response="R", expected="E", grader="exact@1", why="date: differs",
    )  # fmt: skip
    assert one(row, keep_text=True) == expected
    quiet = one(row)
    assert isinstance(quiet, Outcome)
    assert (quiet.prompt, quiet.response, quiet.expected) == ("", "", "")
    assert (quiet.grader, quiet.why) == ("exact@1", "date: differs")


@pytest.mark.parametrize(
    ("note", "kept"),
    [
        ("x" * 600, "x" * 512), (["date"], ""), (True, ""), ({"a": 1}, ""), (None, ""), (7, ""),
        ("half \ud83d", "half "),
    ],
)  # fmt: skip
def test_no_row_is_lost_over_what_is_said_of_its_score(note: object, kept: str) -> None:
    """A table may have a column of the same name that holds something else, or more."""
    found = outcome(grader=note, why=note)
    assert (found.grader, found.why) == (kept, kept)


def test_a_csv_row_reads_like_a_parquet_row() -> None:
    """Texts of a CSV and typed values of Parquet give the same outcome."""
    texts = {
        **ROW, "score": " 0.5 ", "input_tokens": "10", "output_tokens": "20.0", "cost_usd": "0.10",
        "checks_ok": "False", "effort": "", "cluster_id": "", "slice": "",
    }  # fmt: skip
    typed = {
        **ROW, "score": 0.5, "input_tokens": 10.0, "output_tokens": 20, "cost_usd": Decimal("0.10"),
        "checks_ok": 0, "effort": None, "cluster_id": float("nan"), "slice": None,
    }  # fmt: skip
    assert one(texts) == one(typed)
    assert one(json.dumps({**texts, "score": 0.5}).encode()) == one(typed)


@pytest.mark.parametrize(
    "empty", [None, "", " ", "null", "NaN", float("nan"), Decimal("NaN"), Decimal("sNaN")]
)
def test_an_empty_optional_field_is_absent(empty: object) -> None:
    """The ways in which tables write an empty cell all mean that nothing is known."""
    found = outcome(input_tokens=empty, output_tokens=empty, cost_usd=empty, checks_ok=empty)
    assert (found.input_tokens, found.output_tokens, found.cost_usd, found.checks_ok) == (
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (True, 1.0),
        (False, 0.0),
        ("true", 1.0),
        ("No", 0.0),
        ("1", 1.0),
        (0.25, 0.25),
        (Decimal("0.3"), 0.3),
        (0, 0.0),
    ],
)
def test_scores_are_shares_or_truths(score: object, grade: float) -> None:
    """True and false are 1 and 0, in any of their spellings."""
    assert outcome(score=score).score == grade


@pytest.mark.parametrize(
    ("flag", "ok"), [(1, True), (1.0, True), (0, False), ("yes", True), ("failed", False), (Decimal(1), True)]
)
def test_checks_are_true_or_false(flag: object, ok: bool) -> None:
    """A flag is read from its usual spellings."""
    assert outcome(checks_ok=flag).checks_ok is ok


def test_the_model_may_name_its_effort() -> None:
    """MODEL@EFFORT and the column say the same; where both do, they must agree."""
    low = Candidate("claude-haiku-5-5", Effort.LOW)
    assert outcome(model="claude-haiku-5-5@low").candidate == low
    assert outcome(effort="LOW").candidate == low
    assert outcome(model="claude-haiku-5-5@low", effort="low").candidate == low
    assert "one effort and the column effort another" in why(model="claude-haiku-5-5@low", effort="high")


def test_identifiers_may_be_numbers() -> None:
    """Tables number their prompts."""
    assert outcome(prompt_id=17, cluster_id=3).unit == "3"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt_id": ""}, "prompt_id is missing"),
        ({"prompt_id": None}, "prompt_id is missing"),
        ({"prompt_id": ["a"]}, "prompt_id is not a text"),
        ({"prompt_id": True}, "prompt_id is not a text"),
        ({"prompt_id": "p" * 600}, "prompt_id is longer than 512 characters"),
        ({"prompt_id": 10**5000}, "prompt_id is a number beyond belief"),
        ({"prompt_id": "\ud800"}, "prompt_id holds half of a surrogate pair"),
        ({"task_type": " "}, "task_type is missing"),
        ({"model": None}, "model is missing"),
        ({"model": "@low"}, "model or effort is not valid; efforts are low, medium, high, xhigh, max"),
        ({"effort": "warp"}, "model or effort is not valid"),
        ({"score": None}, "score is missing"),
        ({"score": float("nan")}, "score is missing"),
        ({"score": "good"}, "score is not a number"),
        ({"score": float("inf")}, "score is not a finite number"),
        ({"score": "sNaN"}, "score is not a finite number"),
        ({"score": [1]}, "score is not a finite number"),
        ({"score": 83}, "score is above 1; write shares, so that 83 % is 0.83"),
        ({"score": -0.1}, "score is negative"),
        ({"input_tokens": -1}, "input_tokens is not a count of tokens"),
        ({"input_tokens": 1.5}, "input_tokens is not a count of tokens"),
        ({"input_tokens": Decimal("1e999999")}, "input_tokens is not a count of tokens"),
        ({"output_tokens": True}, "output_tokens is not a finite number"),
        ({"cost_usd": "-1"}, "cost_usd is negative"),
        ({"cost_usd": "free"}, "cost_usd is not a number"),
        ({"checks_ok": "perhaps"}, "checks_ok is neither true nor false"),
        ({"checks_ok": 5}, "checks_ok is neither true nor false"),
    ],
)
def test_a_damaged_row_says_what_is_wrong(changes: dict[str, Any], said: str) -> None:
    """Each kind of damage has its own clause."""
    assert said in why(**changes)


def test_lines_that_are_no_objects_are_bad_rows() -> None:
    """JSON lines are counted from one, blank ones too."""
    found = list(read([b"[1]", b"\n", b"{", json.dumps(ROW).encode()], "f"))
    assert [item.line if isinstance(item, BadRow) else 0 for item in found] == [1, 3, 0]


def test_texts_that_cannot_be_stored_are_bad_when_they_are_to_be_kept() -> None:
    """Half a surrogate pair harms only who keeps the text."""
    assert isinstance(one({**ROW, "prompt": "\ud800"}), Outcome)
    assert isinstance(one({**ROW, "prompt": "\ud800"}, keep_text=True), BadRow)
    assert isinstance(one({**ROW, "prompt": 5}, keep_text=True), Outcome)


def test_missing_columns_are_named_with_what_may_be_meant() -> None:
    """The sentence says what lacks, what there is, and what to rename."""
    check_columns([*REQUIRED, "extra"])
    with pytest.raises(DataError) as raised:
        check_columns(["promptid", "task_type", "model", "scores"])
    assert str(raised.value) == (
        "outcome table lacks 'prompt_id', 'score' "
        "(columns found: 'promptid', 'task_type', 'model', 'scores'): "
        "rename 'promptid' to 'prompt_id', rename 'scores' to 'score'"
    )
    with pytest.raises(
        DataError, match=r"found: none.*an outcome table has prompt_id, task_type, model, score"
    ):
        check_columns([])


VALUE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.decimals()
    | st.binary(max_size=4) | st.lists(st.integers(), max_size=2)
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(REQUIRED + OPTIONAL), VALUE, max_size=6), st.booleans())
def test_any_values_give_outcomes_or_bad_rows(changes: dict[str, Any], keep: bool) -> None:
    """No value of any column raises."""
    assert isinstance(one({**ROW, **changes}, keep_text=keep), Outcome | BadRow)


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_give_outcomes_or_bad_rows(rows: list[bytes]) -> None:
    """No bytes raise."""
    assert all(isinstance(found, Outcome | BadRow) for found in read(rows, "f"))


@pytest.mark.parametrize(
    ("value", "look"), [(3, 3), (0, 0), (5, 5), (6, 0), (-1, 0), ("2", 0), (None, 0), (2.0, 0)]
)
def test_a_look_that_is_none_loses_no_row(value: object, look: int) -> None:
    """Only the lake says at which look a row came in; anything else stands for none."""
    row = {"prompt_id": "p", "task_type": "t", "model": "m", "score": 1.0, "look": value}
    (found,) = read([row], "x")
    assert isinstance(found, Outcome)
    assert found.look == look


@pytest.mark.parametrize(
    ("cells", "latency_ms"),
    [
        ({"latency_ms": 812.5}, 812.5),
        ({"latency_s": "1.5"}, 1500.0),
        ({"latency_ms": 5, "latency_s": 1}, 5.0),
        ({"latency_ms": None, "latency_s": Decimal(2)}, 2000.0),
        ({}, None),
        ({"latency_ms": -1}, None),
        ({"latency_ms": True}, None),
        ({"latency_ms": "soon"}, None),
        ({"latency_ms": [1]}, None),
        ({"latency_ms": math.nan}, None),
        ({"latency_ms": math.inf}, None),
        ({"latency_s": 10**400}, None),
    ],
)
def test_a_latency_that_is_none_loses_no_row(cells: dict[str, object], latency_ms: float | None) -> None:
    """Milliseconds or seconds; what is no time is as if it were not there."""
    row = {"prompt_id": "p", "task_type": "t", "model": "m", "score": 1.0, **cells}
    (found,) = read([row], "table")
    assert isinstance(found, Outcome)
    assert found.latency_ms == latency_ms
