"""Switching a conversation: a debt that later turns pay back."""

import math
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.adapter import DAY
from modelmix.economics.switching import (
    Carried,
    Conversation,
    Rates,
    Switch,
    Wins,
    _break_even,
    round_trip,
    simulate,
    switch,
    wins,
)
from modelmix.settings import load

BOOK = load().price_book()
OPUS, SONNET, HAIKU = (BOOK.price(f"claude-{name}-5-5", DAY) for name in ("opus", "sonnet", "haiku"))
RATES = [Rates.of(price.tiers[0]) for price in (OPUS, SONNET, HAIKU)]
TALK = Conversation(context_tokens=30_000, turn_tokens=2_000, output_tokens=800)

usd = st.floats(1e-8, 1e-4)
rates = st.builds(lambda read, more, output: Rates(read, read + more, output), usd, usd, usd)
tokens = st.integers(0, 1_000_000).map(float)
talks = st.builds(Conversation, context_tokens=tokens, turn_tokens=tokens, output_tokens=tokens)
carried = st.builds(
    Carried, token_ratio=st.floats(0.5, 2), output_ratio=st.floats(0.2, 5), dropped_tokens=st.floats(0, 1e5)
)


@pytest.mark.parametrize(
    ("stay", "go", "turns"),
    [(0, 1, [2, 5, 8, 10]), (0, 2, [1, 1, 1, 1]), (1, 2, [1, 1, 1, 1])],
)
def test_published_prices_give_known_turns(stay: int, go: int, turns: list[int]) -> None:
    """From Opus to Sonnet two to ten turns by the length of the context; to Haiku always one."""
    found = [
        switch(RATES[stay], RATES[go], Conversation(context_tokens=c, turn_tokens=2000, output_tokens=800))
        for c in (10_000, 30_000, 60_000, 90_000)
    ]
    assert [one.fewest_turns for one in found] == turns


@given(rates, rates, talks, carried, st.booleans(), st.integers(1, 60))
def test_the_closed_form_is_the_sum_of_its_turns(
    stay: Rates, go: Rates, talk: Conversation, over: Carried, warm: bool, turns: int
) -> None:
    """What is saved after n turns is the difference of n turns priced one by one."""
    there = over.over(talk)

    def spent(at: Rates, said: Conversation, writes_all: bool) -> float:
        total = 0.0
        for turn in range(turns):
            before = said.context_tokens + turn * said.turn_tokens
            total += (at.write if writes_all and not turn else at.read) * before
            total += at.write * said.turn_tokens + at.output * said.output_tokens
        return total

    one, other = spent(stay, talk, not warm), spent(go, there, writes_all=True)
    saved = switch(stay, go, talk, over, warm=warm).saved_usd(turns)
    assert saved == pytest.approx(one - other, rel=1e-9, abs=1e-9 * (one + other))


@given(rates, rates, talks, carried, st.booleans())
def test_turns_before_the_break_even_do_not_pay(
    stay: Rates, go: Rates, talk: Conversation, over: Carried, warm: bool
) -> None:
    """No smaller number of turns pays; the first one does, if the saving is more than rounding."""
    found = switch(stay, go, talk, over, warm=warm)
    most = 2000 if found.fewest_turns is None else min(found.fewest_turns, 2000)
    scale = 1e-9 * (stay.turns_usd(talk, most + 1) + go.turns_usd(over.over(talk), most + 1)) + 1e-12
    assert all(found.saved_usd(turns) <= scale for turns in range(1, most))
    if found.fewest_turns is not None and found.fewest_turns < 2000:
        assert found.saved_usd(found.fewest_turns) >= -scale


@pytest.mark.parametrize(
    ("parts", "turns"),
    [
        ((6.0, 2.0, 0.0), 3.0),
        ((6.0, -2.0, 0.0), None),
        ((6.0, -1.0, 1.0), 1 + math.sqrt(7)),
        ((6.0, 1.0, -1.0), None),
        ((1.0, 3.0, -0.5), 3.5 - math.sqrt(3.5**2 - 2)),
        ((-1.0, 2.0, 0.0), 0.0),
        ((-1.0, -2.0, -0.5), None),
        ((0.0, 0.0, 0.0), None),
        ((0.0, 1.0, 1.0), 0.0),
        ((1.0, 1.0, 1.0), 1.0),
        ((-1.0, -3.0, 1.0), 2 + math.sqrt(3)),
        ((0.0, -3.0, 1.0), 4.0),
    ],
)
def test_break_even_is_the_smallest_root(parts: tuple[float, float, float], turns: float | None) -> None:
    """Growth may bring a switch to pay late, or keep one from ever paying."""
    found = _break_even(*parts)
    assert found == (None if turns is None else pytest.approx(turns))


def test_a_part_of_a_turn_is_no_turn() -> None:
    """Where turns save less and less, a switch may have paid between two turns, and after none of them."""
    found = Switch(8.5, 8.0, -4.0, _break_even(8.5, 8.0, -4.0))
    assert (found.saved_usd(1), found.saved_usd(2)) == (-0.5, -0.5)
    assert found.break_even_turns == pytest.approx(1.5 - math.sqrt(0.125))
    assert found.fewest_turns is None


def test_an_expired_cache_is_the_free_moment() -> None:
    """Where staying has to write everything too, the cheaper writer wins at once."""
    cold = switch(RATES[0], RATES[1], TALK, warm=False)
    assert cold.penalty_usd == pytest.approx(-0.072)
    assert (cold.break_even_turns, cold.fewest_turns, cold.pays(1)) == (0.0, 1, True)
    assert not switch(RATES[0], RATES[1], TALK).pays(4)
    assert switch(RATES[1], RATES[0], TALK).fewest_turns is None


def test_a_way_there_and_back_pays_twice() -> None:
    """Six turns on the cheaper model lose money although the first model's cache was kept alive."""
    stay, detour = round_trip(RATES[0], RATES[1], TALK, 2)
    assert detour > stay
    _, dead = round_trip(RATES[0], RATES[1], TALK, 2, alive=False)
    assert dead - detour == pytest.approx(RATES[0].warming_usd(TALK.context_tokens))


@given(talks, carried, st.booleans(), st.booleans())
def test_the_simulation_is_the_closed_form_within_one_tier(
    talk: Conversation, over: Carried, warm: bool, one_hour: bool
) -> None:
    """Models without a length tier are priced alike by both."""
    closed = switch(
        Rates.of(OPUS.tiers[0], one_hour=one_hour), Rates.of(SONNET.tiers[0], one_hour=one_hour), talk, over,
        warm=warm,
    )  # fmt: skip
    steps = islice(simulate(OPUS, SONNET, talk, over, warm=warm, one_hour=one_hour), 12)
    for turns, saved in enumerate(steps, 1):
        assert saved == pytest.approx(closed.saved_usd(turns), rel=1e-6, abs=1e-6)


def test_beyond_a_length_tier_only_the_simulation_holds() -> None:
    """Past the threshold the cheap model is five times as dear; the closed form cannot know."""
    talk = Conversation(context_tokens=95_000, turn_tokens=2_500, output_tokens=20)
    closed = switch(RATES[1], RATES[2], talk)
    saved = list(islice(simulate(SONNET, HAIKU, talk), 40))
    assert saved[1] == pytest.approx(closed.saved_usd(2))
    assert saved[39] < closed.saved_usd(40)


def test_where_a_switch_wins_is_read_off() -> None:
    """First and last number of turns, up to the horizon; nothing where it never wins."""
    assert wins(iter([-1.0, 2.0, 3.0, -1.0, 5.0]), 4) == Wins(2, 3)
    assert wins(iter([-1.0, -2.0]), 10) == Wins(None, None)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Conversation(context_tokens=-1, turn_tokens=0, output_tokens=0), "context_tokens is -1"),
        (lambda: Conversation(context_tokens=0, turn_tokens=math.nan, output_tokens=0), "turn_tokens is nan"),
        (lambda: Carried(token_ratio=0), "token_ratio is 0"),
        (lambda: Carried(output_ratio=math.inf), "output_ratio inf"),
        (lambda: Carried(dropped_tokens=-5), "dropped_tokens is -5"),
    ],
)
def test_what_is_no_conversation_is_refused(build: object, said: str) -> None:
    """Negative lengths and ratios that are none are told by name and value."""
    with pytest.raises(ValueError, match=said):
        build()  # type: ignore[operator] # each builds one


def test_dropped_thinking_is_neither_written_nor_read() -> None:
    """What the other model cannot read makes the switch cheaper, down to an empty context."""
    half = switch(RATES[0], RATES[1], TALK, Carried(dropped_tokens=15_000))
    whole = switch(RATES[0], RATES[1], TALK, Carried(dropped_tokens=90_000))
    assert half.penalty_usd == pytest.approx(switch(RATES[0], RATES[1], TALK).penalty_usd / 2)
    assert whole.penalty_usd == 0.0
    assert isinstance(whole, Switch)
