"""Diff pages: the changes between two policies as text for a terminal and as a comment for a pull request."""

from collections.abc import Sequence
from decimal import Decimal

from modelmix.policy.diff import Change, worst
from modelmix.policy.words import usd

_MARKS = {"pass": "✅", "warn": "⚠️", "fail": "❌"}
_SIGNS = {"added": "+", "removed": "-"}


def total_usd_month(changes: Sequence[Change]) -> Decimal | None:
    """Add up the changes of the bill, USD per month, or return None where no evidence tells one."""
    known = [change.usd_month for change in changes if change.usd_month is not None]
    return sum(known, Decimal(0)) if known else None


def text(changes: Sequence[Change]) -> str:
    """Write one or two lines per change: ``+`` added, ``-`` removed, ``~`` changed."""
    if not changes:
        return "The two policies are the same.\n"
    lines = []
    for change in changes:
        mark = "" if change.guardrail == "pass" else f"  [{change.guardrail}]"
        lines.append(f"{_SIGNS.get(change.kind, '~')} {change.where}: {_kind(change)}{mark}")
        lines += [f"    before  {change.before}"] if change.before else []
        lines += [f"    after   {change.after}"] if change.after else []
        if change.quality and change.quality != change.after:
            lines.append(f"    {change.quality}")
        lines += [f"    {usd(change.usd_month)}"] if change.usd_month is not None else []
    return "".join(f"{line}\n" for line in [*lines, "", _summary(changes)])


def github(changes: Sequence[Change]) -> str:
    """Write a comment in GitHub's Markdown: a heading with the sum and the guardrails, and a table."""
    if not changes:
        return "### Claude policy: no change\n"
    total = total_usd_month(changes)
    cost = "" if total is None else f" · {usd(total)}"
    count = f"{len(changes)} change" + ("s" if len(changes) > 1 else "")
    lines = [
        f"### Claude policy: {count}{cost} · guardrails {_MARKS[worst(changes)]}",
        "",
        "| task type | change | before → after | Δ $/mo | quality | guardrail |",
        "|---|---|---|---|---|---|",
    ]
    for change in changes:
        month = "" if change.usd_month is None else usd(change.usd_month).removesuffix("/mo")
        way = " → ".join(part for part in (change.before, change.after) if part)
        cells = (change.where, _kind(change), way, month, change.quality, _MARKS[change.guardrail])
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "".join(f"{line}\n" for line in lines)


def _kind(change: Change) -> str:
    words = {"moved": "route", "order": "order of entries", "bar": "quality bar"}
    return words.get(change.kind, change.kind)


def _cell(value: str) -> str:
    # A bar would end the cell, an angle bracket would begin HTML.
    return value.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _summary(changes: Sequence[Change]) -> str:
    total = total_usd_month(changes)
    cost = "" if total is None else f", {usd(total)} by the evidence"
    return f"{len(changes)} change{'s' if len(changes) > 1 else ''}{cost}; guardrails: {worst(changes)}"
