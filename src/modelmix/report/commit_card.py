"""The commit card: a sized commitment in one terminal screen."""

from collections.abc import Iterator
from decimal import Decimal

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from modelmix.economics.commit_advice import Signed
from modelmix.economics.commitment import Expectation
from modelmix.economics.contract import Overage
from modelmix.economics.forecast import Chance, Scenario
from modelmix.economics.monthly_commit import MonthlyCommit
from modelmix.report.commit import Basis, CommitReport, outcome, split_of
from modelmix.report.money import about_usd, share, usd
from modelmix.report.plain import ending, printable

SCENARIOS_SHOWN = 12
_NONE = "\N{EN DASH}"
_UNDERLINED = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_WIDE_USD = 999_999.5  # from here on whole dollars have seven digits
_STEPS = ((10**9, "B"), (10**6, "M"))
_CENT = 0.005
_CENTS_BELOW_USD = 10
_COLUMN_USD = 100_000_000
_DIGITS = 4
_CROWDED = 7
_LEAST_SHARE = 0.0001


def card(report: CommitReport) -> RenderableType:
    """Lay a sized commitment out for a terminal of 80 columns or more.

    The parts, in order: the commitment, what else could be signed, what it hangs on, discount tiers,
    scenarios, assumptions with their basis, what changes if they do not hold, notes, and what to do next.
    """
    return Group(
        _title(report),
        _headline(report),
        _compared(report),
        Text(),
        _rows(_findings(report)),
        _tiers(report),
        _scenarios(report),
        _assumptions(report),
        _otherwise(report),
        Text(),
        _rows([("" if at else "Notes", note) for at, note in enumerate(report.notes)], "dim"),
        _rows(_next(report), "cyan"),
    )


def summary(report: CommitReport) -> RenderableType:
    """Lay the first parts out: the commitment, what else could be signed, and what it hangs on."""
    return Group(_title(report), _headline(report), _compared(report), Text(), _rows(_findings(report)))


def dollars(amount: float) -> str:
    """Write whole dollars, and cents below ten dollars.

    >>> dollars(1101600.2), dollars(0.03), dollars(0.001)
    ('$1,101,600', '$0.03', '$0')
    """
    if abs(amount) < _CENT:
        return "$0"
    money = Decimal(repr(amount))
    return usd(money) if abs(amount) < _CENTS_BELOW_USD else about_usd(money)


def exact(amount: float) -> str:
    """Write whole dollars up to what a column of a table holds."""
    return dollars(amount) if abs(amount) < _COLUMN_USD else brief(amount)


def brief(amount: float) -> str:
    """Write whole dollars below a million, and four digits of what is larger.

    >>> brief(999999.0), brief(1101600.2), brief(2.5e10)
    ('$999,999', '$1.102M', '$25.00B')
    """
    if abs(amount) < _WIDE_USD:
        return dollars(amount)
    step, letter = next((pair for pair in _STEPS if abs(amount) >= pair[0]), _STEPS[-1])
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    size = abs(amount) / step
    digits = max(0, _DIGITS - len(f"{size:.0f}"))
    return f"{sign}${size:,.{digits}f}{letter}"


def percent(value: float) -> str:
    """Write a share that somebody stated to at most four digits, without those that nobody did.

    >>> percent(0.15), percent(1 - 0.8), percent(0.075), percent(1e-9)
    ('15 %', '20 %', '7.5 %', '<0.01 %')
    """
    if 0 < value < _LEAST_SHARE:
        return "<0.01 %"
    return f"{100 * value:.4g} %"


def _part(value: float | None) -> str:
    return _NONE if value is None else share(value, 1)


def _title(report: CommitReport) -> Text:
    text = Text(" ")
    text.append(f"modelmix {report.version}", "bold")
    months = f"{report.months} months" if report.months != 1 else "1 month"
    text.append(f" · {printable(report.name, 30)} · {months} from {report.start}", "dim")
    return text


def _headline(report: CommitReport) -> Panel:
    best, nothing = report.advice.best, report.advice.nothing
    commitment = best.commitment
    first = Text()
    if commitment.commit_usd:
        first.append(f"commit {dollars(commitment.commit_usd)}", "bold green")
        lower = report.advice.contract.tiers[report.advice.best_tier].from_usd
        off = percent(commitment.discount)
        first.append(f" for the term: {off} off, tier from {dollars(lower)}")
    else:
        first.append("commit nothing", "bold yellow")
        first.append(": no commitment of this contract is expected to cost less")
    paid = Text(f"expected payment {dollars(best.payment_usd)}, {_against(best.saving_usd)} ")
    paid.append(f"({dollars(nothing.payment_usd)}): {share(best.saving_usd, best.list_usd)}")
    spread = Text(f"90 % of outcomes pay {dollars(best.low_usd)} to {dollars(best.high_usd)}")
    return Panel(
        Group(first, paid, spread, Text(report.computed_from, "dim")),
        title="Commitment",
        title_align="left",
        box=box.ROUNDED,
    )


def _against(saving_usd: float) -> str:
    if abs(saving_usd) < _CENT:
        return "the same as list"
    return f"{dollars(abs(saving_usd))} {'below' if saving_usd > 0 else 'above'} list"


def _grid(first: str, *titles: str) -> Table:
    # With many columns the one space between them has to do.
    gap = 1 if len(titles) < _CROWDED else 0
    table = Table(
        box=_UNDERLINED, pad_edge=False, show_edge=False, padding=(0, gap, 0, 0), header_style="bold"
    )
    table.add_column(f" {first}", no_wrap=True, overflow="ellipsis")
    for title in titles:
        # A header such as E[dead] is no markup.
        table.add_column(Text(title), justify="right", no_wrap=True)
    return table


def _compared(report: CommitReport) -> Table:
    advice = report.advice
    table = _grid("Sign", "Commit", "Expected", "vs list", "P(dead)", "E[dead]", "Used", "Tail")
    rows = [("recommended", advice.best), ("today's bill", advice.today), ("nothing", advice.nothing)]
    if advice.signed is not None:
        rows.append(("as signed", advice.signed.expected))
    for name, found in rows:
        amounts = (found.commitment.commit_usd, found.payment_usd, -found.saving_usd)
        row = [*map(brief, amounts), *_dead(found), _part(found.utilisation_share), brief(found.tail_usd)]
        table.add_row(f" {name}", *row, style="bold" if found is advice.best else "")
    return table


def _dead(found: Expectation) -> tuple[str, str]:
    if not found.commitment.commit_usd:
        return _NONE, _NONE
    return share(found.p_dead, 1), brief(found.dead_usd)


def _rows(rows: "Iterator[tuple[str, str]] | list[tuple[str, str]]", style: str = "") -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=11, no_wrap=True, style="bold")
    table.add_column()
    for label, text in rows:
        table.add_row(f" {label}", Text(text, style))
    return table


def _findings(report: CommitReport) -> Iterator[tuple[str, str]]:
    advice = report.advice
    tail = f"tail: mean of the dearest {percent(1 - advice.tail_level)} of outcomes"
    yield "Words", f"all computed; dead: committed, paid, not used; {tail}"
    yield "Regret", _regret(report)
    if advice.best.commitment.commit_usd:
        yield "Break-even", _break_even(advice.best)
        yield "Walk away", _walk_away(advice.walk_away_discount or 0.0)
    yield "Clause", _clause(report)
    if report.history is not None:
        yield "History", _history(report.history)
    if advice.signed is not None:
        yield "Signed", _signed(advice.signed)


def _walk_away(discount: float) -> str:
    if not discount:
        return "at no discount: it is used whole in every scenario (computed)"
    return f"below {percent(round(discount, 3))} off, list price is cheaper than this commitment (computed)"


def _break_even(best: Expectation) -> str:
    least, used = percent(best.commitment.breakeven_utilisation), _part(best.utilisation_share)
    return (
        f"it pays while {least} of it is used; expected {used}, covering {_part(best.coverage_share)} "
        "of list spend (computed)"
    )


def _regret(report: CommitReport) -> str:
    advice = report.advice
    if advice.regret_usd < _CENT:
        return "none: today's bill leads to the same commitment (computed)"
    text = (
        f"signing {dollars(advice.today.commitment.commit_usd)}, sized on today's bill, costs "
        f"{dollars(advice.regret_usd)} more than the commitment above"
    )
    over = advice.today.payment_usd - advice.nothing.payment_usd
    if over > _CENT:
        text += f", and {dollars(over)} more than signing nothing"
    return f"{text} (computed)"


def _clause(report: CommitReport) -> str:
    worth = dollars(report.advice.clause_usd)
    if report.advice.contract.overage is Overage.COMMITTED:
        return f"overage at the committed rate, as in this contract, is worth {worth} (computed)"
    return f"overage at the committed rate instead of list would be worth {worth} (computed)"


def _history(history: MonthlyCommit) -> str:
    return (
        f"{history.months} whole months alone, at the same discount, would have made "
        f"{dollars(history.commit_usd)} a month best: {share(history.utilisation_share, 1)} used, "
        f"{share(history.effective_saving_share, 1)} saved (measured; no growth, no saving to come)"
    )


def _signed(signed: Signed) -> str:
    return (
        f"of the saving, {dollars(signed.cash_usd)} is cash, by which the payment falls, and "
        f"{dollars(signed.headroom_usd)} freed headroom, paid all the same until it is used (computed); "
        "it stays due: what is recommended is for a new term"
    )


def _tiers(report: CommitReport) -> RenderableType:
    advice = report.advice
    table = _grid("From", "Off", "Best commit", "Expected", "vs best", "P(dead)", "E[dead]")
    for at, (tier, rung) in enumerate(zip(advice.contract.tiers, advice.rungs, strict=True)):
        amounts = (rung.commitment.commit_usd, rung.payment_usd, rung.payment_usd - advice.best.payment_usd)
        row = [f" {exact(tier.from_usd)}", percent(tier.discount), *map(exact, amounts), *_dead(rung)]
        table.add_row(*row, style="bold" if at == advice.best_tier else "")
    return _titled("Discount tiers, and the best commitment in each (computed)", table)


def _titled(title: str, *parts: RenderableType) -> Group:
    return Group(Text(f"\n {title}", "dim"), *parts)


def _scenarios(report: CommitReport) -> RenderableType:
    advice = report.advice
    merged = _merged(report)
    varies = len({scenario.price for scenario, _ in merged}) > 1
    adopts = advice.forecast.spend.certified_saving_usd != 0
    optional = {"Adopted": adopts, "Prices": varies}
    titles = ["Growth", *(name for name, tells in optional.items() if tells), "At list", "Payment", "Dead"]
    table = _grid("Chance", *titles, *(["Cash", "Freed"] if advice.signed is not None else []))
    likeliest = sorted(merged, key=lambda pair: -pair[1])[:SCENARIOS_SHOWN]
    for scenario, chance in (pair for pair in merged if pair in likeliest):
        found, split = outcome(report, scenario), split_of(report, scenario)
        paid = (found.payment_usd, found.dead_usd) if split is None else (split.payment_usd, split.dead_usd)
        row = [f" {percent(chance)}", f"{scenario.growth:.4g}"]
        row += [percent(scenario.adoption)] if adopts else []
        row += [f"{scenario.price:.4g}"] if varies else []
        row += map(brief, (scenario.after_usd, *paid))
        row += [] if split is None else map(brief, (split.cash_usd, split.headroom_usd))
        table.add_row(*row)
    below: list[RenderableType] = []
    if len(merged) > SCENARIOS_SHOWN:
        rest = len(merged) - SCENARIOS_SHOWN
        below.append(Text(f" the {SCENARIOS_SHOWN} likeliest; {rest} more: --json lists them", "dim"))
    which = "recommended commitment" if advice.signed is None else "commitment as signed"
    return _titled(f"Scenarios at the {which} (computed)", table, *below)


def _merged(report: CommitReport) -> list[tuple[Scenario, float]]:
    """Return scenarios with their chances; where there is nothing to adopt, adoption tells none apart."""
    forecast = report.advice.forecast
    if forecast.spend.certified_saving_usd:
        return [(scenario, scenario.probability) for scenario in forecast.scenarios]
    first: dict[tuple[float, float], Scenario] = {}
    chance: dict[tuple[float, float], float] = {}
    for scenario in forecast.scenarios:
        key = (scenario.growth, scenario.price)
        first.setdefault(key, scenario)
        chance[key] = chance.get(key, 0.0) + scenario.probability
    return [(scenario, chance[key]) for key, scenario in first.items()]


def _assumptions(report: CommitReport) -> RenderableType:
    table = Table(box=_UNDERLINED, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(" Assumption", no_wrap=True)
    table.add_column("Value", ratio=1)
    table.add_column("Basis", no_wrap=True)
    for key, value, basis in _assumed(report):
        table.add_row(f" {key}", value, basis)
    return Group(Text(), table)


def _assumed(report: CommitReport) -> Iterator[tuple[str, str, str]]:
    spend, assumed = report.advice.forecast.spend, report.advice.forecast.assumptions
    yield "demand.baseline_usd", f"{dollars(spend.bill_usd)}: {report.spend_source}", report.spend_basis
    if spend.live_saving_usd:
        yield "live saving", f"{dollars(spend.live_saving_usd)}, in today's bill already", report.saving_basis
    bound = spend.certified_saving_bound_usd
    least = "" if bound is None or not spend.certified_saving_usd else f" (at least {dollars(bound)})"
    yield (
        "demand.saving",
        f"{dollars(spend.certified_saving_usd)}{least}, not live: {report.saving_source}",
        report.saving_basis,
    )
    spread = f", cv {percent(assumed.growth_cv)}" if assumed.growth_cv else ""
    driven = "users x requests per user x tokens in and out per request x model mix"
    yield "demand.growth", f"{_listed(assumed.growth, '')}{spread}: {driven}", Basis.ASSUMED
    yield "demand.adoption", f"{_listed(assumed.adoption, '%')} of what is not live", Basis.ASSUMED
    stays = all(chance.value == 1 for chance in assumed.price)
    yield "demand.price", "list prices stay" if stays else _listed(assumed.price, ""), Basis.ASSUMED


def _listed(chances: tuple[Chance, ...], unit: str) -> str:
    values = [percent(chance.value) if unit else f"{chance.value:.4g}" for chance in chances]
    if len(values) == 1:
        return values[0]
    return ", ".join(f"{v} ({percent(c.probability)})" for v, c in zip(values, chances, strict=True))


def _otherwise(report: CommitReport) -> RenderableType:
    table = _grid("Assumption", "Best commit then", "Keeping this costs")
    for variation in report.advice.variations:
        table.add_row(
            f" {variation.key}: {variation.change}",
            exact(variation.best.commit_usd),
            exact(variation.kept_usd),
        )
    return _titled("If it turns out otherwise (computed)", table)


def _next(report: CommitReport) -> Iterator[tuple[str, str]]:
    path = ending(report.path, 40)
    if report.saving_basis is Basis.NONE:
        yield "Next", "modelmix optimize, then modelmix commit with --policy: count what is proven"
    elif report.saving_basis is Basis.ASSUMED:
        yield (
            "Next",
            f"modelmix commit {path} --policy policy.yaml: take out demand.saving, count what is proven",
        )
    else:
        yield "Next", f"edit demand in {path} where you know better, and run it again"
    yield "", f"modelmix commit {path} --json: this in full"
