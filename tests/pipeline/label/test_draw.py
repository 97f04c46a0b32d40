"""Drawing: a random part of each stratum, whenever people stop; blind; and nothing that needs no label."""

from collections import Counter
from pathlib import Path

import pytest

from modelmix.core.candidate import Candidate
from modelmix.core.label import ALIKE, DIFFER
from modelmix.errors import ConfigError, DataError, EvidenceError
from modelmix.pipeline.label.draw import draw, is_turned
from modelmix.pipeline.label.material import Asked, material
from modelmix.pipeline.label.population import outcomes_of, population
from pipeline.label.homes import CAPABILITIES, HAIKU, OPUS, found, make, outcomes

PEOPLE = population(outcomes())
BASELINES = {"reply": OPUS, "lookup": OPUS}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose answers have their text."""
    return make(tmp_path_factory.mktemp("home"))


def test_pairs_of_one_text_are_not_shown() -> None:
    """Nothing can lie between two answers of the same text; all others can be drawn."""
    sample = draw(PEOPLE, BASELINES, 10_000)
    assert sample.same == 50 + 180
    assert len(sample.pairs) == 150 + 20
    assert all(pair.answer.sha256 != pair.baseline_answer.sha256 for pair in sample.pairs)


def test_a_judge_is_checked_where_it_sees_nothing_too() -> None:
    """Of a judged type half of the first labels are pairs that the judge grades alike."""
    sample = draw({"reply": PEOPLE["reply"]}, BASELINES, 10)
    assert Counter(pair.stratum for pair in sample.pairs) == {DIFFER: 5, ALIKE: 5}
    by_type = Counter(pair.task_type for pair in draw(PEOPLE, BASELINES, 30).pairs)
    assert by_type == {"lookup": 15, "reply": 15}


def test_a_larger_sample_goes_on_where_a_smaller_one_ended() -> None:
    """The first pairs of each stratum are the same whatever the size, and others by another seed."""
    small, large = (draw({"reply": PEOPLE["reply"]}, BASELINES, n) for n in (20, 60))
    for stratum in (DIFFER, ALIKE):
        few = [pair.prompt_id for pair in small.pairs if pair.stratum == stratum]
        more = [pair.prompt_id for pair in large.pairs if pair.stratum == stratum]
        assert more[: len(few)] == few
    other = draw({"reply": PEOPLE["reply"]}, BASELINES, 20, seed=1)
    assert {pair.prompt_id for pair in other.pairs} != {pair.prompt_id for pair in small.pairs}


def test_each_pair_is_drawn_as_often_as_any_other_of_its_stratum() -> None:
    """Over many seeds no pair of a stratum comes more often than chance allows."""
    seen: Counter[str] = Counter()
    for seed in range(400):
        sample = draw({"reply": PEOPLE["reply"]}, BASELINES, 30, seed)
        seen.update(pair.prompt_id for pair in sample.pairs if pair.stratum == ALIKE)
    often = sorted(seen.values())
    share = sum(often) / len(often) / 400
    assert often[-1] < 400 * share + 5 * (400 * share * (1 - share)) ** 0.5
    assert often[0] > 400 * share - 5 * (400 * share * (1 - share)) ** 0.5


def test_the_side_tells_nothing() -> None:
    """Candidates stand on the left about half of the time, and for another person otherwise."""
    pairs = draw(PEOPLE, BASELINES, 170).pairs
    turned = [is_turned(pair, "anna") for pair in pairs]
    assert 60 < sum(turned) < 110
    assert turned != [is_turned(pair, "ben") for pair in pairs]


def test_only_what_is_asked_for_is_drawn(home: Path) -> None:
    """A type, a candidate, a replay: what is not there is named, with what is."""
    sample = found(home, 200, task_types=("lookup",)).sample()
    assert {pair.task_type for pair in sample.pairs} == {"lookup"}
    assert draw(PEOPLE, BASELINES, 10, candidates=[Candidate("other")]).pairs == ()
    with pytest.raises(ConfigError, match="task type 'letters'; there are lookup, reply"):
        found(home, task_types=("letters",))
    with pytest.raises(ConfigError, match="no graded answer of claude-sonnet-5-5"):
        material(Asked(home=home, baseline=OPUS, candidates=(Candidate("claude-sonnet-5-5"),)), CAPABILITIES)
    with pytest.raises(EvidenceError, match="no graded answer of replay 'r-9'"):
        material(Asked(home=home, baseline=OPUS, replay="r-9"), CAPABILITIES)
    assert material(Asked(home=home, baseline=OPUS, replay="one"), CAPABILITIES).imports == ("one",)


def test_texts_stand_beside_what_was_drawn(home: Path) -> None:
    """Each pair gets its own prompt and both answers."""
    there = found(home, 30, task_types=("reply",))
    for one in there.shown(there.sample()):
        number = one.drawn.prompt_id[1:]
        assert one.prompt == f"asked {number}"
        assert HAIKU.model in one.answer
        assert one.baseline_answer.endswith(f"to {number}")


def test_what_cannot_be_labelled_is_said(tmp_path: Path) -> None:
    """No ledger, no outcome, no text, no baseline, nothing that differs: one sentence, with what to do."""
    with pytest.raises(DataError, match="there is no ledger"):
        found(tmp_path / "none")
    with pytest.raises(EvidenceError, match="no graded answer of any replay"):
        found(make(tmp_path / "empty", 0))
    with pytest.raises(EvidenceError, match=r"400 pairs was not kept.*--keep-text"):
        found(make(tmp_path / "bare", keep_text=False)).sample()
    home = make(tmp_path / "same", 1)
    with pytest.raises(EvidenceError, match="1 pair of answers, all of the same text"):
        found(home, task_types=("reply",)).sample()
    with pytest.raises(EvidenceError, match=r"not known for lookup, reply.*--baseline"):
        material(Asked(home=home), CAPABILITIES)
    asked = Asked(home=home, baseline=Candidate("claude-sonnet-5-5"))
    with pytest.raises(EvidenceError, match="no answer of today's model was found for lookup, reply"):
        material(asked, CAPABILITIES).sample()


def test_rows_that_cannot_be_read_are_left_out() -> None:
    """A bad row is no answer."""
    from modelmix.core.call import BadRow

    assert list(outcomes_of([BadRow("lake", 1, "broken")])) == []
