"""The label grader."""

import pytest

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.label import Label

SET = Label(("billing", "access", "not spam", "spam", "C", "C++", "C#"))


@pytest.mark.parametrize(
    ("expected", "said", "why"),
    [
        ("billing", "Billing.", ""),
        ("billing", "“billing”", ""),
        ("billing", "**`billing`**", ""),
        ("how-to", "how to", "other label"),
        ("not  spam", "Not spam!", ""),
        ("C++", "C", "other label"),
        ("<5", ">5", "other label"),
        ("A-", "A", "other label"),
        ("billing", '{"label": "Billing"}', ""),
        ("billing", '```json\n{"label": "billing", "confidence": 0.9}\n```', ""),
        ("billing", '{"label": "billing", "why": "charged twice"}', "other label"),
        ("billing", '["billing"]', ""),
        ("billing", "", "no label"),
        ("billing", "...", "no label"),
        ("billing", "billing" * 5_000, "no label"),
        ("\ud800", "\ud800", ""),
    ],
)
def test_open_labels(expected: str, said: str, why: str) -> None:
    """Without a set the reply is the label, apart from case, quotes and punctuation around it."""
    assert Grade(score=float(not why), grader="label@1", why=why) == Label().grade(
        Reply(said), Reference(expected)
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("billing", ""),
        ("Label: billing", ""),
        ("billing\n\nThe customer was charged twice.", ""),
        ("This is not billing", "no label"),
        ("billing or access", "two labels"),
        ("billing\naccess", "two labels"),
        ("billing\nrather than access", "two labels"),
        ("billing-like", "no label"),
        ("refund", "no label"),
        ("access", "other label"),
        ("not spam", "other label"),
        ("C#", "other label"),
    ],
)
def test_closed_labels(said: str, why: str) -> None:
    """With a set the label may stand on a line or behind a colon, alone of its set; that is the check."""
    grade = SET.grade(Reply(said), Reference("billing"))
    checks_ok = why in {"", "other label"}
    assert Grade(score=float(not why), grader="label@1", checks_ok=checks_ok, why=why) == grade


def test_longer_labels_hide_shorter_ones() -> None:
    """`not spam` does not name `spam` as well."""
    grade = SET.grade(Reply("Verdict: not spam"), Reference("NOT SPAM"))
    assert Grade(score=1.0, grader="label@1", checks_ok=True) == grade


def test_references_of_no_label_are_set_aside() -> None:
    """A reference outside the set, or that names two, can be held against nothing."""
    found = [
        SET.grade(Reply("billing"), Reference(text)) for text in ("refund", "billing or access", "", None)
    ]
    assert [
        Ungradable("reference has no label"),
        Ungradable("reference has two labels"),
        Ungradable("no reference"),
        Ungradable("no reference"),
    ] == found


@pytest.mark.parametrize(
    ("grader", "expected", "said", "slice_name", "why"),
    [
        (Label(), "NO ANSWER", "billing", "no answer", "invented an answer"),
        (Label(), "n/a", "N/A", "no answer", ""),
        (Label(), "billing", "unknown", "", "gave no answer"),
        (Label(no_answer="other"), "Other.", "billing", "no answer", "invented an answer"),
        (Label(no_answer="other"), "none", "billing", "", "other label"),
        (Label(("a", "b"), "NONE"), "none", "a", "no answer", "invented an answer"),
        (Label(("a", "b"), "NONE"), "a", "none", "", "gave no answer"),
    ],
)
def test_no_answer_is_a_slice(grader: Label, expected: str, said: str, slice_name: str, why: str) -> None:
    """Rows without an answer are a slice, by the label that says so or by common words."""
    grade = grader.grade(Reply(said), Reference(expected))
    assert isinstance(grade, Grade)
    assert (slice_name, why) == (grade.slice_name, grade.why)


def test_a_cut_reply_fails_its_check() -> None:
    """A reply that was cut off is wrong even where what there is of it reads like the label."""
    grade = Label().grade(Reply("billing", (), "max_tokens"), Reference("billing"))
    assert Grade(score=0.0, grader="label@1", checks_ok=False, why="cut off: max_tokens") == grade


def test_labels_have_to_differ() -> None:
    """Labels that are the same to the grader, and empty ones, are a programmer's error."""
    with pytest.raises(ValueError, match=r"'a' and 'A\.' are the same"):
        Label(("a", "A."))
    with pytest.raises(ValueError, match="empty without its punctuation"):
        Label(("a", "..."))
