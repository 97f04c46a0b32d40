"""Examples: the worst prompts, and both answers to them."""

from dataclasses import replace

import numpy as np

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.report.examples import LONGEST_TEXT, Examples, Text, Wanted, worst

BASE, CHEAP = Candidate("base"), Candidate("cheap")


def evidence() -> TypeEvidence:
    """Six prompts: the candidate loses on five of them, by more or less."""
    score = np.array([[1, 1], [1, 0], [1, 0.5], [1, 0], [1, 0], [1, 0.5]], dtype=np.float64)
    slices = {
        "longest tenth": np.array([0, 0, 0, 0, 1, 1], dtype=np.bool_),
        "field absent": np.array([0, 0, 1, 0, 0, 1], dtype=np.bool_),
    }
    return TypeEvidence("t", (BASE, CHEAP), tuple("abcdef"), score, np.zeros((6, 2)), slices)


def test_named_slices_come_first() -> None:
    """Then the computed slice, then the rest; in each the larger loss, then the name."""
    found = worst("entry", evidence(), CHEAP, BASE, 9)
    assert [(w.prompt_id, w.slice_name) for w in found] == [
        ("c", "field absent"),
        ("f", "field absent"),
        ("e", "longest tenth"),
        ("b", ""),
        ("d", ""),
    ]
    assert len(worst("entry", evidence(), CHEAP, BASE, 2)) == 2
    assert worst("entry", evidence(), Candidate("x"), BASE, 2) == []
    assert worst("entry", evidence(), CHEAP, Candidate("x"), 2) == []


def outcome(prompt_id: str, candidate: Candidate, score: float, response: str, prompt: str = "P") -> Outcome:
    """Build an answer."""
    return Outcome(
        prompt_id=prompt_id,
        task_type="t",
        candidate=candidate,
        score=score,
        prompt=prompt,
        response=response,
        expected="E" if prompt else "",
        grader="g@1",
        why="wrong",
    )


def test_the_best_of_the_baseline_meets_the_worst_of_the_candidate() -> None:
    """Of several answers the pair that differs most is shown; what lacks a side or its text is not."""
    examples = Examples([Wanted("entry", "t", name, "", CHEAP, BASE) for name in "ab"])
    for one in (
        outcome("a", BASE, 0.5, "fair"),
        outcome("a", BASE, 1.0, "right"),
        outcome("a", BASE, 0.2, "poor"),
        outcome("a", CHEAP, 0.5, "half"),
        outcome("a", CHEAP, 0.0, "wrong"),
        outcome("a", CHEAP, 0.5, "half"),
        outcome("b", CHEAP, 0.0, "wrong"),
        outcome("b", BASE, 1.0, "", prompt=""),
        outcome("c", BASE, 1.0, "not asked for"),
    ):
        examples.offer(one)
    (found,) = examples.of("entry", CHEAP, 9)
    assert (found.prompt_id, found.task_type) == ("a", "entry")
    assert (found.baseline_answer.shown, found.candidate_answer.shown) == ("right", "wrong")
    assert (found.why, found.grader, found.expected) == ("wrong", "g@1", Text("E", 0))


def test_the_text_of_either_side_serves() -> None:
    """The prompt is the same for both; where one row lacks it, the other's is shown."""
    examples = Examples([Wanted("entry", "t", "a", "", CHEAP, BASE)])
    examples.offer(outcome("a", BASE, 1.0, "right"))
    examples.offer(replace(outcome("a", CHEAP, 0.0, "wrong"), prompt="", expected=""))
    assert [(e.prompt.shown, e.expected.shown) for e in examples.of("entry", CHEAP, 9)] == [("P", "E")]


def test_two_candidates_may_want_the_same_prompt() -> None:
    """The baseline's answer goes to both, and each has its own; no more are returned than asked for."""
    dear = Candidate("dear")
    wanted = [Wanted("entry", "t", name, "", who, BASE) for who in (CHEAP, dear) for name in "ab"]
    examples = Examples(wanted)
    for name in "ab":
        examples.offer(outcome(name, BASE, 1.0, "right"))
        examples.offer(outcome(name, CHEAP, 0.0, "wrong"))
        examples.offer(outcome(name, dear, 0.5, "half"))
    found = [*examples.of("entry", CHEAP, 9), *examples.of("entry", dear, 1)]
    assert [(e.prompt_id, e.baseline_answer.shown, e.candidate_answer.shown) for e in found] == [
        ("a", "right", "wrong"),
        ("b", "right", "wrong"),
        ("a", "right", "half"),
    ]
    assert examples.of("other", CHEAP, 9) == ()


def test_texts_are_cut_and_say_so() -> None:
    """A monster is shown as far as anyone would read it."""
    assert Text.of("x" * (LONGEST_TEXT + 7)) == Text("x" * LONGEST_TEXT, 7)
