"""A judge put right by labels: the loss is people's, and its bound holds however wrong the judge is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.corrected import ONE_SIDED, Corrected, Floats, Part
from modelmix.evaluate.labelled import PairLabels

NOTHING: Floats = np.empty(0)


def drawn(human: Floats, judge: Floats, rng: np.random.Generator, differ: int, alike: int) -> Corrected:
    """Label a random part of each stratum."""
    parts = []
    for rows, n in ((judge != 0, differ), (judge == 0, alike)):
        found = np.flatnonzero(rows)
        picked = rng.permutation(found)[:n]
        parts.append(Part(judge[found], judge[picked], human[picked]))
    return Corrected(tuple(parts))


def world(
    rng: np.random.Generator, n: int, loss: float, sees: float, invents: float
) -> tuple[Floats, Floats]:
    """Make people's differences, and a judge that sees part of the losses, all gains, and some more."""
    differ = 0.04 + loss
    human = rng.choice([-1.0, 1.0, 0.0], n, p=[(differ + loss) / 2, (differ - loss) / 2, 1 - differ])
    judge = np.where((human < 0) & (rng.random(n) > sees), 0.0, human)
    return human, np.where((human == 0) & (rng.random(n) < invents), 1.0, judge)


@pytest.mark.parametrize(
    ("sees", "invents", "differ", "alike"), [(0.2, 0.03, 40, 160), (0.9, 0.0, 20, 120), (0.0, 0.0, 60, 300)]
)
def test_a_loss_at_the_margin_clears_in_at_most_a_twentieth_of_runs(
    sees: float, invents: float, differ: int, alike: int
) -> None:
    """Whatever the judge overlooks, the corrected test is false as seldom as it says; the judge's is not."""
    rng, margin, runs = np.random.default_rng(7), 0.03, 400
    false = naive = 0
    for _ in range(runs):
        human, judge = world(rng, 500, margin, sees, invents)
        found = drawn(human, judge, rng, differ, alike)
        false += found.worth().p_value(margin) <= 0.05
        everything = np.zeros(judge.size, dtype=np.bool_)
        alone = PairLabels(judge, everything).corrected(judge, [str(i) for i in range(judge.size)])
        naive += alone.worth().p_value(margin) <= 0.05
    assert false <= 0.05 * runs + 3 * np.sqrt(0.05 * 0.95 * runs)
    assert naive > 0.3 * runs or sees == 0.9


def test_labels_of_all_pairs_leave_nothing_of_the_judge() -> None:
    """Where people have labelled everything, the loss is theirs, and the bound that of their pairs."""
    rng = np.random.default_rng(3)
    human, judge = world(rng, 400, 0.02, 0.5, 0.05)
    found = drawn(human, judge, rng, 400, 400)
    assert found.loss == pytest.approx(-float(human.mean()))
    assert (found.n, found.labels) == (400, 400)
    assert found.worth().n == pytest.approx(400, rel=0.1)
    assert found.bias == pytest.approx(found.judge_loss - found.loss)


def test_a_handful_of_labels_that_agree_proves_little() -> None:
    """Twenty labels without a difference leave room for one pair in eight: no variance is taken for none."""
    judge = np.zeros(500)
    found = Corrected((Part(judge, judge[:20], np.zeros(20)),))
    assert found.loss == 0.0
    assert found.bound() == pytest.approx(0.117, abs=0.005)
    assert found.worth().n == pytest.approx(20, rel=0.1)
    assert found.bound(-ONE_SIDED) == pytest.approx(-found.bound())


def test_pairs_of_the_same_text_need_no_label() -> None:
    """Two answers of one text differ by nothing, even where the judge grades them differently."""
    same = Part(np.array([1.0, 0.0, 0.0, 0.0]), NOTHING, NOTHING, is_same=True)
    found = Corrected((same,))
    assert (found.loss, found.bound(), found.discordance) == (0.0, 0.0, 0.0)
    assert found.worth().n == 4
    assert found.judge_loss == -0.25


def test_a_stratum_that_nobody_looked_at_is_not_known() -> None:
    """Without labels the judge's word is what is shown, and nothing at all is proven."""
    found = Corrected((Part(np.array([-1.0, 0.0, 0.0]), NOTHING, NOTHING),))
    assert found.loss == found.judge_loss == pytest.approx(1 / 3)
    assert (found.bound(), found.bound(-ONE_SIDED)) == (1.0, -1.0)
    assert found.worth().n == 0.0
    empty = Part(NOTHING, NOTHING, NOTHING)
    assert (empty.loss, empty.discordance, empty.reach(1.0)) == (0.0, 0.0, 0.0)


def test_a_judge_is_used_as_far_as_it_is_right() -> None:
    """One that agrees with people counts in full; one that says the opposite counts for nothing."""
    rng = np.random.default_rng(5)
    judge = rng.choice([-1.0, -0.5, 0.5, 1.0], 200)
    picked = judge[:60]
    assert Part(judge, picked, picked).weight == 1.0
    assert Part(judge, picked, -picked).weight == 0.0
    assert Part(judge, picked[:5], picked[:5]).weight == 0.0
    right = Part(judge, picked, picked)
    assert right.loss == pytest.approx(-float(judge.mean()))
    assert right.reach(1.6) < Part(judge, picked, rng.permutation(picked)).reach(1.6)


def test_labels_without_a_verdict_are_refused() -> None:
    """Every label is of a pair that the judge has seen."""
    with pytest.raises(ValueError, match="every label needs"):
        Part(np.zeros(3), np.zeros(1), np.zeros(2))
    with pytest.raises(ValueError, match="one of all pairs"):
        Part(np.zeros(1), np.zeros(2), np.zeros(2))


DIFFERENCES = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])


@given(st.lists(st.tuples(DIFFERENCES, DIFFERENCES, st.booleans()), min_size=1, max_size=40))
def test_the_loss_lies_within_its_bounds(rows: list[tuple[float, float, bool]]) -> None:
    """Whatever is labelled, bounds and loss stand in order, and no sample is worth more than all pairs."""
    judge = np.array([one for one, _, _ in rows])
    human = np.array([two if is_labelled else np.nan for _, two, is_labelled in rows])
    same = np.zeros(len(rows), dtype=np.bool_)
    found = PairLabels(human, same).corrected(judge, [str(i // 2) for i in range(len(rows))])
    assert found.bound(-ONE_SIDED) - 1e-9 <= max(min(found.loss, 1.0), -1.0) <= found.bound() + 1e-9
    worth = found.worth()
    assert 0.0 <= worth.n <= found.n
    assert not worth.n or worth.upper_bound(ONE_SIDED) >= found.bound() - 1e-6
