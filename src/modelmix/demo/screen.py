"""What the demo says between the commands' own screens, and how it ends."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelmix.demo.known_truth import Checked
from modelmix.demo.live import Bill, Live
from modelmix.demo.naive import Wrong
from modelmix.demo.refusal import Declined, Refusal
from modelmix.demo.story import Ending
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.why import points
from modelmix.pipeline.optimize import Optimised
from modelmix.report.commit import as_json as commit_json
from modelmix.report.money import about_usd, usd
from modelmix.report.plain import printable
from modelmix.report.replay import as_json as replay_json

SCHEMA = "modelmix.demo/2"
_SYNTHETIC = (
    "Everything above is simulated: answers are synthetic, dollars are list price, "
    "and no call left this machine."
)
_LONGEST_SHOWN = 240


def refused(found: Refusal, optimised: Optimised) -> RenderableType:
    """Say what a naive router would do, what of it is refused, and what that looks like."""
    naive, fit = found.naive, optimised.fit
    before, after = naive.errors_per_1000
    parts: list[RenderableType] = [
        Text.assemble(
            " a naive router (cheapest candidate with 8 of 10 answers right) ",
            (f'"saves {naive.saving_share:.0%}"', "bold"),
            f"\n and turns {before:.0f} wrong answers per 1,000 into {after:.0f}; ",
            (f"it fills in {naive.invented:,} of {naive.absent:,} absent form fields", "bold red"),
        ),
        Text.assemble(
            " modelmix saves ",
            (f"{fit.saving_share:.0%}", "bold green"),
            f" (at least {fit.saving_bound:.0%}), proven, and declines:",
        ),
    ]
    parts += [Padding(_declined(one), (0, 0, 0, 3)) for one in found.declined]
    parts += [Padding(_wrong(number, one), (0, 0, 0, 3)) for number, one in enumerate(found.wrong, 1)]
    parts.append(
        Text(f" and a policy whose route was changed by hand is refused:\n   {found.tampered}", "dim")
    )
    return Group(*parts)


def _declined(one: Declined) -> Text:
    text = Text(f"{printable(one.task_type)} on {one.candidate}: ", "red")
    text.append(f"{about_usd(Decimal(repr(one.usd_month)))} a month declined", "bold red")
    return text.append(
        f"; it loses {points(one.loss)} where {points(one.margin)} are allowed ({one.pairs:.0f} pairs)"
    )


def _wrong(number: int, one: Wrong) -> Text:
    return Text.assemble(
        (f"wrong answer {number} of {one.candidate}: {one.why}\n", "bold"),
        ("right  ", "green"),
        f"{_short(one.expected)}\n",
        ("given  ", "red"),
        _short(one.response),
    )


def served(live: Live, bill: Bill) -> RenderableType:
    """Say who answered, and what it cost."""
    table = Table(box=None, pad_edge=False)
    table.add_column(" task type", no_wrap=True)
    table.add_column("answered by", no_wrap=True)
    table.add_column("requests", justify="right")
    for (task_type, model), count in sorted(live.served.items()):
        table.add_row(f" {task_type}", model, str(count))
    saved = 1 - bill.usd / bill.baseline_usd if bill.baseline_usd else 0
    text = Text(
        f" {live.requests:,} requests ({live.streamed:,} streamed), {bill.calls:,} rows in the ledger: "
    )
    text.append(usd(bill.usd), "bold green")
    text.append(f" against about {usd(bill.baseline_usd)} on today's model (estimated): ")
    text.append(f"{saved:.0%} saved\n", "bold green")
    text.append(f" {live.correct / live.requests:.1%} of the answers were right\n")
    if live.one_reason:
        text.append(f" a moved answer says: modelmix-reason: {live.one_reason}", "dim")
    return Group(table, Text(), text)


def screen(ending: Ending) -> RenderableType:
    """Lay the end of the demo out for a terminal of 80 columns."""
    return Group(_truth(ending), Text(), _next(ending))


def _truth(ending: Ending) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    table.add_column(" known truth", no_wrap=True)
    table.add_column("decided", no_wrap=True)
    table.add_column("on", no_wrap=True)
    table.add_column("true loss", justify="right", no_wrap=True)
    table.add_column("margin", justify="right", no_wrap=True)
    table.add_column("")
    for checked in ending.checked:
        loss = "" if checked.true_loss is None else points(checked.true_loss)
        said = "\N{EN DASH}" if checked.verdict is Verdict.UNDECIDED else "\N{CHECK MARK}"
        mark = Text(said, "green") if checked.is_right else Text("WRONG", "bold red")
        candidate = "" if checked.candidate is None else str(checked.candidate)
        table.add_row(f" {checked.task_type}", checked.verdict, candidate, loss, points(checked.margin), mark)
    claims = [checked for checked in ending.checked if checked.verdict is not Verdict.UNDECIDED]
    told = f" known truth: {sum(c.is_right for c in claims)} of {len(claims)} decisions right"
    open_ones = len(ending.checked) - len(claims)
    told += f", {open_ones} left open" if open_ones else ""
    return Group(table, Text(f"{told}; moved traffic truly loses {points(ending.true_pool_loss)}", "bold"))


def _next(ending: Ending) -> RenderableType:
    folder = ending.policy.parent
    rows = Table.grid(padding=(0, 1))
    rows.add_column(width=9, no_wrap=True, style="bold")
    rows.add_column()
    rows.add_row(
        " files", f"{ending.page} (open it), {ending.policy.name}, {ending.collected.contract.name}, home/"
    )
    rows.add_row(
        " yours", Text("modelmix                                   # what your traffic costs", "cyan")
    )
    rows.add_row("", Text("modelmix replay LOG --dry-run              # what proof would cost", "cyan"))
    rows.add_row("", Text(f"modelmix report --home {folder / 'home'} …   # or look around in here", "cyan"))
    return Group(Text(f" {_SYNTHETIC}", "dim"), rows)


def _short(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"


def as_json(ending: Ending) -> dict[str, Any]:
    """Return the demo as a JSON object of schema ``modelmix.demo/2``."""
    claims = [checked for checked in ending.checked if checked.verdict is not Verdict.UNDECIDED]
    return {
        "schema": SCHEMA,
        "simulated": True,
        "policy": str(ending.policy),
        "report": str(ending.page),
        "replay": replay_json(ending.replayed),
        "proven": {"saving_share": ending.saving_share, "saving_bound": ending.saving_bound},
        **_refusal_json(ending.refusal),
        "live": _live_json(ending.live, ending.bill),
        "commit": commit_json(ending.commit),
        "decisions": [_checked_json(checked) for checked in ending.checked],
        "claims": len(claims),
        "right": sum(checked.is_right for checked in claims),
        "true_pool_loss": ending.true_pool_loss,
    }


def _refusal_json(found: Refusal) -> dict[str, Any]:
    naive = found.naive
    return {
        "naive": {
            "saving_share": naive.saving_share,
            "routes": {name: str(candidate) for name, candidate in sorted(naive.routes.items())},
            "errors_per_1000": list(naive.errors_per_1000),
            "absent_fields_invented": naive.invented,
            "forms_with_absent_field": naive.absent,
        },
        "declined": [{**asdict(one), "candidate": str(one.candidate)} for one in found.declined],
        "wrong_answers": [{**asdict(one), "candidate": str(one.candidate)} for one in found.wrong],
        "tampered_policy": found.tampered,
    }


def _live_json(live: Live, bill: Bill) -> dict[str, Any]:
    return {
        "requests": live.requests,
        "streamed": live.streamed,
        "correct": live.correct,
        "served": [
            {"task_type": task_type, "model": model, "requests": count}
            for (task_type, model), count in sorted(live.served.items())
        ],
        "usd": float(bill.usd),
        "baseline_usd_estimated": float(bill.baseline_usd),
        "ledger_rows": bill.calls,
    }


def _checked_json(checked: Checked) -> dict[str, Any]:
    return {
        "task_type": checked.task_type,
        "verdict": checked.verdict,
        "candidate": None if checked.candidate is None else str(checked.candidate),
        "true_loss": checked.true_loss,
        "margin": checked.margin,
        "right": checked.is_right,
    }
