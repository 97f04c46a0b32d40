"""Whole tasks of the evidence: volumes in tasks, who is bigger, and what is said of levels."""

from datetime import date

import numpy as np
import pytest

from modelmix import settings
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.level import LAST_TURNS, Level
from modelmix.economics.outcome_cost import OutcomePricer
from modelmix.economics.solved import Run
from modelmix.errors import ConfigError
from modelmix.evaluate.evidence import Gathered, TypeEvidence
from modelmix.optimize.fit import Scene
from modelmix.pipeline.evidence import Priced
from modelmix.pipeline.routable import check_routable
from modelmix.pipeline.whole import bigger_by, level_notes, passed_over_notes, volumes, whole_of

BOOK, DAY = settings.load().price_book(), date(2026, 11, 25)
OPUS, HAIKU = Candidate("claude-opus-5-5"), Candidate("claude-haiku-5-5")


def evidence(name: str, level: Level = Level.CALL, arm: Candidate = HAIKU) -> TypeEvidence:
    """Evidence of two prompts."""
    return TypeEvidence(name, (OPUS, arm), ("a", "b"), np.ones((2, 2)), np.ones((2, 2)), level=level)


def priced(*runs: Run, name: str = "t") -> Priced:
    """What was priced, with the runs of the baseline."""
    gathered = Gathered((), 0, 0, 0, 0)
    return Priced(gathered, OutcomePricer(BOOK, DAY), (), (), {}, {name: {OPUS: runs}} if runs else {})


def test_calls_of_the_ledger_are_so_many_tasks() -> None:
    """A type of whole tasks has as many as its calls make; types of answers have their calls."""
    types = [evidence("t", Level.TASK), evidence("u")]
    run = Run("a", "a", 1.0, 1.0, 4)
    asked = {"t": 100, "u": 50}
    baselines = {"t": OPUS, "u": OPUS}
    assert volumes(asked, types, baselines, priced(run)) == {"t": 25.0, "u": 50.0}
    assert volumes(asked, types, baselines, priced(Run("a", "a", 1.0, 1.0))) is None
    assert volumes(asked, types, baselines, priced()) is None
    assert volumes({"t": 0, "u": 1}, types, baselines, priced(run)) is None
    assert volumes({}, types, baselines, priced(run)) is None
    assert volumes({"u": 5}, types, {"u": OPUS}, priced()) == {"u": 5.0}


def test_bigger_has_the_higher_list_prices_or_more_effort() -> None:
    """Where the book does not know a model, nothing is called bigger."""
    bigger = bigger_by(BOOK, DAY)
    assert (bigger(OPUS, HAIKU), bigger(HAIKU, OPUS)) == (True, False)
    assert bigger(OPUS, Candidate("nobody")) is None
    low, high = (Candidate("claude-opus-5-5", effort) for effort in (Effort.LOW, Effort.HIGH))
    assert (bigger(high, low), bigger(low, high), bigger(low, OPUS)) == (True, False, None)


def test_the_baseline_is_that_of_the_scene_or_the_one_asked_for() -> None:
    """A type without a scene is held against what was named, or against nothing."""
    one = priced(Run("a", "a", 1.0, 1.0))
    [told] = whole_of(one, {"t": Scene(HAIKU, 1.0, 2.0)}, None, BOOK, DAY)
    assert (told.baseline, told.person_usd) == (HAIKU, 2.0)
    assert whole_of(one, {}, OPUS, BOOK, DAY)[0].baseline == OPUS
    assert whole_of(one, {}, None, BOOK, DAY)[0].baseline is None
    assert whole_of(priced(), {}, OPUS, BOOK, DAY) == ()


def test_a_certificate_says_what_its_scores_are_of() -> None:
    """Answers need no word; whole tasks and last turns are named with their types."""
    assert list(level_notes([evidence("a")])) == []
    types = [evidence(name, Level.TASK) for name in "abcde"] + [evidence("z", Level.TURN)]
    whole, turns = level_notes(types)
    assert whole == "whole tasks: a, b, c and 2 more types"
    assert turns.startswith(f"{LAST_TURNS}: z; how often an agent solves")


def test_what_another_level_says_is_left_out_and_counted() -> None:
    """Each way round it is said which evidence decides."""
    whole, turns, answers = passed_over_notes(
        {"a": (Level.TASK, 1), "b": (Level.TURN, 2), "c": (Level.CALL, 1)}
    )
    assert whole.startswith("a: 1 whole task that only one candidate has run; single answers decide, and say")
    assert turns == "b: whole tasks decide; left out: 2 last turns or calls"
    assert answers == "c: whole tasks decide; left out: 1 single answer"


def test_a_title_is_refused_before_an_attempt_is_spent() -> None:
    """What no request can name, no policy can hold."""
    check_routable([evidence("a")])
    with pytest.raises(ConfigError, match="'GPT-5 mini' is not a model ID"):
        check_routable([evidence("a", arm=Candidate("GPT-5 mini"))])
