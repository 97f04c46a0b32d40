"""Answers worked cases with the public functions of the package: names are mapped, nothing is computed."""

import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from golden.cascade_cases import cascade3, cascade_cached_report, cascade_report, ltt_select, zero_error_n
from golden.mix_cases import mix_lp, mix_milp
from golden.switching_cases import round_trip, switch_report, switch_sim
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.economics.bigger import Bigger, OnePass, retrying
from modelmix.economics.cliff import find_cliff
from modelmix.economics.commit_advice import advise
from modelmix.economics.commitment import Expectation, best_at, best_of, expect, ladder
from modelmix.economics.comparison import compare_models as compare
from modelmix.economics.contract import Contract, DiscountTier, Overage
from modelmix.economics.demand import Demand
from modelmix.economics.difficulty import Fixed, Varied
from modelmix.economics.forecast import Assumptions, Chance, TermSpend, forecast
from modelmix.economics.monthly_commit import monthly_commit
from modelmix.economics.path import AttemptCost
from modelmix.economics.retry import best_cap, retried
from modelmix.economics.verifier import Verifier, verified
from modelmix.evaluate.allocation import Prospect, best, neyman, worths
from modelmix.evaluate.eprocess import log_wealth_fixed, stop_index, watch
from modelmix.evaluate.judge_correction import Judged, ppi, rogan_gladen
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


def retry_table(inputs: Inputs) -> object:
    """Compare two models that are retried until success."""
    small, big = (
        (AttemptCost(call_usd=inputs[f"c_{name}"], check_usd=inputs["v"]), inputs[f"p_{name}"])
        for name in ("small", "big")
    )
    found = retrying(small, big)
    return {
        "per_success_small": found.small_usd,
        "per_success_big": found.big_usd,
        "p_small_threshold": found.small_threshold_share,
        "cheaper": "big" if found.is_bigger_cheaper else "small",
    }


def retry_capped(inputs: Inputs) -> object:
    """Retry up to a cap."""
    attempt = AttemptCost(call_usd=inputs["c"], check_usd=inputs["v"])
    return retried(attempt, Fixed(inputs["p"]), inputs["k"], inputs["H"]).usd


def retry_mixture_opt(inputs: Inputs) -> object:
    """Find the best cap where some tasks never succeed."""
    attempt = AttemptCost(call_usd=inputs["c"], check_usd=inputs["v"])
    found = best_cap(attempt, Fixed(inputs["p"], inputs["s"]), inputs["H"], inputs["kmax"])
    return {
        "cost_by_cap": list(found.costs_usd),
        "best_cap": found.cap,
        "one_step_rule_cap": found.one_step_cap,
        "best_cost": found.usd,
    }


def beta_growth(inputs: Inputs) -> object:
    """Retry tasks of differing difficulty in a context that grows."""
    attempt = AttemptCost(call_usd=inputs["c0"], check_usd=inputs["v"], growth_usd=inputs["g"])
    found = retried(attempt, Varied(inputs["al"], inputs["be"]), inputs["k"], inputs["H"])
    return {
        "expected_attempts": found.attempts,
        "p_unsolved": found.given_up_share,
        "cost": found.usd,
    }


def retry_verifier(inputs: Inputs) -> object:
    """Retry behind a check that errs."""
    attempt = AttemptCost(call_usd=inputs["c"], check_usd=inputs["v"])
    check = Verifier(inputs["fr"], inputs["fa"])
    found = verified(attempt, Fixed(inputs["p"]), check, inputs["k"], inputs["L"], inputs["H"])
    return {
        "expected_attempts": found.attempts,
        "p_human": found.given_up_share,
        "p_wrong_delivered": found.wrong_share,
        "p_correct_delivered": found.correct_share,
        "cost": found.usd,
    }


def bigger(inputs: Inputs) -> object:
    """Find the cost of a wrong answer from which the bigger model is the cheaper one."""
    book, _ = _tables()
    usage = _usage(inputs)
    small, big = (
        OnePass(
            book.cost(usage, _model(inputs[f"model_{name}"]), DAY).total_usd,
            Decimal(str(inputs[f"p_{name}"])),
        )
        for name in ("small", "big")
    )
    found = Bigger(small, big)
    even, minutes = found.break_even_usd, found.minutes(Decimal(str(inputs["wage_per_h"])))
    return {
        "cost_small": float(small.call_usd),
        "cost_big": float(big.call_usd),
        "failure_cost_threshold": None if even is None else float(even),
        "minutes_of_labour": None if minutes is None else float(minutes),
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


def eprocess_fixed(inputs: Inputs) -> object:
    """Bet the same before every pair."""
    found = log_wealth_fixed(inputs["D"], inputs["margin"], inputs["lam"])
    return {"path": list(map(math.exp, found)), "stop": stop_index(found, inputs["alpha"])}


def eprocess_agrapa(inputs: Inputs) -> object:
    """Bet by what was seen."""
    found = watch(inputs["D"], inputs["margin"], inputs["alpha"])
    return {"path": found.e_values.tolist(), "stop": found.stop}


def judge_report(inputs: Inputs) -> object:
    """Correct a judge."""
    found = ppi(Judged.of(inputs["Yl"], inputs["fl"], inputs["fu"]))
    return {
        "estimate": found.mean,
        "se": found.error,
        "lo": found.low,
        "hi": found.high,
        "rogan_gladen": rogan_gladen(inputs["p_obs"], inputs["se"], inputs["sp"]),
    }


def eval_plan(inputs: Inputs) -> object:
    """Share an evaluation budget, and value more pairs."""
    shared = neyman(inputs["W"], inputs["sd"], inputs["cost"], inputs["budget"])
    prospect = Prospect(
        "case", inputs["a0"], inputs["b0"], inputs["p_ref"],
        inputs["N"], inputs["dc"], inputs["L"], inputs["c_eval"],
    )  # fmt: skip
    offers = worths(prospect, inputs["ns"])
    return {
        "neyman": {"n": list(shared.n), "variance": shared.variance},
        "evsi": {str(offer.n): offer.evsi_usd for offer in offers},
        "net": {str(offer.n): offer.net_usd for offer in offers},
        "best_n": best(offers).n,
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


def _contract(inputs: Inputs) -> Contract:
    return Contract(tuple(DiscountTier(*tier) for tier in inputs["tiers"]), Overage(inputs["overage"]))


def _chances(pairs: list[tuple[float, float]]) -> tuple[Chance, ...]:
    return tuple(Chance(*pair) for pair in pairs)


def _expectation(found: Expectation) -> dict[str, object]:
    return {
        "discount": found.commitment.discount,
        "commit": found.commitment.commit_usd,
        "expected_payment": found.payment_usd,
        "expected_saving_vs_list": found.saving_usd,
        "p_dead": found.p_dead,
        "expected_dead": found.dead_usd,
        "expected_utilisation": found.utilisation_share,
        "expected_list": found.list_usd,
    }


def commit_opt_single(inputs: Inputs) -> object:
    """Size a commitment at one discount."""
    demand, discount = Demand.lognormal(inputs["mean"], inputs["cv"]), inputs["d"]
    overage = {0.0: Overage.LIST, discount: Overage.COMMITTED}[inputs["d_o"]]
    best = best_at(Contract((DiscountTier(0, discount),), overage), discount, demand)
    return {
        **_expectation(expect(best, demand)),
        "critical_ratio": best.critical_ratio,
        "list_volume": best.covered_usd,
        "breakeven_utilisation": best.breakeven_utilisation,
    }


def commit_opt_tiers(inputs: Inputs) -> object:
    """Size a commitment on a ladder of discounts."""
    rungs = ladder(_contract(inputs), Demand.lognormal(inputs["mean"], inputs["cv"]))
    best = best_of([rung.payment_usd for rung in rungs])
    per_tier = [{"tier": at, **_expectation(rung)} for at, rung in enumerate(rungs)]
    return {"best_tier": best, "best": per_tier[best], "per_tier": per_tier}


def regret_report(inputs: Inputs) -> object:
    """Compare a commitment sized on the forecast with one sized on today's bill."""
    spend = TermSpend(inputs["baseline"], certified_saving_usd=inputs["baseline"] * inputs["saving"])
    assumptions = Assumptions(_chances(inputs["growth"]), _chances(inputs["adoption"]))
    found = advise(_contract(inputs), forecast(spend, assumptions), tail_level=inputs["cvar_level"])
    return {
        "optimal": _expectation(found.best),
        "naive_commit": found.today.commitment.commit_usd,
        "naive_under_truth": _expectation(found.today),
        "regret": found.regret_usd,
        "no_commit_payment": found.nothing.payment_usd,
        "cvar_optimal": found.best.tail_usd,
        "cvar_naive": found.today.tail_usd,
    }


def empirical_commit(inputs: Inputs) -> object:
    """Size a monthly commitment on observed months."""
    found = monthly_commit(inputs["months"], inputs["d"])
    return {
        "list_volume": found.list_volume_usd,
        "commit": found.commit_usd,
        "annual_payment": found.payment_usd,
        "utilisation": found.utilisation_share,
        "coverage": found.coverage_share,
        "effective_savings_rate": found.effective_saving_share,
        "dead_usd": found.dead_usd,
    }


QUANTITIES: dict[str, Callable[[Inputs], object]] = {
    function.__name__: function
    for function in (
        request_cost, tier_cliff, compare_models, bar_choice, tango_report, ni_table, fdr_report, hull,
        commit_opt_single, commit_opt_tiers, regret_report, empirical_commit, retry_table, retry_capped,
        retry_mixture_opt, beta_growth, retry_verifier, bigger,
        eprocess_fixed, eprocess_agrapa, judge_report, eval_plan, switch_report, round_trip, switch_sim,
        mix_lp, mix_milp, cascade_report, cascade3, ltt_select, zero_error_n, cascade_cached_report,
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
