"""Looking a few times: one level in all, whatever makes one stop."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from modelmix.evaluate.boundaries import Spending
from modelmix.evaluate.multiplicity import holm
from modelmix.evaluate.paired import Pairs, pairs_needed
from modelmix.evaluate.proportion import lower_bound
from modelmix.evaluate.sequential import (
    Design,
    even,
    look,
    outlook,
    repeated_p_value,
    stagewise_p_value,
)
from modelmix.evaluate.verdict import Verdict

DESIGN = Design(687, 0.03)
Z_RUNS = st.lists(st.floats(-3.0, 6.0), min_size=1, max_size=5)


def growing(*parts: tuple[int, int, int]) -> list[Pairs]:
    """Add batches up."""
    found: list[Pairs] = []
    for gains, losses, n in parts:
        found.append(Pairs(gains, losses, n) + (found[-1] if found else Pairs(0, 0, 0)))
    return found


def batches(chance: np.random.Generator, loss: float, sizes: list[int], discordance: float) -> list[Pairs]:
    """Draw batches with a true loss, added up."""
    rates = [(discordance - loss) / 2, (discordance + loss) / 2, 1.0 - discordance]
    drawn = [chance.multinomial(n, rates) for n in sizes]
    return growing(*((int(g), int(b), n) for (g, b, _), n in zip(drawn, sizes, strict=True)))


def first_stop(
    design: Design, counts: list[Pairs], critical: tuple[float, ...], futile: tuple[float, ...]
) -> int:
    """Return the index of the look at which a run stops, without the figures that take time."""
    for index, pairs in enumerate(counts):
        z = pairs.z(design.margin)
        if z >= critical[index] or z < futile[index]:
            return index
    return len(counts) - 1


def test_a_replay_stops_early_and_says_why() -> None:
    """Good pairs clear at the second look; the bound lies below the margin, and its p-value is small."""
    first = look(DESIGN, growing((9, 1, 137)))
    assert (first.finding.verdict, first.stop, first.number) == (Verdict.UNDECIDED, False, 1)
    second = look(DESIGN, growing((9, 1, 137), (9, 1, 138)))
    assert (second.finding.verdict, second.stop, second.futile) == (Verdict.CLEARS, True, False)
    assert second.finding.bound < 0.03
    assert second.p_value <= 0.05
    assert second.p_repeated <= 0.05


def test_a_hopeless_replay_is_futile_long_before_it_fails() -> None:
    """Twice the margin stops the first look as futile; far beyond the margin it fails outright."""
    hopeless = look(DESIGN, growing((3, 12, 137)))
    assert (hopeless.finding.verdict, hopeless.stop, hopeless.futile) == (Verdict.UNDECIDED, True, True)
    bad = look(DESIGN, growing((0, 40, 137)))
    assert (bad.finding.verdict, bad.stop, bad.futile) == (Verdict.FAILS, True, False)
    assert bad.p_repeated == 1.0


def test_the_last_look_spends_what_is_left() -> None:
    """Said to be the last, or with all pairs in, a look is held to the whole of alpha, and stops."""
    counts = growing((8, 8, 137), (8, 8, 138))
    on, over = look(DESIGN, counts), look(DESIGN, counts, last=True)
    assert (on.stop, over.stop) == (False, True)
    assert over.critical_z < on.critical_z
    assert over.p_repeated < on.p_repeated
    full = look(DESIGN, growing((40, 40, 700)))
    assert (full.fraction, full.stop) == (1.0, True)
    assert full.critical_z == pytest.approx(float(-ndtri(0.05)))


def test_without_giving_up_nothing_is_futile() -> None:
    """A chance of 0 to give up is no futility stop."""
    patient = Design(687, 0.03, giving_up=0.0)
    found = look(patient, growing((3, 12, 137)))
    assert (found.futile_z, found.stop) == (-math.inf, False)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12), st.integers(20, 90)), min_size=1, max_size=5),
    st.sampled_from(Spending),
)
def test_bound_verdict_and_p_value_agree(parts: list[tuple[int, int, int]], spending: Spending) -> None:
    """CLEARS is the bound at or below the margin, and a repeated p-value at or below alpha at this look."""
    design = Design(450, 0.04, spending=spending)
    counts = growing(*parts)
    at = [pairs.n for pairs in counts]
    if max(at[:-1], default=0.0) >= 450:
        return
    found = look(design, counts)
    clears = found.finding.verdict is Verdict.CLEARS
    if abs(found.z - found.critical_z) > 1e-6:
        assert clears == (found.finding.bound < 0.04)
        assert clears <= (found.p_repeated <= 0.05)
        assert (found.p_value <= spending.spent(found.fraction, 0.05) + 1e-12) == clears


@given(Z_RUNS, st.sampled_from(Spending), st.floats(0.001, 0.3))
def test_the_repeated_p_value_is_the_level_at_which_it_clears(
    z: list[float], spending: Spending, alpha: float
) -> None:
    """It is at most a level exactly if a look so far clears at that level; further looks never raise it."""
    fractions = even()[: len(z)]
    p = repeated_p_value(fractions, z, spending)
    critical = Design(100, 0.05, alpha, spending=spending).critical(fractions)
    if abs(p - alpha) > 1e-6:
        assert (p <= alpha) == any(a >= b for a, b in zip(z, critical, strict=True))
    assert repeated_p_value(fractions[:1], z[:1], spending) >= p - 1e-9


def test_overwhelming_evidence_has_the_least_level() -> None:
    """A statistic beyond any level is given the smallest that is told apart."""
    assert repeated_p_value((1.0,), [40.0], Spending.POCOCK) == pytest.approx(1e-15)
    assert repeated_p_value((1.0,), [math.inf], Spending.POCOCK) == pytest.approx(1e-15)
    assert repeated_p_value((1.0,), [-math.inf], Spending.POCOCK) == 1.0


@given(st.floats(-2.0, 5.0), st.floats(0.0, 2.0), st.sampled_from(Spending))
def test_stagewise_order(z: float, more: float, spending: Spending) -> None:
    """A larger statistic at the same look, or having cleared at an earlier one, is more extreme."""
    critical = Design(100, 0.05, spending=spending).critical(even())
    here = stagewise_p_value(even()[:3], critical[:3], z)
    assert stagewise_p_value(even()[:3], critical[:3], z + more) <= here + 1e-12
    assert stagewise_p_value(even()[:2], critical[:2], critical[1]) <= here + 1e-12
    assert stagewise_p_value((1.0,), critical[:1], 1.645) == pytest.approx(0.05, abs=1e-4)


def test_stagewise_p_values_are_uniform_at_the_margin() -> None:
    """Over 2,000 runs that lose the margin exactly, a p-value below 5, 20 or 50 % has about that chance."""
    design = Design(1_000, 0.05, giving_up=0.0)
    sizes = [200] * 5
    fractions = design.fractions(np.cumsum(sizes).tolist())
    critical = design.critical(fractions)
    chance = np.random.default_rng(4)
    found = []
    for _ in range(2_000):
        counts = batches(chance, 0.05, sizes, 0.2)
        at = first_stop(design, counts, critical, (-math.inf,) * 5)
        found.append(stagewise_p_value(fractions[: at + 1], critical[: at + 1], counts[at].z(0.05)))
    for level in (0.05, 0.2, 0.5):
        assert np.mean(np.array(found) <= level) == pytest.approx(level, abs=0.03)


@pytest.mark.parametrize("spending", list(Spending))
def test_error_and_bound_hold_at_the_margin(spending: Spending) -> None:
    """Over 3,000 runs, futility ignored, few enough clear, and the bound falls below the truth as rarely."""
    n = pairs_needed(0.05, 0.1, alpha=0.05)
    assert n is not None
    design = Design(n, 0.05, spending=spending)
    sizes = [50, 50, 50, 49, n - 199]
    critical = design.critical(design.fractions(np.cumsum(sizes).tolist()))
    chance = np.random.default_rng(6)
    false = 0
    for _ in range(3_000):
        counts = batches(chance, 0.05, sizes, 0.1)
        false += any(pairs.z(0.05) >= z for pairs, z in zip(counts, critical, strict=True))
    assert lower_bound(false, 3_000, 0.999) <= 0.05


def test_holm_over_types_holds_at_every_look() -> None:
    """Two types at their margin beside two good ones, Holm on repeated p-values: at most 5 % false claims.

    Types are looked at after different numbers of pairs. Repeated p-values only fall, so that Holm at the
    last look rejects whatever it would have at any look before.
    """
    chance, false, found, runs = np.random.default_rng(9), 0, 0, 300
    design = Design(500, 0.05, giving_up=0.0)
    plans = [(0.05, [100] * 5), (0.05, [60, 200, 240]), (0.0, [250] * 2), (0.0, [500])]
    for _ in range(runs):
        p_values = []
        for loss, sizes in plans:
            counts = batches(chance, loss, sizes, 0.15)
            fractions = design.fractions([pairs.n for pairs in counts])
            p_values.append(repeated_p_value(fractions, [c.z(0.05) for c in counts], design.spending))
        rejected = holm(p_values, 0.05)
        false += any(rejected[:2])
        found += sum(rejected[2:])
    assert lower_bound(false, runs, 0.999) <= 0.05
    assert found > runs  # more than half of the good ones


def test_the_outlook_is_what_happens() -> None:
    """Over 3,000 runs without a loss, chances and pairs are those foreseen; targets are met."""
    foreseen = outlook(DESIGN, discordance=0.1)
    sizes = [137, 138, 137, 138, 137]
    fractions = DESIGN.fractions(np.cumsum(sizes).tolist())
    critical, futile = DESIGN.critical(fractions), DESIGN.futile(fractions)
    chance = np.random.default_rng(2)
    clears, pairs = 0, 0.0
    for _ in range(3_000):
        counts = batches(chance, 0.0, sizes, 0.1)
        at = first_stop(DESIGN, counts, critical, futile)
        clears += counts[at].z(0.03) >= critical[at]
        pairs += counts[at].n
    assert clears / 3_000 == pytest.approx(foreseen.clears, abs=0.03)
    assert pairs / 3_000 == pytest.approx(foreseen.n_pairs, rel=0.04)
    assert foreseen.clears >= 0.9 * 0.8
    assert foreseen.n_pairs <= 0.75 * 687
    assert outlook(DESIGN, discordance=0.1, loss=0.06).n_pairs <= 0.35 * 687


def test_one_look_has_the_power_that_was_planned() -> None:
    """With one look and no giving up the outlook is that of the plain test."""
    plain = outlook(Design(687, 0.03, giving_up=0.0), 1, discordance=0.1)
    assert plain.clears == pytest.approx(0.8, abs=1e-3)
    assert (plain.futile, plain.n_pairs) == (0.0, 687.0)


def test_designs_out_of_range_are_refused() -> None:
    """Pairs, margins, levels and chances have their ranges; looks end with the plan, and are at most five."""
    for arguments in ((0, 0.03), (10, 0.0), (10, 1.0)):
        with pytest.raises(ValueError, match="plan one pair or more"):
            Design(*arguments)
    for alpha, power in ((0.0, 0.8), (0.5, 0.8), (0.05, 0.05), (0.05, 1.0)):
        with pytest.raises(ValueError, match="alpha < power"):
            Design(10, 0.03, alpha, power)
    for giving_up in (-0.1, 0.95):
        with pytest.raises(ValueError, match="giving_up"):
            Design(10, 0.03, giving_up=giving_up)
    for counts in ([], growing((0, 0, 700), (0, 0, 10)), growing(*[(0, 0, 10)] * 6)):
        with pytest.raises(ValueError, match=r"looks; plan|must rise"):
            look(DESIGN, counts)
    with pytest.raises(ValueError, match="loss squared"):
        outlook(DESIGN, discordance=0.0)


@pytest.mark.soak
@pytest.mark.parametrize("spending", list(Spending))
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 8])
@pytest.mark.parametrize(("margin", "discordance"), [(0.02, 0.05), (0.03, 0.1), (0.06, 0.1), (0.06, 0.3)])
def test_error_holds_over_ten_thousand_runs(
    spending: Spending, alpha: float, margin: float, discordance: float
) -> None:
    """At the margin, futility ignored, five looks clear at most at their level."""
    n = pairs_needed(margin, discordance, alpha=alpha)
    assert n is not None
    at = [round(fraction * n) for fraction in even()]
    sizes = np.diff([0, *at]).tolist()
    design = Design(n, margin, alpha, spending=spending)
    critical = design.critical(design.fractions(at))
    chance = np.random.default_rng(12)
    false = 0
    for _ in range(10_000):
        counts = batches(chance, margin, sizes, discordance)
        false += any(pairs.z(margin) >= z for pairs, z in zip(counts, critical, strict=True))
    assert lower_bound(false, 10_000, 0.95) <= alpha
