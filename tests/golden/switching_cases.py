"""Answers the worked cases on switching models within a conversation."""

from collections.abc import Mapping
from datetime import date
from itertools import islice
from typing import Any

from modelmix.core.price import Price
from modelmix.economics import switching
from modelmix.economics.switching import Carried, Conversation, Rates
from modelmix.settings import load

DAY = date(2026, 11, 23)
SHOWN = (1, 5, 10, 20, 40)
Inputs = Mapping[str, Any]


def _price(name: str) -> Price:
    return load().price_book().price("claude-" + name.replace(".", "-"), DAY)


def _talk(inputs: Inputs) -> Conversation:
    return Conversation(context_tokens=inputs["C"], turn_tokens=inputs["a"], output_tokens=inputs["O"])


def _carried(inputs: Inputs) -> Carried:
    return Carried(
        token_ratio=inputs.get("tau", 1.0),
        output_ratio=inputs.get("rho", 1.0),
        dropped_tokens=inputs.get("drop", 0),
    )


def _rates(inputs: Inputs, name: str) -> Rates:
    return Rates.of(_price(inputs[name]).tiers[0], one_hour=inputs.get("ttl", "5m") == "1h")


def switch_report(inputs: Inputs) -> object:
    """Say what a switch costs and when it pays."""
    found = switching.switch(
        _rates(inputs, "A"), _rates(inputs, "B"), _talk(inputs), _carried(inputs),
        warm=inputs.get("warm_A", True),
    )  # fmt: skip
    return {
        "penalty": found.penalty_usd,
        "per_turn_saving": found.per_turn_usd,
        "growth_term": found.growth_usd,
        "n_star": found.break_even_turns,
        "n_min": found.fewest_turns,
        "saving_after": {str(turns): found.saved_usd(turns) for turns in SHOWN},
    }


def round_trip(inputs: Inputs) -> object:
    """Price a way to another model and back."""
    stay, detour = switching.round_trip(
        _rates(inputs, "A"), _rates(inputs, "B"), _talk(inputs), inputs["n"], _carried(inputs),
        alive=inputs["A_alive"],
    )  # fmt: skip
    return {"stay": stay, "detour": detour, "detour_minus_stay": detour - stay}


def switch_sim(inputs: Inputs) -> object:
    """Simulate a switch turn by turn."""
    steps = switching.simulate(
        _price(inputs["A"]), _price(inputs["B"]), _talk(inputs), _carried(inputs),
        warm=inputs.get("warm_A", True),
    )  # fmt: skip
    saved = list(islice(steps, inputs["horizon"]))
    wins = switching.wins(iter(saved), inputs["horizon"])
    return {
        "first_turns_where_switch_wins": wins.first,
        "last_turns_where_switch_wins": wins.last,
        "saving_at": {str(turns): saved[turns - 1] for turns in SHOWN if turns <= len(saved)},
    }
