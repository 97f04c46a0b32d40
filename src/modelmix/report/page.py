"""The audit page: an audit as one HTML file that needs nothing else.

Every text that comes from a log passes through ``html.escape``; there is no script, and nothing is loaded
from anywhere.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape

from modelmix.economics.cache_health import CacheHealth
from modelmix.report.audit import AT_STAKE_NOTE, NO_MODEL, PROOF_NOTE, TRANSCRIPTS_NOTE, Audit, Row
from modelmix.report.money import about_usd, count, share, short, usd
from modelmix.report.plain import counted, printable
from modelmix.report.proof import proof_words

ROWS_SHOWN = 500
"""Longest table; what lies beyond is summed up in its last row and stands in the JSON in full."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"

_STYLE = """
:root{color-scheme:light dark;--ink:#1d2329;--soft:#5b6670;--line:#dfe3e7;--paper:#fff;--card:#f6f7f9;
--bar:#3b7dd8;--money:#146c3c;--stake:#8a5a00;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa5af;--line:#343b42;--paper:#14181c;
--card:#1c2126;--bar:#5f9cf0;--money:#6cc893;--stake:#e3b458;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.35rem;margin:0 0 .25rem}
h2{font-size:1.05rem;margin:2.25rem 0 .5rem}
p{margin:.4rem 0}
.soft{color:var(--soft)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.25rem;
margin:1rem 0}
.spend{font-size:2.1rem;font-weight:650;color:var(--money);font-variant-numeric:tabular-nums}
.stake{color:var(--stake);font-weight:600}
.bad{color:var(--bad);font-weight:600}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);padding-bottom:.25rem}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:9rem}
tbody th{font-weight:500}
thead th{border-bottom:2px solid var(--line)}
td.text{text-align:left;white-space:normal;overflow-wrap:anywhere}
td.bar{width:20%;min-width:5rem}
.fill{display:block;height:.7rem;border-radius:.2rem;background:var(--bar);min-width:1px}
@media (max-width:40rem){td.bar{display:none}}
code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.9em;overflow-wrap:anywhere}
"""


def page(audit: Audit, made: datetime) -> str:
    """Lay an audit out as a complete HTML document.

    Args:
        audit: The audit.
        made: Instant at which it was made, for the footer.
    """
    whole = audit.total.usd
    body = "".join(
        (
            _head(audit),
            _ranking("By model", "Model", audit.by_model, whole),
            _ranking("By task type", "Task type", audit.by_task_type, whole),
            _classes(audit),
            _caching(audit),
            _at_stake(audit),
            _ranking("By day", "Day (UTC)", audit.by_day, whole),
            _unpriced(audit),
            _bad_rows(audit),
            _provenance(audit, made),
        )
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>modelmix audit: {escape(usd(whole))}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _head(audit: Audit) -> str:
    stake = audit.at_stake
    days = f"{audit.by_day[0].name} to {audit.by_day[-1].name}" if audit.by_day else "no calls"
    if stake.saving_usd > 0:
        words = (
            f'<span class="stake">at stake: up to {about_usd(stake.saving_usd)}</span> · proven $0 · '
            f"proof costs about {about_usd(stake.proof_usd)}"
        )
    else:
        words = "at stake: $0"
    note = f'<p class="soft">{escape(TRANSCRIPTS_NOTE)}.</p>' if audit.has_transcripts else ""
    spend = usd(audit.total.usd) if audit.total.is_priced else "no price known"
    return (
        f'<h1>Your Claude traffic at list price</h1>\n<p class="soft">{escape(days)}</p>\n'
        f'<div class="card">\n'
        f'<div class="spend">{spend}</div>\n'
        f"<p>{counted(audit.total.calls, 'call')} · {short(audit.total.usage.total_tokens)} tokens · "
        f"{counted(len(audit.by_model), 'model')} · {counted(len(audit.by_task_type), 'task type')}</p>\n"
        f"<p>{words}</p>\n<p>Top-tier spend with evidence that a cheaper candidate fails: "
        f"{escape(share(audit.failing_usd, stake.usd))}</p>\n{note}</div>\n"
    )


def _table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Build a table; the cells are HTML, the caption and headings text."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = "".join(f"<tr>{''.join(row)}</tr>\n" for row in rows)
    return (
        f'<div class="wide"><table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{lines}</tbody>\n</table></div>\n"
    )


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _name(text: str) -> str:
    return f'<th scope="row">{_text(text)}</th>'


def _bar(part: Decimal, whole: Decimal) -> str:
    percent = float(part / whole * 100) if whole else 0.0
    fill = f'<span class="fill" style="width:{percent:.2f}%"></span>' if part > 0 else ""
    return f'<td class="bar" aria-hidden="true">{fill}</td>'


def _ranking(title: str, heading: str, rows: Sequence[Row], whole: Decimal) -> str:
    lines = [
        (
            _name(row.name or NO_MODEL),
            _cell(count(row.calls)),
            _cell(short(row.usage.total_tokens)),
            _cell(usd(row.usd)) if row.is_priced else _cell("no price", "bad"),
            _cell(share(row.usd, whole) if row.is_priced else ""),
            _bar(row.usd, whole),
        )
        for row in rows[:ROWS_SHOWN]
    ]
    if len(rows) > ROWS_SHOWN:
        rest = rows[ROWS_SHOWN:]
        spent = sum((row.usd for row in rest), Decimal(0))
        lines.append(
            (
                _name(f"{len(rest):,} more"),
                _cell(count(sum(row.calls for row in rest))),
                _cell(short(sum(row.usage.total_tokens for row in rest))),
                _cell(usd(spent)),
                _cell(share(spent, whole)),
                _bar(spent, whole),
            )
        )
    caption = f"{counted(len(rows), 'row')}; shares are of the spend"
    table = _table(caption, (heading, "Calls", "Tokens", "Spend", "Share", ""), lines)
    return f"<h2>{escape(title)}</h2>\n{table}"


def _classes(audit: Audit) -> str:
    usage, cost, whole = audit.total.usage, audit.total.cost, audit.total.usd
    rows = (
        ("Input, not cached", usage.input_tokens, cost.input_usd),
        ("Cache reads", usage.cache_read_tokens, cost.cache_read_usd),
        ("Cache writes, 5 minutes", usage.cache_write_5m_tokens, cost.cache_write_5m_usd),
        ("Cache writes, 1 hour", usage.cache_write_1h_tokens, cost.cache_write_1h_usd),
        ("Output", usage.output_tokens, cost.output_usd),
        ("Web searches (requests)", usage.web_search_requests, cost.server_tools_usd),
    )
    lines = [
        (
            _name(name),
            _cell(count(tokens)),
            _cell(usd(spent)) if audit.total.is_priced or not tokens else _cell("no price", "bad"),
            _cell(share(spent, whole)),
            _bar(spent, whole),
        )
        for name, tokens, spent in rows
    ]
    table = _table(
        "each token is in exactly one class", ("Token class", "Tokens", "Spend", "Share", ""), lines
    )
    return f"<h2>Token classes</h2>\n{table}"


def _caching(audit: Audit) -> str:
    cache = audit.cache
    if not cache.read_tokens and not cache.write_tokens:
        return "<h2>Caching</h2>\n<p>No call used the prompt cache.</p>\n"
    saved = "saved" if cache.saved_usd >= 0 else "cost extra"
    money = (
        f" Reads cost {usd(cache.read_usd)}, writes {usd(cache.write_usd)}; against no caching at all that "
        f"{saved} {usd(abs(cache.saved_usd))} (computed from list prices)."
    )
    return (
        f"<h2>Caching</h2>\n<p>{share(cache.hit_ratio or 0.0, 1)} of input was read from the cache."
        f"{money if audit.total.is_priced else ''}</p>\n"
        f"<p>{_expired(cache)}</p>\n"
    )


def _expired(cache: CacheHealth) -> str:
    if not cache.expired_sessions:
        return f"None of {counted(cache.sessions, 'session')} lost its cache to a pause."
    cold = f"In {count(cache.expired_sessions)} of {counted(cache.sessions, 'session')} the cache went cold"
    again = f"{counted(cache.cold_restarts, 'call')} wrote {short(cache.rewritten_tokens)} tokens again"
    return f"{cold} after a pause: {again}."


def _at_stake(audit: Audit) -> str:
    stake = audit.at_stake
    if not stake.calls:
        return ""
    lines = [
        (
            _name(row.task_type),
            _cell(count(row.calls)),
            _cell(usd(row.usd)),
            _cell(", ".join(row.candidates) or "none"),
            _cell(usd(row.saving_usd)),
            _cell(count(row.pairs)),
            _cell(about_usd(row.proof_usd)),
        )
        for row in stake.types[:ROWS_SHOWN]
    ]
    headings = ("Task type", "Top-tier calls", "Spend", "Cheapest candidate", "At most", "Prompts", "Proof")
    table = _table("nothing here is proven", headings, lines)
    return (
        f'<h2>At stake</h2>\n<p class="soft">At most: {escape(AT_STAKE_NOTE)}.</p>\n'
        f'<p class="soft">Proof: {escape(PROOF_NOTE)}.</p>\n{table}'
    )


def _unpriced(audit: Audit) -> str:
    if not audit.unpriced:
        return ""
    lines = [
        (
            _name(row.model or NO_MODEL),
            _cell(count(row.calls)),
            _cell(count(row.tokens)),
            _cell(printable(row.why), "text"),
        )
        for row in audit.unpriced[:ROWS_SHOWN]
    ]
    part = share(audit.unpriced_tokens, audit.total.usage.total_tokens)
    table = _table(f"{part} of tokens; in no sum of money", ("Model", "Calls", "Tokens", "Why"), lines)
    return f'<h2 class="bad">No price</h2>\n{table}'


def _bad_rows(audit: Audit) -> str:
    if not audit.bad_rows:
        return ""
    lines = [
        (_name(row.source), _cell(count(row.line)), _cell(printable(row.why), "text"))
        for row in audit.bad_rows[:ROWS_SHOWN]
    ]
    caption = f"{counted(len(audit.bad_rows), 'line')}, the first {count(len(lines))} shown; in no sum"
    return f'<h2 class="bad">Could not be read</h2>\n{_table(caption, ("Source", "Line", "Why"), lines)}'


def _provenance(audit: Audit, made: datetime) -> str:
    stand_ins = "".join(
        f"<p>{_text(old)} is priced as {_text(new)}.</p>\n" for old, new in audit.priced_as.items()
    )
    window = ""
    if audit.outside:
        window = f"<p>{counted(audit.outside, 'call')} outside the window asked for are left out.</p>\n"
    proof = (
        f"<p>Proof: {proof_words(audit.proof, audit.proof_basis)}; in no figure here.</p>\n"
        if audit.proof.calls
        else ""
    )
    at = escape(made.strftime("%Y-%m-%d %H:%M UTC"))
    return (
        f"<h2>Where the figures come from</h2>\n<p>{counted(len(audit.places), 'file')} read; "
        f"{counted(audit.copies, 'repeated line')} counted once. Sub-agents made "
        f"{counted(audit.subagents.calls, 'call')} for {usd(audit.subagents.usd)}.</p>\n{proof}{window}"
        f"{stand_ins}<p>List prices as of {audit.prices_as_of.isoformat()}, each call at its own day; price "
        f"documents <code>sha256 {_text(audit.prices_sha256)}</code>.</p>\n"
        f'<p class="soft">modelmix {_text(audit.version)}, {at}</p>\n'
    )
