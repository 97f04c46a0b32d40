"""Cascades: every stage is paid, and the dear model's cache grows cold."""

import math
from collections.abc import Callable
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.economics.cascade import (
    Cascade,
    Prefixed,
    Stage,
    Traffic,
    cascade_usd,
    cold_cascade,
    quality,
    router_wins,
    two_stages,
)
from modelmix.settings import load

BOOK = load().price_book()
shares = st.floats(0, 1)
usd = st.floats(0, 10)
stages = st.builds(Stage, call_usd=usd, check_usd=usd, escalated_share=shares)
rates = st.floats(1e-8, 1e-4)
models = st.builds(
    Prefixed,
    read=rates,
    write=rates,
    fresh=rates,
    output=rates,
    output_tokens=st.floats(1, 2000),
)
traffics = st.builds(
    Traffic, per_hour=st.floats(0.1, 500), prefix_tokens=st.floats(0, 1e5), fresh_tokens=st.floats(1, 1e4)
)


def model(name: str, *, one_hour: bool = False, least_tokens: float = 512) -> Prefixed:
    """Take a model's list prices."""
    tier = BOOK.price(f"claude-{name}-5-5", date(2026, 11, 23)).tiers[0]
    return Prefixed.of(tier, output_tokens=500, least_tokens=least_tokens, one_hour=one_hour)


@given(st.lists(stages, min_size=1, max_size=4))
def test_the_expected_cost_is_that_of_all_stages_reached(parts: list[Stage]) -> None:
    """Each stage is paid, with its check, by the share of tasks that reach it."""
    reached, total = 1.0, 0.0
    for part in parts:
        total += reached * (part.call_usd + part.check_usd)
        reached *= part.escalated_share
    assert cascade_usd(parts) == pytest.approx(total, abs=1e-9)


@given(st.builds(Stage, call_usd=usd, check_usd=usd, escalated_share=shares), st.floats(0.01, 10))
def test_a_cascade_wins_exactly_below_its_break_even(cheap: Stage, dear_usd: float) -> None:
    """It is on where fewer answers are escalated than the break-even says, and off beyond."""
    found = two_stages(cheap, dear_usd)
    gap = found.break_even_share - cheap.escalated_share
    if abs(gap) > 1e-9:
        assert found.is_on == (gap > 0)
    assert found.saving_share == pytest.approx(gap)


def test_a_check_can_eat_a_cascade() -> None:
    """A judge as dear as the saving leaves nothing: the break-even lies below 0, and the loss is shown."""
    found = two_stages(Stage(call_usd=0.011, check_usd=0.0155, escalated_share=0.1), 0.022)
    assert found.break_even_share < 0
    assert found.saving_share < 0
    assert not found.is_on
    assert isinstance(found, Cascade)


@given(shares, shares, st.floats(0, 0.01))
def test_a_router_wins_where_it_pays_for_itself(escalated: float, missed: float, router_usd: float) -> None:
    """It wins iff it costs less than the check, the escalations and the cheap calls that it spares."""
    cheap = Stage(call_usd=0.001, check_usd=0.002, escalated_share=escalated)
    spared = 0.002 + (escalated - missed) * 0.02 + missed * 0.001
    if abs(router_usd - spared) > 1e-12:
        assert router_wins(router_usd, cheap, 0.02, missed) == (router_usd < spared)


def test_quality_takes_the_dear_model_as_it_is_on_hard_tasks() -> None:
    """What is escalated is hard for the dear model as well."""
    assert quality(0.95, 0.7, 0.2) == pytest.approx(0.9)
    with pytest.raises(ValueError, match=r"escalated is 1\.2"):
        quality(0.9, 1.2, 0.1)


@given(models, models, traffics)
def test_break_evens_are_all_changes_of_sign(cheap: Prefixed, dear: Prefixed, traffic: Traffic) -> None:
    """Between two neighbouring break-evens the cascade wins throughout, or loses throughout."""
    found = cold_cascade(cheap, dear, traffic)
    edges = [0.0, *found.break_evens, 1.0]
    wins = found.wins_without_escalation
    for low, high in pairwise(edges):
        if high - low > 0.01:
            middle = [found.usd(share) < found.direct_usd for share in np.linspace(low, high, 7)[1:-1]]
            assert set(middle) == {wins}
        wins = not wins


@given(models, st.floats(0.1, 500))
def test_hits_are_those_of_random_arrivals(asked: Prefixed, per_hour: float) -> None:
    """A request finds the prefix cached if another one came within the cache's life before it."""
    gaps = np.random.default_rng(1).exponential(1 / per_hour, 200_000)
    seen = float(np.mean(gaps < asked.lifetime_h))
    assert asked.hit_share(per_hour) == pytest.approx(seen, abs=0.005)


def test_a_cold_cache_halves_what_a_cascade_may_escalate() -> None:
    """At twelve requests an hour the break-even of warm prices is far too high."""
    found = cold_cascade(
        model("sonnet"), model("opus"), Traffic(per_hour=12, prefix_tokens=40_000, fresh_tokens=1_500)
    )
    assert found.naive_break_even > 1.5 * found.break_evens[0]
    warm = cold_cascade(
        model("sonnet"), model("opus"), Traffic(per_hour=5_000, prefix_tokens=40_000, fresh_tokens=1_500)
    )
    assert warm.break_evens[0] == pytest.approx(warm.naive_break_even, abs=0.02)


def test_a_prefix_is_cached_only_where_that_pays_and_may_be() -> None:
    """Too short a prefix, or too rare a request, goes at the price of plain input."""
    asked = model("opus", least_tokens=4096)
    plain = 4_000 * asked.fresh + 100 * asked.fresh + 500 * asked.output
    assert asked.call_usd(1e6, 4_000, 100) == pytest.approx(plain)
    assert asked.call_usd(1e-6, 8_000, 100) == pytest.approx(plain + 4_000 * asked.fresh)
    assert asked.call_usd(1e6, 8_000, 100) == pytest.approx(plain - 4_000 * asked.fresh + 8_000 * asked.read)
    hour = model("opus", one_hour=True)
    assert hour.lifetime_h == 1.0
    assert hour.write == pytest.approx(8e-6)


def test_a_break_even_on_the_grid_is_found() -> None:
    """An exact tie at the end of the range is one."""
    even = Prefixed(read=1e-6, write=1e-6, fresh=1e-6, output=0.0, output_tokens=0.0)
    free = Prefixed(read=0.0, write=0.0, fresh=0.0, output=0.0, output_tokens=0.0)
    found = cold_cascade(free, even, Traffic(per_hour=1.0, prefix_tokens=1_000, fresh_tokens=0.0))
    assert found.break_evens == (1.0,)
    assert found.wins_without_escalation


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Stage(call_usd=-1.0), "call_usd is -1"),
        (lambda: Stage(call_usd=1.0, escalated_share=1.1), r"escalated_share is 1\.1"),
        (lambda: two_stages(Stage(call_usd=1.0), 0.0), "dear_usd is 0"),
        (lambda: two_stages(Stage(call_usd=1.0), math.inf), "dear_usd is inf"),
        (lambda: Traffic(per_hour=0.0, prefix_tokens=1, fresh_tokens=1), "per_hour is 0"),
        (lambda: Traffic(per_hour=1.0, prefix_tokens=-1, fresh_tokens=1), "prefix_tokens is -1"),
        (lambda: router_wins(0.0, Stage(call_usd=1.0), 1.0, 2.0), "missed_share is 2"),
    ],
)
def test_what_is_no_cascade_is_refused(build: Callable[[], object], said: str) -> None:
    """Shares and amounts out of range are told by name and value."""
    with pytest.raises(ValueError, match=said):
        build()
