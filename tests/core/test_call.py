"""Call, task, attempt and outcome: what they refuse, and which copy of a call is kept."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.attempt import Attempt, Graded
from modelmix.core.call import UNTYPED, BadRow, Call
from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.core.task import Features, Task
from modelmix.core.usage import Usage

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HAIKU = Candidate("claude-haiku-5-5")


def call(**fields: Any) -> Call:  # noqa: ANN401 - any field of the row
    """Return a call with these fields."""
    named = {"call_id": "c", "at": AT, "source": "messages", "model_requested": "m", "model_served": "m"}
    return Call(**{**named, **fields})


COPIES = st.builds(
    lambda sub, out: call(is_subagent=sub, usage=Usage(output_tokens=out)), st.booleans(), st.integers(0, 4)
)


def test_a_call_without_a_time_zone_is_refused() -> None:
    """A day in UTC could not be told from it."""
    with pytest.raises(ValueError, match="call 'c': its instant 2026-11-23T00:00:00 has no time zone"):
        call(at=datetime(2026, 11, 23))  # noqa: DTZ001 - the point


def test_a_bare_call_claims_nothing() -> None:
    """Defaults are the absence of a statement: untyped, no tokens, no price of its own."""
    bare = call()
    assert (bare.task_type, bare.usage, bare.reported_usd, bare.status) == (UNTYPED, Usage(), None, 200)


def test_the_main_chain_wins_then_the_larger_output() -> None:
    """A sub-agent's replay of a call never replaces it; a longer copy of the same chain does."""
    main, replay = call(usage=Usage(output_tokens=1)), call(is_subagent=True, usage=Usage(output_tokens=9))
    assert main.supersedes(replay)
    assert not replay.supersedes(main)
    longer = call(usage=Usage(output_tokens=2))
    assert longer.supersedes(main)
    assert not main.supersedes(longer)
    assert not main.supersedes(main)


@given(st.lists(COPIES, min_size=1, max_size=6), st.randoms())
def test_the_copy_that_is_kept_does_not_depend_on_the_order(copies: list[Call], chance: Any) -> None:  # noqa: ANN401 - its own
    """Whatever order the copies are read in, the kept one has the same tokens and chain."""

    def kept(rows: list[Call]) -> tuple[bool, int]:
        best = rows[0]
        for row in rows[1:]:
            best = row if row.supersedes(best) else best
        return best.is_subagent, best.usage.output_tokens

    shuffled = list(copies)
    chance.shuffle(shuffled)
    assert kept(shuffled) == kept(copies)


@pytest.mark.parametrize("score", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_score_lies_between_zero_and_one(score: float) -> None:
    """For graded attempts and for rows of an outcome table."""
    with pytest.raises(ValueError, match="a score lies between 0 and 1"):
        Graded(Attempt(HAIKU), score)
    with pytest.raises(ValueError, match="a score lies between 0 and 1"):
        Outcome(prompt_id="p", task_type="t", candidate=HAIKU, score=score)


def test_the_ends_of_the_scale_are_scores() -> None:
    """Zero and one both."""
    for score in (0.0, 1.0):
        assert Graded(Attempt(HAIKU), score).score == score


def test_an_outcome_needs_a_prompt_and_its_unit_is_the_cluster() -> None:
    """Rows are paired by prompt; rows of one cluster count once, and without one the prompt is the unit."""
    with pytest.raises(ValueError, match="prompt_id is empty"):
        Outcome(prompt_id="", task_type="t", candidate=HAIKU, score=1)
    assert Outcome(prompt_id="p", task_type="t", candidate=HAIKU, score=1).unit == "p"
    assert Outcome(prompt_id="p", task_type="t", candidate=HAIKU, score=1, cluster_id="doc").unit == "doc"


def test_features_hold_no_text_and_a_task_its_calls_in_order() -> None:
    """The nouns are plain values: equal when their fields are."""
    features = Features(requested=HAIKU)
    assert Task("t", "triage", features, (call(), call(call_id="d"))).calls[1].call_id == "d"
    assert Features(requested=HAIKU) == features
    assert BadRow("a.jsonl", 3, "not JSON") == BadRow("a.jsonl", 3, "not JSON")
