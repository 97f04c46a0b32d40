"""A session: every word is in the ledger before the next pair shows; it goes on where it stopped."""

from pathlib import Path

import pytest

from modelmix.pipeline.label.session import Session, Word
from modelmix.store.label_book import LabelBook
from pipeline.label.homes import NOW, found, make, session, word


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose answers have their text."""
    return make(tmp_path / "home", 60)


@pytest.mark.parametrize(
    ("said", "grades"),
    [(Word.LEFT, (1, 0)), (Word.RIGHT, (0, 1)), (Word.BOTH, (1, 1)), (Word.NEITHER, (0, 0))],
)
def test_a_word_grades_both_answers(home: Path, said: Word, grades: tuple[int, int]) -> None:
    """Left and right become candidate and baseline again, whichever stood where."""
    with LabelBook.open(home) as book:
        going = session(home, book)
        for _ in range(6):
            one = going.following()
            assert one is not None
            assert going.say(one.drawn.pair_id, said, 3.5)
            label = book.labels()[-1]
            left = label.score if going.sides(one)[0] == one.answer else label.baseline_score
            right = label.baseline_score if going.sides(one)[0] == one.answer else label.score
            assert (left, right) == grades
            assert (label.who, label.seconds, label.prompt_id) == ("anna", 3.5, one.drawn.prompt_id)
            assert (label.stratum, label.drawn_by) == (one.drawn.stratum, one.drawn.answer.grader)


def test_it_goes_on_where_it_stopped(home: Path) -> None:
    """What was said, and what was passed over, is not asked again; another person begins at the beginning."""
    with LabelBook.open(home) as book:
        going = session(home, book)
        for said in (Word.BOTH, Word.SKIP, Word.LEFT):
            one = going.following()
            assert one is not None
            going.say(one.drawn.pair_id, said, None)
        before = going.following()
        assert (going.done, going.skipped, going.seconds) == (3, 1, ())
    with LabelBook.open(home) as book:
        again = session(home, book)
        assert (again.done, again.skipped, again.following()) == (3, 1, before)
        assert session(home, book, who="ben").done == 0


def test_the_last_word_can_be_taken_back(home: Path) -> None:
    """One after the other, in the ledger too; a word said twice stands once."""
    with LabelBook.open(home) as book:
        going = session(home, book)
        first = going.following()
        assert first is not None
        going.say(first.drawn.pair_id, Word.BOTH, 1.0)
        second = going.following()
        assert second is not None
        going.say(second.drawn.pair_id, Word.BOTH, 1.0)
        going.say(first.drawn.pair_id, Word.NEITHER, 1.0)
        assert (len(book.labels()), going.done) == (2, 2)
        assert going.undo()
        assert going.following() == first
        assert [label.prompt_id for label in book.labels()] == [second.drawn.prompt_id]
        assert going.undo()
        assert not going.undo()
        assert book.labels() == ()


def test_a_pair_that_is_not_in_the_sample_is_refused(home: Path) -> None:
    """Nothing is kept of it."""
    with LabelBook.open(home) as book:
        assert not session(home, book).say("0" * 16, Word.BOTH, 1.0)
        assert book.labels() == ()


@pytest.mark.parametrize("seconds", [-1.0, 901.0, float("nan")])
def test_a_break_is_no_work(home: Path, seconds: float) -> None:
    """Times that nobody spends on a pair are not measured."""
    with LabelBook.open(home) as book:
        going = session(home, book)
        one = going.following()
        assert one is not None
        going.say(one.drawn.pair_id, Word.BOTH, seconds)
        assert book.labels()[0].seconds is None


def test_all_is_done_in_the_end(home: Path) -> None:
    """A sample has an end."""
    with LabelBook.open(home) as book:
        there = found(home, 5)
        going = Session(there.shown(there.sample()), book, "anna", lambda: NOW)
        while (one := going.following()) is not None:
            going.say(one.drawn.pair_id, word(going, one), 2.0)
        assert (going.done, going.size) == (5, 5)
