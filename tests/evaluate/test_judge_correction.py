"""Judge correction: against an independent implementation, by hand, and by coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.errors import EvidenceError
from modelmix.evaluate.judge_correction import (
    Count,
    Judged,
    corrected_rate,
    judge_bias,
    labels_alone,
    ppi,
    ppi_plus,
    rogan_gladen,
)
from modelmix.evaluate.proportion import lower_bound

RATES = Judged.of(
    [1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1],
    [1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1],
    [1] * 176 + [0] * 24,
)
DIFFERENCES = Judged.of(
    [0, -1, 0, 1, 0, 0, -1, 0, 0, 0, 1, 0, -1, 0, 0, 0],
    [0, -1, 0, 0, 0, 0, -1, 0, 0, 1, 1, 0, 0, 0, 0, -1],
    [0, 0, 0, 1, 0, -1, 0, 0, 0, -1] * 12,
)
SHARES = Judged.of(
    [0.2, 0.9, 0.4, 0.75, 0.6, 0.1, 0.95, 0.5, 0.8, 0.3],
    [0.3, 0.8, 0.5, 0.7, 0.5, 0.2, 0.9, 0.6, 0.7, 0.2],
    [0.1 * k for k in range(1, 10)] * 7,
)


@pytest.mark.parametrize(
    ("scores", "whole", "tuned", "labels"),
    [
        (
            RATES,
            (0.83, 0.6557615167078591, 1.004238483292141),
            (0.8176511226252159, 0.6624412014905546, 0.9728610437598771),
            (0.8, 0.6246954918846838, 0.9753045081153163),
        ),
        (
            DIFFERENCES,
            (-0.1, -0.3632609343535228, 0.16326093435352276),
            (-0.08312755744867764, -0.3085702326042098, 0.14231511770685454),
            (-0.0625, -0.3346959522738832, 0.2096959522738832),
        ),
        (
            SHARES,
            (0.51, 0.4246076045629508, 0.5953923954370491),
            (0.5170887941955545, 0.42873725835026344, 0.6054403300408456),
            (0.55, 0.37469549188468376, 0.7253045081153163),
        ),
    ],
    ids=["rates", "differences", "shares"],
)
def test_estimates_agree_with_the_authors_package(
    scores: Judged, whole: tuple[float, ...], tuned: tuple[float, ...], labels: tuple[float, ...]
) -> None:
    """Means and intervals are those of ppi-python 0.2.3: ppi_mean_ci with lam = 1, None and 0."""
    for found, expected in ((ppi(scores), whole), (ppi_plus(scores), tuned), (labels_alone(scores), labels)):
        assert (found.mean, found.low, found.high) == pytest.approx(expected, rel=1e-12)


def test_a_useless_judge_is_not_used() -> None:
    """A judge that says the same of everything, or the contrary of people, gets no weight."""
    blind = Judged.of([1, 0, 1, 1], [1, 1, 1, 1], [1] * 50)
    contrary = Judged.of([1, 0, 1, 0], [0, 1, 0, 1], [1, 0] * 20)
    for scores in (blind, contrary):
        assert ppi_plus(scores) == labels_alone(scores)


def test_bias_is_what_a_naive_reading_is_wrong_by() -> None:
    """Mean of the judge minus mean of people, on the same answers."""
    assert judge_bias(RATES) == pytest.approx(0.85 - 0.80)


scores_of = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=30)


@given(st.data(), scores_of, scores_of)
def test_tuning_never_widens_by_much(data: st.DataObject, human: list[float], alone: list[float]) -> None:
    """The weight lies in [0, 1], and a judge's constant bias changes nothing."""
    judge = data.draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=len(human), max_size=len(human)))
    found = ppi_plus(Judged.of(human, judge, alone))
    assert 0.0 <= found.weight <= 1.0
    shifted = ppi_plus(Judged.of(human, np.array(judge) + 0.25, np.array(alone) + 0.25))
    assert shifted.mean == pytest.approx(found.mean, abs=1e-9)
    assert shifted.error == pytest.approx(found.error, abs=1e-9)


def test_pairs_are_differences() -> None:
    """A candidate's scores minus the baseline's, answer by answer."""
    one = Judged.of([1, 0], [1, 1], [1, 0, 1])
    other = Judged.of([1, 1], [0, 1], [0, 0, 1])
    found = one.minus(other)
    assert [part.tolist() for part in (found.human, found.judge, found.judge_alone)] == [
        [0.0, -1.0], [1.0, 0.0], [1.0, 0.0, 0.0],
    ]  # fmt: skip
    with pytest.raises(ValueError, match="do not pair"):
        one.minus(Judged.of([1, 1], [0, 1], [0, 0]))


def test_scores_that_do_not_fit_are_refused() -> None:
    """Labels need the judge's score of the same answers; there must be some of both; numbers are finite."""
    with pytest.raises(ValueError, match="same order"):
        Judged.of([1, 0], [1], [1])
    with pytest.raises(ValueError, match="same order"):
        Judged.of([[1]], [[1]], [1])
    with pytest.raises(ValueError, match="not a finite number"):
        Judged.of([1], [float("nan")], [1])
    with pytest.raises(EvidenceError, match="needs both"):
        Judged.of([], [], [1])
    with pytest.raises(EvidenceError, match="needs both"):
        Judged.of([1], [1], [])


@pytest.mark.parametrize("reliable", [0.9, 0.7])
def test_intervals_cover_at_their_rate(reliable: float) -> None:
    """Over 1,000 runs with a biased judge the 95 % intervals cover in about 95 %; the naive do not."""
    chance = np.random.default_rng(5)
    covered = {"ppi": 0, "ppi++": 0}
    naive, widths = 0, []
    for _ in range(1_000):
        right = chance.random(1_200) < 0.8
        judge = chance.random(1_200) < np.where(right, reliable, 1.1 - reliable)
        scores = Judged.of(right[:200], judge[:200], judge[200:])
        for name, found in (("ppi", ppi(scores)), ("ppi++", ppi_plus(scores))):
            covered[name] += found.low <= 0.8 <= found.high
        naive += abs(scores.judge_alone.mean() - 0.8) <= 1.96 * scores.judge_alone.std() / 1_000**0.5
        widths.append((ppi_plus(scores).error, labels_alone(scores).error))
    assert all(930 <= count <= 970 for count in covered.values())
    assert naive < 700
    assert np.mean(widths, axis=0)[0] < np.mean(widths, axis=0)[1]


def test_rates_are_corrected_by_hand() -> None:
    """88 % passed by a judge that passes 96 % of the good and fails 60 % of the bad is 86 % good."""
    assert rogan_gladen(0.88, 0.96, 0.6) == pytest.approx(0.48 / 0.56)
    assert rogan_gladen(0.2, 0.9, 0.7) == 0.0
    assert rogan_gladen(0.99, 0.9, 0.7) == 1.0


def test_a_coin_cannot_be_corrected() -> None:
    """A judge that passes good and bad alike is refused, by rates and by counts."""
    with pytest.raises(EvidenceError, match="no better than a coin"):
        rogan_gladen(0.5, 0.5, 0.5)
    with pytest.raises(EvidenceError, match="no better than a coin"):
        corrected_rate(Count(50, 100), Count(5, 10), Count(5, 10))


def test_counts_must_be_shares() -> None:
    """More hits than answers, fewer than none, and no answers are a programmer's errors."""
    for hits, n in ((2, 1), (-1, 1), (0, 0)):
        with pytest.raises(ValueError, match="is no share"):
            Count(hits, n)


def test_a_perfect_judge_needs_little_correction() -> None:
    """With a thousand right verdicts on either side the interval is nearly that of a plain share."""
    found = corrected_rate(Count(800, 1_000), Count(1_000, 1_000), Count(1_000, 1_000))
    assert found.rate == pytest.approx(0.8)
    assert (found.low, found.high) == pytest.approx((0.774, 0.824), abs=0.004)


@pytest.mark.parametrize(("good", "sensitivity", "specificity"), [(0.9, 0.95, 0.8), (0.7, 0.85, 0.9)])
def test_corrected_rates_cover_at_their_rate(good: float, sensitivity: float, specificity: float) -> None:
    """Over 2,000 runs with 100 good and 60 bad answers to know the judge by, 95 % intervals cover."""
    chance = np.random.default_rng(11)
    passes = good * sensitivity + (1 - good) * (1 - specificity)
    covered = 0
    for _ in range(2_000):
        found = corrected_rate(
            Count(int(chance.binomial(800, passes)), 800),
            Count(int(chance.binomial(100, sensitivity)), 100),
            Count(int(chance.binomial(60, specificity)), 60),
        )
        covered += found.low <= good <= found.high
    assert lower_bound(2_000 - covered, 2_000, 0.999) <= 0.05
    assert covered < 2_000
