"""What a judge is asked is fixed by its way, its model and its rubric, and by nothing that names a side."""

import json

import pytest

from modelmix import settings
from modelmix.core.candidate import Candidate, Effort
from modelmix.evaluate.judges.independence import partial_to
from modelmix.evaluate.judges.judge import Judge, Way
from modelmix.evaluate.judges.material import task_of
from modelmix.evaluate.judges.rubric import LONGEST_RUBRIC, USUAL, Rubric

OPUS, SONNET, HAIKU = (Candidate(f"claude-{name}-5-5") for name in ("opus", "sonnet", "haiku"))
TASK = task_of({"messages": [{"role": "user", "content": "Summarise it."}]})
POINTS = Rubric.of("Good if:\n- it names the sum\n2. it is in English\n* it is short")


def test_one_answer_alone_is_judged_as_acceptable_or_not() -> None:
    """The request is one of the API, its form a schema; no name of a model is in what it says."""
    judge = Judge(Way.RUBRIC, Candidate("claude-opus-5-5", Effort.LOW))
    body = judge.alone(TASK, "It is about money.")
    assert body.keys() == {"model", "max_tokens", "system", "messages", "output_config"}
    assert body["output_config"]["effort"] == "low"
    schema = body["output_config"]["format"]["schema"]
    assert list(schema["properties"]) == schema["required"] == ["reason", "fault", "acceptable"]
    assert USUAL.text in body["system"]
    shown = body["messages"][0]["content"]
    assert "Summarise it." in shown
    assert "It is about money." in shown
    assert "claude" not in body["system"] + shown
    json.dumps(body)


def test_points_are_asked_one_by_one() -> None:
    """Each point of the rubric has a field of its own."""
    judge = Judge(Way.POINTS, OPUS, POINTS)
    body = judge.alone(TASK, "x", known="The sum is 7.")
    assert list(body["output_config"]["format"]["schema"]["properties"])[2:] == ["p1", "p2", "p3"]
    assert "p2: it is in English" in body["system"]
    assert "answer that is known to be right" in body["messages"][0]["content"]
    assert "effort" not in body["output_config"]
    with pytest.raises(ValueError, match="lists no points"):
        Judge(Way.POINTS, OPUS, Rubric.of("It is good."))


def test_two_answers_are_told_apart_by_their_places_alone() -> None:
    """The other order is the same request with the answers exchanged, marks aside."""
    judge = Judge(Way.PAIRWISE, OPUS)
    one, other = (judge.compared(TASK, *answers) for answers in (("A", "B"), ("B", "A")))
    assert one["system"] == other["system"]
    shown = one["messages"][0]["content"]
    assert shown.index("\nA\n") < shown.index("\nB\n")
    shown = other["messages"][0]["content"]
    assert shown.index("\nB\n") < shown.index("\nA\n")


def test_a_judge_is_not_asked_what_it_does_not_do() -> None:
    """A comparison needs two answers, a verdict one."""
    with pytest.raises(ValueError, match="compares two answers"):
        Judge(Way.PAIRWISE, OPUS).alone(TASK, "x")
    with pytest.raises(ValueError, match="judges one answer alone"):
        Judge(Way.RUBRIC, OPUS).compared(TASK, "x", "y")


def test_a_spec_tells_all_that_a_verdict_depends_on() -> None:
    """Another way, model, effort or rubric is another judge; the same words are the same one."""
    judges = [
        Judge(Way.RUBRIC, OPUS),
        Judge(Way.PAIRWISE, OPUS),
        Judge(Way.RUBRIC, SONNET),
        Judge(Way.RUBRIC, Candidate("claude-opus-5-5", Effort.LOW)),
        Judge(Way.RUBRIC, OPUS, POINTS),
    ]
    assert len({one.spec for one in judges}) == len(judges)
    assert judges[0].name == "judge-rubric@1"
    assert judges[3].spec == f"judge-rubric@1:model=claude-opus-5-5,effort=low,rubric={USUAL.sha256[:12]}"
    assert Rubric.of(f"\n{POINTS.text} \n").sha256 == POINTS.sha256


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \n", "is empty"),
        ("x" * (LONGEST_RUBRIC + 1), "20,001 characters"),
        ("\n".join(f"- point {i}" for i in range(21)), "21 points"),
    ],
)
def test_what_is_no_rubric_is_refused(text: str, said: str) -> None:
    """In one sentence, with the limit."""
    with pytest.raises(ValueError, match=said):
        Rubric.of(text)


@pytest.mark.parametrize(
    ("judge", "candidates", "said"),
    [
        (HAIKU, [HAIKU], "is itself the only candidate"),
        (HAIKU, [HAIKU, SONNET], "is itself a candidate"),
        (OPUS, [HAIKU, SONNET], "is today's model"),
        (Candidate("claude-haiku-4-5"), [HAIKU], "of one tier with a candidate"),
        (SONNET, [HAIKU], ""),
        (Candidate("claude-fable-5-2"), [HAIKU, SONNET, Candidate("claude-new")], ""),
        (Candidate("claude-new"), [HAIKU], ""),
    ],
)
def test_a_judge_that_may_favour_a_side_is_named(
    judge: Candidate, candidates: list[Candidate], said: str
) -> None:
    """Its own answers, today's, or those of its tier."""
    found = partial_to(judge, candidates, OPUS, settings.load().capabilities())
    assert (said in found) if said else not found
