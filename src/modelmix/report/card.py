"""The audit card: an audit in one terminal screen."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from modelmix.core.call import UNTYPED
from modelmix.report.audit import NO_MODEL, Audit, Row
from modelmix.report.money import about_usd, count, share, short, usd
from modelmix.report.plain import counted, ending, printable
from modelmix.report.proof import proof_words

MODELS_SHOWN = 8
TYPES_SHOWN = 10
BAD_ROWS_SHOWN = 3
UNPRICED_SHOWN = 3
_NAME_WIDTH = 25
_BAR_WIDTH = 8
_BLOCKS = " ▏▎▍▌▋▊▉█"
_HASH_SHOWN = 8
# A rule under the heading and no other line.
_UNDERLINED = box.Box("    \n    \n ── \n    \n    \n    \n    \n    \n")


def card(audit: Audit) -> RenderableType:
    """Lay an audit out for a terminal of 80 columns or more.

    The parts, in order: headline with what is at stake, models, task types, token classes, then one line
    each for caching, sub-agents, what could not be priced or read, the prices, and what to do next.
    """
    parts: list[RenderableType] = [_title(audit), _headline(audit)]
    if audit.total.calls:
        parts.append(_models(audit))
    if any(row.name != UNTYPED for row in audit.by_task_type):
        parts.append(_task_types(audit))
    if audit.total.calls:
        parts.append(_classes(audit))
    parts += [Text(), *_notes(audit)]
    return Group(*parts)


def _title(audit: Audit) -> Text:
    text = Text(" ")
    text.append(f"modelmix {audit.version}", "bold")
    text.append(f" · {_read_from(audit)}", "dim")
    if audit.by_day:
        text.append(f" · {_days(audit.by_day)}", "dim")
    return text


def _read_from(audit: Audit) -> str:
    names = {"claude-code": "Claude Code", "messages": "request logs", "gateway": "gateway"}
    sources = ", ".join(names.get(source, printable(source)) for source in audit.sources) or "no calls"
    return f"{sources}, {counted(len(audit.places), 'file')}"


def _days(by_day: Sequence[Row]) -> str:
    first, last = (date.fromisoformat(row.name) for row in (by_day[0], by_day[-1]))
    if first == last:
        return first.isoformat()
    return f"{first} to {last}, {(last - first).days + 1} days"


def _headline(audit: Audit) -> Panel:
    spend = Text()
    if audit.total.is_priced:
        spend.append(usd(audit.total.usd), "bold green")
    else:
        spend.append("no price known", "bold red")
    spend.append(
        f" · {counted(audit.total.calls, 'call')} · {short(audit.total.usage.total_tokens)} tokens · "
        f"{counted(len(audit.by_model), 'model')} · {counted(len(audit.by_task_type), 'task type')}"
    )
    lines = [spend, *_stake_lines(audit)]
    if audit.has_transcripts:
        lines.append(Text("API-list equivalent, not your bill: a transcript may be a subscription's", "dim"))
    return Panel(
        Group(*lines), title="Your Claude traffic at list price", title_align="left", box=box.ROUNDED
    )


def _stake_lines(audit: Audit) -> Iterator[Text]:
    stake = audit.at_stake
    if not stake.calls:
        yield Text("at stake: $0, as no priced call went to Opus or above")
        return
    if stake.saving_usd <= 0:
        dearer = about_usd(-stake.saving_usd)
        yield Text(f"at stake: $0, as the cheapest lower tier would cost {dearer} more for these tokens")
    else:
        line = Text("at stake: up to ")
        line.append(about_usd(stake.saving_usd), "bold yellow")
        line.append(f" · proven $0 · proof costs about {about_usd(stake.proof_usd)}")
        yield line
    failing = share(audit.failing_usd, stake.usd)
    yield Text(f"top-tier spend with evidence that a cheaper candidate fails: {failing}", "dim")


def _grid(heading: str, width: int = _NAME_WIDTH) -> Table:
    table = Table(box=_UNDERLINED, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(f" {heading}", width=width + 1, no_wrap=True, overflow="ellipsis")
    for title, size in (("Calls", 7), ("Tokens", 6), ("Spend", 10), ("Share", 7)):
        table.add_column(title, justify="right", min_width=size, no_wrap=True)
    table.add_column("", width=_BAR_WIDTH, no_wrap=True, overflow="crop", style="cyan")
    return table


def _models(audit: Audit) -> RenderableType:
    return _ranking("Model", audit.by_model, audit.total.usd, MODELS_SHOWN)


def _task_types(audit: Audit) -> RenderableType:
    return _ranking("Task type", audit.by_task_type, audit.total.usd, TYPES_SHOWN)


def _ranking(heading: str, rows: Sequence[Row], whole: Decimal, shown: int) -> RenderableType:
    table = _grid(heading)
    for row in rows[:shown]:
        table.add_row(
            Text(f" {printable(row.name or NO_MODEL, _NAME_WIDTH)}"),
            count(row.calls),
            short(row.usage.total_tokens),
            usd(row.usd) if row.is_priced else Text("no price", "bold red"),
            share(row.usd, whole) if row.is_priced else "",
            bar(row.usd, whole),
        )
    if len(rows) > shown:
        rest = rows[shown:]
        spent = sum((row.usd for row in rest), Decimal(0))
        table.add_row(
            Text(f" {len(rest):,} more", "dim"),
            count(sum(row.calls for row in rest)),
            short(sum(row.usage.total_tokens for row in rest)),
            usd(spent),
            share(spent, whole),
            bar(spent, whole),
        )
    return Group(Text(), table)


def bar(part: Decimal, whole: Decimal, width: int = _BAR_WIDTH) -> str:
    """Draw a share as a bar of eighths; what is not nothing shows at least the thinnest.

    >>> bar(Decimal(1), Decimal(2), 4), bar(Decimal(1), Decimal(1000), 4), bar(Decimal(0), Decimal(1), 4)
    ('██', '▏', '')
    """
    eighths = int(part / whole * width * 8) if whole else 0
    if part > 0 and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return ("█" * full + _BLOCKS[rest]).rstrip()


def _classes(audit: Audit) -> RenderableType:
    usage, cost = audit.total.usage, audit.total.cost
    rows = (
        ("input, not cached", usage.input_tokens, cost.input_usd),
        ("cache reads", usage.cache_read_tokens, cost.cache_read_usd),
        ("cache writes, 5 minutes", usage.cache_write_5m_tokens, cost.cache_write_5m_usd),
        ("cache writes, 1 hour", usage.cache_write_1h_tokens, cost.cache_write_1h_usd),
        ("output", usage.output_tokens, cost.output_usd),
    )
    table = _grid("Token class")
    whole = audit.total.usd
    for name, tokens, spent in rows:
        if tokens:
            money = usd(spent) if audit.total.is_priced else Text("no price", "bold red")
            table.add_row(f" {name}", "", short(tokens), money, share(spent, whole), bar(spent, whole))
    searches, spent = usage.web_search_requests, cost.server_tools_usd
    if searches:
        name = f" {counted(searches, 'web search', 'web searches')}"
        table.add_row(name, "", "", usd(spent), share(spent, whole), bar(spent, whole))
    return Group(Text(), table)


def _notes(audit: Audit) -> Iterator[RenderableType]:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=11, no_wrap=True, style="bold")
    table.add_column()
    for label, text in _note_rows(audit):
        table.add_row(f" {label}", text)
    yield table


def _note_rows(audit: Audit) -> Iterator[tuple[str, RenderableType]]:
    yield "Caching", _caching(audit)
    if audit.subagents.calls:
        part = share(audit.subagents.usd, audit.total.usd)
        made = counted(audit.subagents.calls, "call")
        yield "Sub-agents", Text(f"{usd(audit.subagents.usd)} ({part} of spend) in {made}")
    if audit.proof.calls:
        yield "Proof", Text(f"{proof_words(audit.proof, audit.proof_basis)}; in no figure above")
    if audit.copies:
        yield "Copies", Text(f"{counted(audit.copies, 'repeated line')} counted once, not again")
    if audit.outside:
        yield "Window", Text(f"{counted(audit.outside, 'call')} outside --since and --until left out")
    if audit.unpriced:
        yield "No price", _unpriced(audit)
    if audit.bad_rows:
        yield "Unread", _bad_rows(audit)
    yield "Prices", _prices(audit)
    if audit.at_stake.saving_usd > 0:
        yield "At stake", Text(_at_stake_words(audit), "dim")
    yield "Next", Text(_next(audit), "cyan")
    yield "", Text("modelmix audit --html report.html, or --json: this in full", "cyan")


def _next(audit: Audit) -> str:
    """Name the first step towards proof: a replay needs the requests themselves, which a transcript lacks."""
    if "messages" in audit.sources:
        return "modelmix replay LOG --dry-run: what proof would cost"
    return "modelmix serve --capture FILE, then modelmix replay FILE --dry-run: proof first"


def _at_stake_words(audit: Audit) -> str:
    names = list(dict.fromkeys(name for row in audit.at_stake.types for name in row.candidates))
    target = names[0] if len(names) == 1 else "the cheapest lower tier"
    return (
        f"is {usd(audit.at_stake.usd)} of calls on Opus and above, had the same tokens run on {target} at "
        f"today's prices; no saving until proven ({counted(audit.at_stake.pairs, 'prompt')}; grading extra)"
    )


def _caching(audit: Audit) -> Text:
    cache = audit.cache
    if not cache.read_tokens and not cache.write_tokens:
        return Text("no call used the prompt cache")
    read = share(cache.hit_ratio or 0.0, 1)
    saved = f"saved {usd(cache.saved_usd)}" if cache.saved_usd >= 0 else f"cost {usd(-cache.saved_usd)} extra"
    text = Text(f"{read} of input was read from the cache")
    if audit.total.is_priced:
        text.append(f"; caching {saved} (computed, list price)")
    if cache.expired_sessions:
        text.append(
            f"; in {count(cache.expired_sessions)} of {counted(cache.sessions, 'session')} it went cold: "
            f"{short(cache.rewritten_tokens)} tokens written again"
        )
    return text


def _unpriced(audit: Audit) -> Text:
    calls = counted(audit.unpriced_calls, "call")
    part = share(audit.unpriced_tokens, audit.total.usage.total_tokens)
    text = Text(f"{calls}, {part} of tokens, in no sum above", "bold red")
    for row in audit.unpriced[:UNPRICED_SHOWN]:
        text.append(f"\n{printable(row.model or NO_MODEL, 40)}: {printable(row.why)}", "not bold default")
    if len(audit.unpriced) > UNPRICED_SHOWN:
        text.append(
            f"\nand {len(audit.unpriced) - UNPRICED_SHOWN:,} more: --json lists them", "not bold default"
        )
    return text


def _bad_rows(audit: Audit) -> Text:
    text = Text(f"{counted(len(audit.bad_rows), 'line')} could not be read; in no sum above", "bold red")
    for row in audit.bad_rows[:BAD_ROWS_SHOWN]:
        text.append(f"\n{ending(row.source, 40)}:{row.line}: {printable(row.why)}", "not bold default")
    if len(audit.bad_rows) > BAD_ROWS_SHOWN:
        text.append(
            f"\nand {len(audit.bad_rows) - BAD_ROWS_SHOWN:,} more: --json lists them all", "not bold default"
        )
    return text


def _prices(audit: Audit) -> Text:
    text = Text(
        f"list prices of {audit.prices_as_of} (sha256 {audit.prices_sha256[:_HASH_SHOWN]}), each call's day"
    )
    for old, new in audit.priced_as.items():
        text.append(f"\n{printable(old)} priced as {printable(new)}")
    return text
