"""Labels made elsewhere are read from any table; what cannot be read is named by its line."""

import csv
import io
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.label import Label
from modelmix.errors import DataError
from modelmix.ingest.labels import COLUMNS, check_columns, read
from wire.replies import values, written

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
SHA = "ab" * 32


def found(row: bytes | dict[str, Any]) -> Label | BadRow | None:
    """Read one row."""
    return next(read([row], "t.csv", who="anna", now=NOW), None)


def label(**fields: Any) -> Label:  # noqa: ANN401 - any cell
    """Read a row that must be good."""
    one = found({"prompt_id": "p-1", "candidate": "claude-haiku-5-5@low", "score": "1", **fields})
    assert isinstance(one, Label), one
    return one


def why(**fields: Any) -> str:  # noqa: ANN401 - any cell
    """Read a row that must be bad."""
    one = found({"prompt_id": "p-1", "candidate": "claude-haiku-5-5@low", "score": "1", **fields})
    assert isinstance(one, BadRow), one
    assert (one.source, one.line) == ("t.csv", 1)
    return one.why


def test_a_row_says_who_finds_what_of_whom() -> None:
    """The least that a row needs, and all that it can say."""
    least = label()
    assert (least.prompt_id, least.candidate, least.score) == (
        "p-1",
        Candidate("claude-haiku-5-5", Effort.LOW),
        1,
    )
    assert (least.who, least.at, least.baseline, least.stratum) == ("anna", NOW, None, "")
    most = label(
        task_type="reply", annotator=7, at="2026-11-20T10:00:00+02:00", baseline="claude-opus-5-5",
        baseline_score="bad", seconds="12.5", stratum="differ", drawn_by="judge-rubric@1", answer_sha256=SHA,
    )  # fmt: skip
    assert most.at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert (most.who, most.task_type, most.baseline_score, most.seconds) == ("7", "reply", 0.0, 12.5)
    assert (most.stratum, most.drawn_by, most.answer_sha256) == ("differ", "judge-rubric@1", SHA)
    assert label(stratum="first half").stratum == ""


@pytest.mark.parametrize(
    ("cell", "score"),
    [
        ("good", 1.0),
        ("Wrong", 0.0),
        (True, 1.0),
        (False, 0.0),
        ("0.5", 0.5),
        (1, 1.0),
        (0.25, 0.25),
        (".5", 0.5),
    ],
)
def test_scores_are_shares_or_words(cell: object, score: float) -> None:
    """People write what they like."""
    assert label(score=cell).score == score
    assert found({"prompt_id": 5, "model": "claude-haiku-5-5", "verdict": cell}) is not None


@pytest.mark.parametrize("cell", ["2", "-0.1", "1_0", "nan", "perhaps", [1], 1.5])
def test_other_scores_are_bad_rows(cell: object) -> None:
    """A score outside 0 to 1 is no score, and nothing is guessed."""
    assert why(score=cell) == "score is neither a share between 0 and 1 nor good or bad"


def test_an_empty_score_is_a_pair_passed_over_or_nothing() -> None:
    """With the pair's baseline it was passed over; alone it says nothing."""
    assert found({"prompt_id": "p", "candidate": "claude-haiku-5-5", "score": ""}) is None
    row = {"prompt_id": "p", "candidate": "claude-haiku-5-5", "score": "", "baseline": "claude-opus-5-5"}
    passed = found(row)
    assert isinstance(passed, Label)
    assert passed.is_skipped


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prompt_id": ""}, "it names no prompt"),
        ({"candidate": None}, "it names no candidate"),
        ({"candidate": "a"}, "replay --expected"),
        ({"candidate": 12.5}, "is no MODEL"),
        ({"candidate": "claude-haiku-5-5@huge"}, "is no MODEL"),
        ({"baseline": "@low"}, "baseline is no MODEL"),
        ({"baseline": "claude-opus-5-5", "baseline_score": "7"}, "baseline_score is neither"),
        ({"answer_sha256": "xyz"}, "answer_sha256 is no SHA-256"),
        ({"seconds": "soon"}, "seconds is not a number"),
        ({"at": "yesterday"}, "at is no instant"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at is no instant"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(fields: dict[str, Any], said: str) -> None:
    """One clause, with the column."""
    assert said in why(**fields)


def test_instants_of_tables_are_taken() -> None:
    """Parquet holds instants as such; without a zone they are UTC."""
    assert label(at=datetime(2026, 11, 20)).at == datetime(2026, 11, 20, tzinfo=UTC)  # noqa: DTZ001 - the point
    east = timezone(timedelta(hours=2))
    assert label(at=datetime(2026, 11, 20, 2, tzinfo=east)).at == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("columns", [["model", "score"], ["prompt_id", "score"], ["prompt_id", "model"], []])
def test_a_column_that_is_missing_is_named(columns: list[str]) -> None:
    """A table without prompts, candidates or scores is refused as a whole, with the columns that it has."""
    with pytest.raises(DataError, match="add a column"):
        check_columns(columns)
    check_columns(["id", "model", "grade"])


def test_what_is_written_reads_back() -> None:
    """A table of our own columns gives the same label again."""
    cells = ["p-1", "reply", "claude-haiku-5-5", "0.0", "anna", NOW.isoformat(), "claude-opus-5-5", "1.0",
             "4.5", "alike", "exact@1", SHA, SHA]  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, cells])
    text.seek(0)
    [one] = read(csv.DictReader(text), "t.csv", who="nobody", now=NOW)
    assert isinstance(one, Label)
    assert (one.who, one.baseline_score, one.baseline_sha256, one.seconds) == ("anna", 1.0, SHA, 4.5)


FIELDS = st.fixed_dictionaries({}, optional={name: values | st.text(max_size=8) for name in COLUMNS})


@given(st.lists(st.binary(max_size=60) | FIELDS | FIELDS.map(written), max_size=4))
def test_no_row_raises(rows: list[Any]) -> None:
    """Whatever a table holds, each row is a label, a bad row, or says nothing."""
    for one in read(rows, "t", who="anna", now=NOW):
        assert isinstance(one, Label | BadRow)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"score": 1.5}, "between 0 and 1"),
        ({"baseline_score": -1}, "between 0 and 1"),
        ({"who": ""}, "person"),
    ],
)
def test_a_label_that_says_nothing_cannot_be_made(fields: dict[str, Any], said: str) -> None:
    """Scores lie in [0, 1], and somebody says them of some prompt."""
    given_fields: dict[str, Any] = {"prompt_id": "p", "who": "anna", "score": 1.0, **fields}
    with pytest.raises(ValueError, match=said):
        Label(task_type="", candidate=Candidate("claude-haiku-5-5"), at=NOW, **given_fields)
