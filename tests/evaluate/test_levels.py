"""Scores of whole tasks and of single answers are never averaged together."""

from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import gather

OPUS, HAIKU = Candidate("opus"), Candidate("haiku")


def outcome(prompt: str, candidate: Candidate, level: Level, score: float = 1.0, slices: str = "") -> Outcome:
    """A graded answer or a run."""
    return Outcome(
        prompt_id=prompt, task_type="t", candidate=candidate, score=score, level=level, slice_name=slices
    )


def pair(prompt: str, level: Level, score: float = 1.0) -> list[Outcome]:
    """The same prompt on both."""
    return [outcome(prompt, OPUS, level), outcome(prompt, HAIKU, level, score)]


def test_whole_tasks_decide_where_there_are_both() -> None:
    """Last turns of the same type, and even of the same prompt, are left out and counted."""
    rows = [*pair("a", Level.TASK, 0.0), *pair("a", Level.TURN), *pair("b", Level.CALL)]
    found = gather((row, None) for row in rows)
    [evidence] = found.types
    assert (evidence.level, evidence.prompts, evidence.score[:, 0].tolist()) == (Level.TASK, ("a",), [0.0])
    assert found.passed_over == {"t": (Level.TURN, 2)}
    assert evidence.take(evidence.score[:, 0] == 0.0).level is Level.TASK


def test_whole_tasks_without_a_pair_decide_nothing() -> None:
    """Where no task was run by two, single answers are compared, and it is said."""
    found = gather((row, None) for row in [outcome("a", OPUS, Level.TASK), *pair("b", Level.TURN)])
    [evidence] = found.types
    assert (evidence.level, evidence.prompts) == (Level.TURN, ("b",))
    assert found.passed_over == {"t": (Level.TASK, 1)}
    alone = gather([(outcome("a", OPUS, Level.TASK), None), (outcome("b", OPUS, Level.CALL), None)])
    assert (alone.types, alone.prompts_unpaired) == ((), 1)


def test_slices_are_those_of_the_level_that_decides() -> None:
    """A slice of last turns is none of whole tasks."""
    rows = [
        *pair("a", Level.TASK), outcome("b", OPUS, Level.TASK, slices="long"),
        outcome("b", HAIKU, Level.TASK), outcome("a", OPUS, Level.CALL, slices="rare"),
    ]  # fmt: skip
    [evidence] = gather((row, None) for row in rows).types
    assert {name: mask.tolist() for name, mask in evidence.slices.items()} == {"long": [False, True]}


LEVELS = st.sampled_from(Level)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([OPUS, HAIKU]), LEVELS), max_size=20))
def test_no_type_mixes_levels(rows: list[tuple[str, Candidate, Level]]) -> None:
    """Whatever comes in, whole tasks score 0 and all else 1 here, and no average lies between."""
    outcomes = [outcome(p, c, level, float(level is not Level.TASK)) for p, c, level in rows]
    for evidence in gather((row, None) for row in outcomes).types:
        expected = 0.0 if evidence.level is Level.TASK else 1.0
        assert {float(x) for x in evidence.score.ravel() if x == x} == {expected}  # noqa: PLR0124 - NaN is absent
