"""Labels go out as a table and come in again."""

import io
import stat
from pathlib import Path

import pytest

from modelmix.errors import ConfigError, DataError
from modelmix.pipeline.label.exchange import hand_out, take_in
from modelmix.store.label_book import LabelBook
from pipeline.label.homes import NOW, label_all, make


def test_what_goes_out_comes_in_as_it_was(tmp_path: Path) -> None:
    """A table carried to another home holds the same labels, those passed over among them."""
    home = make(tmp_path / "home", 40)
    label_all(home, 20)
    table = tmp_path / "labels.csv"
    with LabelBook.open(home) as book:
        said = book.labels()
        assert hand_out(table, said, io.StringIO()) == 20
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    taken = take_in(table, tmp_path / "other", who="nobody", now=NOW)
    assert (taken.labels, taken.people, taken.bad_rows) == (20, ("anna",), ())
    with LabelBook.open(tmp_path / "other") as book:
        assert book.labels() == said


def test_rows_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """The others are kept."""
    table = tmp_path / "labels.csv"
    table.write_text(
        "prompt_id,model,grade,rater\np-1,claude-haiku-5-5,good,ben\np-2,claude-haiku-5-5,soso,ben\n", "utf-8"
    )
    taken = take_in(table, tmp_path / "home", who="anna", now=NOW)
    assert (taken.labels, taken.passed_over, taken.people) == (1, 0, ("ben",))
    assert [(bad.line, "neither" in bad.why) for bad in taken.bad_rows] == [(3, True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "does not exist"),
        ("prompt_id,score\np,1\n", "names no candidates"),
        ("prompt_id,model,score\np,,1\n", "holds no label: line 2: it names no candidate"),
        ("", "holds no label"),
    ],
)
def test_a_table_without_a_label_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    """In one sentence, and nothing is kept."""
    table = tmp_path / "labels.csv"
    if text is not None:
        table.write_text(text, "utf-8")
    with pytest.raises(DataError, match=said):
        take_in(table, tmp_path / "home", who="anna", now=NOW)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    """Labels are somebody's work."""
    table = tmp_path / "labels.csv"
    table.write_text("mine", "utf-8")
    with pytest.raises(ConfigError, match="--export"):
        hand_out(table, [], io.StringIO())
    out = io.StringIO()
    assert hand_out(None, [], out) == 0
    assert out.getvalue().startswith("prompt_id,")
