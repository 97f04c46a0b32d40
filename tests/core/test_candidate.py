"""Candidate: model and effort, as text and back."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core import candidate as module
from modelmix.core.candidate import Candidate, Effort, plain_model_id

MODELS = st.from_regex(r"claude-[a-z]{1,8}-[0-9](-[0-9])?", fullmatch=True)


@given(MODELS, st.sampled_from([None, *Effort]))
def test_a_candidate_survives_the_way_through_text(model: str, effort: Effort | None) -> None:
    """parse(str(c)) is c."""
    candidate = Candidate(model, effort)
    assert Candidate.parse(str(candidate)) == candidate
    assert Candidate.parse(f"  {candidate} ") == candidate


@given(MODELS, st.sampled_from(["[1m]", "[200k]", ""]))
def test_the_context_suffix_is_stripped(model: str, suffix: str) -> None:
    """From the plain ID and when parsing; other brackets stay."""
    assert plain_model_id(f" {model}{suffix} ") == model
    assert Candidate.parse(f"{model}{suffix}@max") == Candidate(model, Effort.MAX)
    assert plain_model_id(f"{model}[1M]") == f"{model}[1M]"


def test_efforts_come_lowest_first_and_are_their_own_text() -> None:
    """The five levels of the API."""
    assert [str(level) for level in Effort] == ["low", "medium", "high", "xhigh", "max"]


@pytest.mark.parametrize("text", ["", "  ", "@low", "[1m]"])
def test_a_candidate_needs_a_model(text: str) -> None:
    """The error quotes the text and shows the form."""
    with pytest.raises(ValueError, match="names no model; write MODEL or MODEL@EFFORT"):
        Candidate.parse(text)


@pytest.mark.parametrize("level", ["", "huge", "LOW", "low@low"])
def test_an_unknown_effort_is_refused_with_the_known_ones(level: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="is not an effort; write one of low, medium, high, xhigh, max"):
        Candidate.parse(f"claude-haiku-5-5@{level}")


@given(st.text())
def test_parsing_any_text_gives_a_candidate_or_an_error_of_value(text: str) -> None:
    """Nothing else."""
    try:
        candidate = Candidate.parse(text)
    except ValueError:
        return
    assert candidate.model


def test_the_examples_in_the_docstrings_hold() -> None:
    """They are run."""
    assert doctest.testmod(module).failed == 0
