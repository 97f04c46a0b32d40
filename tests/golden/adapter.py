"""Answers worked cases with the public functions of the package: names are mapped, nothing is computed."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.economics.cliff import find_cliff
from modelmix.economics.comparison import compare_models as compare
from modelmix.evaluate.multiplicity import benjamini_hochberg, e_benjamini_hochberg, simultaneous_z
from modelmix.evaluate.paired import Pairs, pairs_needed
from modelmix.evaluate.verdict import Verdict, judge
from modelmix.optimize.bar import BarTask, Trial, plan_by_bars
from modelmix.optimize.frontier import Point, frontier
from modelmix.settings import load

Inputs: TypeAlias = dict[str, Any]
DAY = date(2026, 11, 23)


def _tables() -> tuple[PriceBook, CapabilityTable]:
    settings = load()
    return settings.price_book(), settings.capabilities()


def _model(name: str) -> str:
    return "claude-" + name.replace(".", "-")


def _usage(inputs: Inputs) -> Usage:
    return Usage(
        input_tokens=inputs.get("inp", 0),
        cache_read_tokens=inputs.get("cr", 0),
        cache_write_5m_tokens=inputs.get("cw5", 0),
        cache_write_1h_tokens=inputs.get("cw1", 0),
        output_tokens=inputs.get("out", 0),
    )


def request_cost(inputs: Inputs) -> object:
    """Price one request."""
    book, _ = _tables()
    usage = _usage(inputs)
    cost = book.cost(
        usage, _model(inputs["model"]), DAY, batch=inputs.get("batch", False), us=inputs.get("geo_us", False)
    )
    return {
        "total": float(cost.total_usd),
        "components": {
            "input": float(cost.input_usd),
            "cache_read": float(cost.cache_read_usd),
            "cache_write_5m": float(cost.cache_write_5m_usd),
            "cache_write_1h": float(cost.cache_write_1h_usd),
            "output": float(cost.output_usd),
        },
        "prompt_tokens": usage.prompt_tokens,
        "tier": "long" if cost.long_tier else "base",
    }


def tier_cliff(inputs: Inputs) -> object:
    """Price a prompt on both sides of the length tier."""
    book, _ = _tables()
    cliff = find_cliff(book, _model(inputs["model"]), _usage(inputs), DAY)
    if cliff is None:
        return None
    return {
        "at_threshold": float(cliff.at_threshold_usd),
        "one_token_more": float(cliff.beyond_usd),
        "ratio": float(cliff.ratio),
        "jump": float(cliff.jump_usd),
    }


def compare_models(inputs: Inputs) -> object:
    """Price one text on several models."""
    book, capabilities = _tables()
    names = {_model(name): name for name in inputs["models"]}
    ratio = Decimal(str(inputs["tau"]))
    costs = compare(book, capabilities, list(names), _usage(inputs), DAY, ratio)
    return {
        "cost": {names[cost.model]: float(cost.usd) for cost in costs},
        "change_vs_first": {names[cost.model]: float(cost.change_share) for cost in costs},
    }


def bar_choice(inputs: Inputs) -> object:
    """Pick the cheapest model that reaches each bar."""
    tasks = [
        BarTask(
            name=task["name"],
            bar=task["bar"],
            calls=task["volume"],
            fallback=task["fallback"],
            trials={name: Trial(m["pass"], m["n"], m["cost"]) for name, m in task["models"].items()},
        )
        for task in inputs["tasks"]
    ]
    plan = plan_by_bars(tasks, inputs["conf"])
    decisions = [
        {"task": task.name, "lcb": choice.lower_bounds, "pick": choice.pick, "bar_met": choice.bar_met}
        for task, choice in zip(tasks, plan.choices, strict=True)
    ]
    return {"decisions": decisions, "total_cost": plan.cost_usd}


def tango_report(inputs: Inputs) -> object:
    """Test one comparison."""
    pairs, margin, alpha = Pairs(inputs["x12"], inputs["x21"], inputs["n"]), inputs["margin"], inputs["alpha"]
    return {
        "d_hat": pairs.difference,
        "q21": pairs.regression_rate(margin),
        "z": pairs.z(margin),
        "p": pairs.p_value(margin),
        "lower": pairs.lower_difference(simultaneous_z(1, alpha)),
        "non_inferior": judge(pairs, margin, alpha=alpha).verdict is Verdict.CLEARS,
    }


def ni_table(inputs: Inputs) -> object:
    """Tabulate sample sizes."""
    alpha, power = inputs["alpha"], inputs["power"]
    return {
        f"margin={margin}": {
            f"disc={share}": pairs_needed(margin, share, alpha=alpha, power=power)
            for share in inputs["discs"]
        }
        for margin in inputs["margins"]
    }


def fdr_report(inputs: Inputs) -> object:
    """Screen many tests."""
    return {
        "bh_rejected": benjamini_hochberg(inputs["p"], inputs["q"]),
        "ebh_rejected": e_benjamini_hochberg(inputs["e"], inputs["q"]),
    }


def hull(inputs: Inputs) -> object:
    """Find the frontier."""
    found = frontier([Point(*point) for point in inputs["points"]])
    return {
        "frontier": [point.name for point in found.points],
        "icer": list(found.step_costs),
        "dominated": [point.name for point in found.dominated],
        "extended_dominated": [point.name for point in found.extended_dominated],
    }


QUANTITIES: dict[str, Callable[[Inputs], object]] = {
    function.__name__: function
    for function in (
        request_cost, tier_cliff, compare_models, bar_choice, tango_report, ni_table, fdr_report, hull,
    )
}  # fmt: skip


def answer(quantity: str, inputs: Inputs) -> object:
    """Answer one case.

    Raises:
        NotImplementedError: The package does not compute this quantity.
    """
    if quantity not in QUANTITIES:
        raise NotImplementedError(quantity)
    return QUANTITIES[quantity](inputs)
