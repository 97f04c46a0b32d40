"""The label book: a person's last word on an answer, kept at once and whole."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.label import Label
from modelmix.store.label_book import LabelBook

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
OPUS, HAIKU = Candidate("claude-opus-5-5"), Candidate("claude-haiku-5-5", Effort.LOW)


def label(**fields: object) -> Label:
    """Make a label."""
    given_fields: dict[str, object] = {
        "prompt_id": "p", "task_type": "reply", "candidate": HAIKU, "score": 1.0, "who": "anna", "at": NOW,
        "baseline": OPUS, "baseline_score": 0.0, "answer_sha256": "a" * 64, "seconds": 2.5,
        "stratum": "differ", "drawn_by": "judge-rubric@1", **fields,
    }  # fmt: skip
    return Label(**given_fields)  # type: ignore[arg-type] # mixed types of a row


def test_labels_come_back_as_they_were(tmp_path: Path) -> None:
    """Each field, absent ones among them, in the order in which they were said."""
    said = [
        label(),
        label(who="ben", at=NOW + timedelta(seconds=1), score=None, baseline_score=None, seconds=None),
        label(prompt_id="q", at=NOW + timedelta(seconds=2), baseline=None, baseline_score=None, stratum=""),
    ]
    with LabelBook.open(tmp_path) as book:
        assert book.put(reversed(said)) == 3
        assert book.put([]) == 0
    with LabelBook.open(tmp_path) as book:
        assert book.labels() == tuple(said)


def test_a_later_word_replaces_an_earlier_one(tmp_path: Path) -> None:
    """One person, one answer, one word; taken back, it is gone."""
    with LabelBook.open(tmp_path) as book:
        book.put([label()])
        later = label(score=0.0, at=NOW + timedelta(hours=1))
        book.put([later])
        assert book.labels() == (later,)
        assert book.take_back(label())
        assert not book.take_back(label())
        assert book.labels() == ()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@given(TEXTS, TEXTS, st.one_of(st.none(), st.floats(0, 1)))
def test_names_are_kept_whatever_they_hold(prompt: str, who: str, score: float | None) -> None:
    """No quote, zero or bracket in a name is anything but a name."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, LabelBook.open(Path(folder)) as book:
        one = label(prompt_id=prompt, who=who, score=score)
        book.put([one, one])
        assert book.labels() == (one,)
