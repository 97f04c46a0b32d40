"""Answers the worked cases on cascades and on the thresholds that they accept from."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from modelmix.economics.cascade import Prefixed, Stage, Traffic, cascade_usd, cold_cascade, two_stages
from modelmix.evaluate.threshold import Step, choose_threshold, fewest_rows
from modelmix.settings import load

DAY = date(2026, 11, 23)
Inputs = Mapping[str, Any]


def cascade_report(inputs: Inputs) -> object:
    """Hold two stages against the dear model alone."""
    cheap = Stage(call_usd=inputs["cs"], check_usd=inputs["v"], escalated_share=inputs["e"])
    found = two_stages(cheap, inputs["cb"])
    return {
        "cascade": found.usd,
        "direct": found.direct_usd,
        "saving": found.saving_share,
        "breakeven_escalation": found.break_even_share,
    }


def cascade3(inputs: Inputs) -> object:
    """Price three stages."""
    first, second = (
        Stage(call_usd=inputs[f"c{n}"], check_usd=inputs[f"v{n}"], escalated_share=inputs[f"e{n}"])
        for n in (1, 2)
    )
    return cascade_usd([first, second, Stage(call_usd=inputs["c3"])])


def ltt_select(inputs: Inputs) -> object:
    """Pick a threshold with a guarantee."""
    rows = zip(inputs["thr"], inputs["n_acc"], inputs["k_err"], strict=True)
    found = choose_threshold([Step(*row) for row in rows], inputs["alpha"], inputs["delta"])
    return {
        "p_values": list(found.p_values),
        "fixed_sequence": found.accept_from,
        "bonferroni": found.bonferroni,
    }


def zero_error_n(inputs: Inputs) -> object:
    """Count rows without an error that show a risk."""
    return fewest_rows(inputs["alpha"], inputs["delta"])


def cascade_cached_report(inputs: Inputs) -> object:
    """Find where a cascade with a cached prefix stops winning."""
    loaded = load()
    book, capabilities = loaded.price_book(), loaded.capabilities()

    def model(name: str, output_tokens: float) -> Prefixed:
        model_id = "claude-" + name.replace(".", "-")
        known = capabilities.find(model_id)
        assert known is not None
        return Prefixed.of(
            book.price(model_id, DAY).tiers[0],
            output_tokens=output_tokens,
            least_tokens=known.min_cacheable_tokens,
            one_hour=inputs["ttl"] == "1h",
        )

    traffic = Traffic(
        per_hour=inputs["lam"], prefix_tokens=inputs["S"], fresh_tokens=inputs["u"], check_usd=inputs["v"]
    )
    found = cold_cascade(model(inputs["small"], inputs["Os"]), model(inputs["big"], inputs["Ob"]), traffic)
    return {
        "cascade": found.usd(inputs["e"]),
        "direct": found.direct_usd,
        "breakevens": list(found.break_evens),
        "wins_at_zero_escalation": found.wins_without_escalation,
        "naive_breakeven": found.naive_break_even,
    }
