"""Known answers are read from any table, each with the prompt that it belongs to."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.errors import DataError
from modelmix.ingest.expected import ANSWERS, IDS, Expected, check_columns, read, text_of
from modelmix.ingest.row import Unreadable
from wire.replies import values, written


def one(row: bytes | dict[str, Any]) -> Expected | BadRow:
    """Read one row."""
    [found] = read([row], "t.csv")
    return found


def why(row: dict[str, Any]) -> str:
    """Read a row that must be bad."""
    found = one(row)
    assert isinstance(found, BadRow), found
    assert (found.source, found.line) == ("t.csv", 1)
    return found.why


@pytest.mark.parametrize("key", IDS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_any_of_the_names_of_a_column_will_do(key: str, answer: str) -> None:
    """A table of labels, of gold answers, of ground truth."""
    assert one({key: " c-1 ", answer: "yes", "slice": " long "}) == Expected("c-1", "yes", "long")


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("yes", "yes"), (7, "7"), (0, "0"), (False, "false"), (Decimal("0.70"), "0.70"),
        ({"b": Decimal("0.70"), "a": None}, '{"b":0.70,"a":null}'), ([1, "x"], '[1,"x"]'),
        (date(2026, 10, 1), "2026-10-01"), ('"quoted"', '"quoted"'), (" kept ", " kept "),
    ],
)  # fmt: skip
def test_an_answer_is_text_as_a_model_would_write_it(answer: object, text: str) -> None:
    """Objects in their own order of keys, numbers to the last digit, days without quotes."""
    assert one({"id": 1, "expected": answer}) == Expected("1", text)


@pytest.mark.parametrize("empty", [None, "", "  ", float("nan")])
def test_an_empty_cell_is_not_filled(empty: object) -> None:
    """The next column counts, and a row without any answer is told, since its loss would not be seen."""
    row = {"prompt_id": empty, "call_id": "c", "expected": empty, "label": "spam"}
    assert one(row) == Expected("c", "spam")
    assert why({"id": "p", "expected": empty}).startswith("it has no answer (expected, ")
    assert why({"id": empty, "expected": "x"}).startswith("it names no prompt (prompt_id, ")


@pytest.mark.parametrize("key", [True, 1.5, [], "x" * 513, 10**50, "\ud800"])
def test_what_is_no_identity_names_no_prompt(key: object) -> None:
    """Truths, fractions, lists, and texts that no log could hold."""
    assert why({"id": key, "expected": "x"}).startswith("it names no prompt")


@pytest.mark.parametrize("answer", ["\ud800", ["\ud800"], object()])
def test_what_no_text_can_hold_is_no_answer(answer: object) -> None:
    """The reason quotes nothing of it."""
    assert why({"id": "p", "expected": answer}) == "the known answer is no text and no JSON"
    with pytest.raises(Unreadable):
        text_of(answer)


def test_a_table_without_the_columns_is_refused() -> None:
    """The sentence names what was found and what to add."""
    check_columns(["call_id", "x", "gold"])
    with pytest.raises(DataError, match=r"names no prompts \(columns found: 'gold'\); add .* 'prompt_id'"):
        check_columns(["gold"])
    with pytest.raises(DataError, match=r"names no prompts \(columns found: none\)"):
        check_columns([])
    with pytest.raises(DataError, match=r"names no answers \(columns found: 'id'\); add a column 'expected'"):
        check_columns(["id"])


@given(st.dictionaries(st.sampled_from([*IDS, *ANSWERS, "slice"]), values | st.floats()))
def test_any_row_gives_an_answer_or_a_reason(row: dict[str, Any]) -> None:
    """Whatever its cells hold; what is read can be stored."""
    found = one(row)
    if isinstance(found, Expected):
        assert found.key
        assert json.dumps([found.key, found.answer, found.slice_name]).encode()


@given(st.lists(st.binary(max_size=40) | values.map(written), max_size=5))
def test_any_bytes_give_answers_or_reasons(rows: list[bytes]) -> None:
    """Nothing raises, and no row is lost."""
    full = [row for row in rows if row and not row.isspace()]
    assert len(full) == len(list(read(rows, "f")))


SHOWN = {"prompt_id": "p", "a": "yes", "b": "no", "c": ""}


@pytest.mark.parametrize(
    ("word", "answer"),
    [("a", "yes"), (" B ", "no"), ("none", None), (" None", None), ("maybe", "maybe"), ("7", "7"), (7, "7")],
)
def test_a_reviewer_names_the_answer_that_is_right(word: object, answer: str | None) -> None:
    """By its letter, in words of their own, or that none of them is; the slice goes with it."""
    assert one({**SHOWN, "answer": word, "slice": "long"}) == Expected("p", answer, "long")


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_what_a_reviewer_has_not_answered_yet_is_passed_over(empty: object) -> None:
    """It is no fault of the file."""
    assert list(read([{**SHOWN, "answer": empty}], "review.csv")) == []
    assert list(read([{**SHOWN, "prompt_id": "", "answer": empty}], "review.csv")) != []


def test_a_letter_is_an_answer_where_none_are_shown() -> None:
    """A label may be a single letter."""
    assert one({"prompt_id": "p", "label": "b", "b": "no"}) == Expected("p", "b")
    assert one({"prompt_id": "p", "label": "none"}) == Expected("p", "none")
