"""How the demo ends: what was routed, what it cost, and whether the decisions were right."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelmix.demo.story import Ending
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.why import points
from modelmix.report.money import usd

SCHEMA = "modelmix.demo/1"
_SYNTHETIC = (
    "Everything above is simulated: answers are synthetic, dollars are list price, "
    "and no call left this machine."
)


def screen(ending: Ending) -> RenderableType:
    """Lay the end of the demo out for a terminal of 80 columns."""
    return Group(_routed(ending), Text(), _cost(ending), Text(), _truth(ending), Text(), _next(ending))


def _routed(ending: Ending) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(" task type", no_wrap=True)
    table.add_column("answered by", no_wrap=True)
    table.add_column("requests", justify="right")
    for (task_type, model), count in sorted(ending.live.served.items()):
        table.add_row(f" {task_type}", model, str(count))
    return table


def _cost(ending: Ending) -> Text:
    live, bill = ending.live, ending.bill
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
    return text


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
        said = "no claim" if checked.verdict is Verdict.UNDECIDED else "right"
        mark = Text(said, "green") if checked.is_right else Text("WRONG", "bold red")
        candidate = "" if checked.candidate is None else checked.candidate.model
        table.add_row(f" {checked.task_type}", checked.verdict, candidate, loss, points(checked.margin), mark)
    claims = [checked for checked in ending.checked if checked.verdict is not Verdict.UNDECIDED]
    told = f" known truth: {sum(c.is_right for c in claims)} of {len(claims)} claims right"
    open_ones = len(ending.checked) - len(claims)
    told += f", {open_ones} left open" if open_ones else ""
    return Group(table, Text(f"{told}; moved traffic truly loses {points(ending.true_pool_loss)}", "bold"))


def _next(ending: Ending) -> Text:
    text = Text(f" {_SYNTHETIC}\n", "dim")
    text.append(f" files: {ending.policy.parent}/ (policy: {ending.policy})\n")
    text.append(" on your own logs: ")
    text.append("modelmix audit", "bold")
    return text


def as_json(ending: Ending) -> dict[str, Any]:
    """Return the end of the demo as a JSON object of schema ``modelmix.demo/1``."""
    live, bill = ending.live, ending.bill
    return {
        "schema": SCHEMA,
        "simulated": True,
        "policy": str(ending.policy),
        "live": {
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
        },
        "decisions": [
            {
                "task_type": checked.task_type,
                "verdict": checked.verdict,
                "candidate": None if checked.candidate is None else str(checked.candidate),
                "true_loss": checked.true_loss,
                "margin": checked.margin,
                "right": checked.is_right,
            }
            for checked in ending.checked
        ],
        "right": sum(checked.is_right for checked in ending.checked),
        "true_pool_loss": ending.true_pool_loss,
    }
