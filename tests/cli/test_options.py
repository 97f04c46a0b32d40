"""Options that several commands share."""

from datetime import UTC, datetime

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from modelmix.cli.options import day_of, instant_of, priced_as, span_of, stand_ins_of
from modelmix.settings import load


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-10", datetime(2026, 11, 10, tzinfo=UTC)),
        ("2026-11-10T12:30", datetime(2026, 11, 10, 12, 30, tzinfo=UTC)),
        ("2026-11-10T12:30+02:00", datetime(2026, 11, 10, 10, 30, tzinfo=UTC)),
        ("2026-11-10T12:30Z", datetime(2026, 11, 10, 12, 30, tzinfo=UTC)),
    ],
)
def test_instants_are_utc(text: str, at: datetime) -> None:
    """A day is its first instant, and what names no zone is UTC."""
    assert at == instant_of(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text leads to another error than one of usage."""
    for read in (instant_of, day_of, lambda pair: stand_ins_of([pair])):
        try:
            read(text)
        except typer.BadParameter:
            continue


def test_instants_beyond_the_calendar_are_refused() -> None:
    """An instant that UTC cannot hold is an error of usage."""
    with pytest.raises(typer.BadParameter):
        instant_of("0001-01-01T00:00+10:00")


def test_a_span_begins_before_it_ends() -> None:
    """A span may lack an end or both; one that ends before it begins would silently hold nothing."""
    assert span_of(None, None) == (None, None)
    since, until = span_of("2026-11-10", "2026-11-11")
    assert since is not None
    assert until is not None
    assert (until - since).days == 1
    with pytest.raises(typer.BadParameter, match="'2026-11-10' is not after --since '2026-11-10'"):
        span_of("2026-11-10", "2026-11-10")


def test_stand_ins_are_pairs() -> None:
    """Pairs are read; a half, or two answers for one model, is refused."""
    assert stand_ins_of(["a=b", " c = d ", "a=b"]) == {"a": "b", "c": "d"}
    for wrong in (["a"], ["=b"], ["a="], ["a=b", "a=c"]):
        with pytest.raises(typer.BadParameter):
            stand_ins_of(wrong)


def test_a_book_without_stand_ins_is_the_book() -> None:
    """Nothing is changed where nothing is asked for."""
    book = load().price_book()
    assert priced_as(book, []) is book
    assert priced_as(book, ["old=claude-opus-5-5"]).resolve("old") == "claude-opus-5-5"
