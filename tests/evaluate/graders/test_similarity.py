"""The grader of similarity, and its measures held against slow ones that are plain to read."""

import re
import string
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.alike import common_length, edit_similarity, edits, rouge_l, token_f1
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.similarity import LONGEST_TEXT, METRICS, Similarity

TEXTS = st.text(st.sampled_from("abcd "), max_size=90) | st.text(max_size=20)


def plain_edits(one: str, other: str) -> int:
    """Levenshtein's distance by its table."""
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        above, row = row, [i]
        for j, against in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (char != against)))
    return row[-1]


def plain_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence by its table."""
    row = [0] * (len(other) + 1)
    for char in one:
        above, row = row, [0]
        for j, against in enumerate(other, 1):
            row.append(above[j - 1] + 1 if char == against else max(above[j], row[j - 1]))
    return row[-1]


def squad_f1(one: str, other: str) -> float:
    """F1 step by step as SQuAD's script takes it, for texts with words."""

    def words(text: str) -> list[str]:
        plain = "".join(char for char in text.lower() if char not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", plain).split()

    first, second = words(one), words(other)
    same = sum((Counter(first) & Counter(second)).values())
    if not first or not second:
        return float(first == second)
    if not same:
        return 0.0
    precision, recall = same / len(first), same / len(second)
    return 2 * precision * recall / (precision + recall)


@given(TEXTS, TEXTS)
def test_measures_agree_with_slow_ones(one: str, other: str) -> None:
    """Whole numbers in place of tables change nothing."""
    assert edits(one, other) == plain_edits(one, other)
    assert common_length(one, other) == plain_common(one, other)
    assert token_f1(one, other) == pytest.approx(squad_f1(one, other))


@given(TEXTS, TEXTS, st.sampled_from(sorted(METRICS)))
def test_laws_of_likeness(one: str, other: str, metric: str) -> None:
    """It lies in [0, 1], is the same both ways, and whole between a text and itself."""
    measure = METRICS[metric]
    assert 0.0 <= measure(one, other) <= 1.0
    assert measure(one, other) == measure(other, one)
    assert measure(one, one) == 1.0


def test_known_values() -> None:
    """Lin's own example, kitten and sitting, and scripts without spaces between words."""
    assert rouge_l("police killed the gunman", "the gunman kill police") == 0.5
    assert edit_similarity("kitten", "sitting") == pytest.approx(4 / 7)
    assert edit_similarity("", "") == 1.0
    assert rouge_l("\u041c\u043e\u0441\u043a\u0432\u0430", "\u043c\u043e\u0441\u043a\u0432\u0430") == 1.0
    assert token_f1("the", "a") == 1.0
    assert token_f1("the", "cat") == 0.0


@pytest.mark.parametrize(
    ("grader", "said", "score", "why"),
    [
        (Similarity(), "a cat sat down", 0.8, "not all alike"),
        (Similarity(), "The cat sat.", 1.0, ""),
        (Similarity(least=Decimal("0.8")), "a cat sat down", 1.0, ""),
        (Similarity(least=Decimal("0.81")), "a cat sat down", 0.0, "too little alike"),
        (Similarity("edit"), "x" * (LONGEST_TEXT + 1), 0.0, "too long"),
    ],
)
def test_a_reply_is_as_right_as_it_is_alike(grader: Similarity, said: str, score: float, why: str) -> None:
    """Or right and wrong by a least similarity."""
    found = grader.grade(Reply(said), Reference("The cat sat.", is_known=True))
    assert isinstance(found, Grade)
    assert found.score == pytest.approx(score)
    assert found.why == why
    assert not grader.bounds_loss


def test_references_that_nothing_is_like() -> None:
    """Set aside by the reference alone; a refusal is like nothing."""
    assert Similarity().grade(Reply("x"), Reference(" ")) == Ungradable("no reference")
    long = Reference("x" * (LONGEST_TEXT + 1))
    assert Similarity().grade(Reply("x"), long) == Ungradable("reference is too long")
    refused = Similarity().grade(Reply("x", (), "refusal"), Reference("x"))
    assert refused == Grade(score=0.0, grader="similarity@1", why="refused")


@pytest.mark.parametrize("least", ["-0.1", "1.1"])
def test_what_is_no_similarity_is_refused(least: str) -> None:
    """A threshold lies between 0 and 1, and a measure is one of three."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        Similarity(least=Decimal(least))
    with pytest.raises(ValueError, match="none of token_f1"):
        Similarity("cosine")
