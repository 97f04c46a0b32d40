"""Specs of judges: written in the words of --grader, read back as the same judge, refused in one sentence."""

import pytest

from modelmix.core.candidate import Candidate
from modelmix.core.reply import Reply
from modelmix.evaluate.evidence import whole
from modelmix.evaluate.graders.grade import Reference, Ungradable
from modelmix.evaluate.graders.judged import NOT_JUDGED, Judged
from modelmix.evaluate.graders.spec import parse
from modelmix.evaluate.judges.judge import Way
from modelmix.evaluate.judges.rubric import Rubric

JUDGE = Candidate.parse("claude-opus-5-5@low")


@pytest.mark.parametrize("way", list(Way))
def test_a_spec_gives_the_same_judge_again(way: Way) -> None:
    """As a user writes it and as it writes itself, with a model and without, for one type and for all."""
    plain, named = parse(f"judge:{way}").grader, parse(f"a=b=judge:{way},model=claude-opus-5-5,effort=low")
    assert (Judged(way), "a=b", Judged(way, JUDGE)) == (plain, named.task_type, named.grader)
    for one in (plain, named.grader):
        assert one == parse(one.spec).grader
    assert plain.spec == named.grader.name
    assert not plain.bounds_loss


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("judge:rubric,effort=low", "names an effort without a model"),
        ("judge:rubric,model=claude-opus-5-5,effort=huge", "cannot be"),
        ("judge-rubric@1:model=claude-opus-5-5,rubric=0123", "give the rubric's text by --rubric"),
        ("judge:vibes", "no known kind"),
        ("judge:rubric,colour=red", "has no option 'colour'"),
        ("judge-rubric@9", "another version"),
    ],
)
def test_a_spec_that_cannot_be_is_refused_in_one_sentence(text: str, said: str) -> None:
    """It says what is wrong with it."""
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_a_judge_is_named_later_and_says_nothing_before() -> None:
    """A model and a rubric are filled in; a model that was named stays; no rule can grade."""
    rubric = Rubric.of("be brief")
    judged = Judged(Way.RUBRIC)
    with pytest.raises(ValueError, match="no model is named"):
        _ = judged.judge
    assert Judged(Way.RUBRIC, JUDGE, rubric) == judged.by(JUDGE, rubric)
    assert Judged(Way.RUBRIC, JUDGE) == Judged(Way.RUBRIC, JUDGE).by(Candidate("claude-haiku-5-5"))
    assert judged.by(JUDGE, rubric).spec != judged.by(JUDGE).spec
    assert Ungradable(NOT_JUDGED) == judged.grade(Reply("x", (), "end_turn"), Reference("x"))


def test_a_comparison_counts_as_one_answer() -> None:
    """A win is one gain and a defeat one loss; other grades stay as they are."""
    spec = Judged(Way.PAIRWISE, JUDGE).spec
    tie = whole(0.5, spec)
    assert (whole(1.0, spec) - tie, whole(0.0, spec) - tie, tie) == (1.0, -1.0, 0.5)
    assert whole(0.25, "judge-points@1") == 0.25
