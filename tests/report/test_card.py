"""The card says what the audit holds, within 80 columns."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from modelmix.core.call import BadRow
from modelmix.core.usage import Usage
from modelmix.pipeline.audit import Window
from modelmix.report.audit import Audit
from modelmix.report.card import bar, card
from report.audits import BOOK, START, audit_of, call


def shown(audit: Audit, width: int = 80) -> str:
    """The card as plain text."""
    console = Console(width=width, color_system=None, highlight=False, force_terminal=False)
    with console.capture() as capture:
        console.print(card(audit))
    return capture.get()


def flat(text: str) -> str:
    """The words of a text, on one line."""
    return re.sub(r"\s+", " ", text.replace("│", " "))


def test_the_headline_states_spend_and_what_is_at_stake() -> None:
    """Spend, counts, what is at stake and what is proven stand at the top."""
    text = shown(audit_of([call(0, usage=Usage(output_tokens=1_000_000)), call(1, "claude-haiku-5-5")]))
    assert "$20.00 · 2 calls · 1.01M tokens · 2 models · 1 task type" in text
    assert "at stake: up to $20 · proven $0 · proof costs about $0.50" in text
    assert "evidence that a cheaper candidate fails: 0 %" in text
    assert "not your bill" in text
    assert "had the same tokens run on claude-haiku-5-5" in flat(text)


def test_request_logs_are_a_bill() -> None:
    """Only transcripts may be a subscription's."""
    assert "not your bill" not in shown(audit_of([call(source="messages")]))


def test_nothing_at_stake_is_said_so() -> None:
    """Without top-tier calls, or where the lower tier would be dearer, at stake is 0 with the reason."""
    assert "at stake: $0, as no priced call went to Opus" in shown(audit_of([call(model="claude-haiku-5-5")]))
    searches = audit_of([call(usage=Usage(web_search_requests=1))])
    assert "at stake: $0, as the cheapest lower tier would cost $0.00 more" in flat(shown(searches))


def test_types_of_several_candidates_name_none() -> None:
    """Where different candidates are the cheapest, the words name no single one."""
    rows = [call(0, task_type="a"), call(1, "claude-opus-5-5", Usage(1_000_001, output_tokens=10), "b")]
    assert "claude-haiku-5-5 at" in flat(shown(audit_of(rows)))


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Whatever the names and sums, the card keeps to its columns."""
    rows = [call(i, f"claude-opus-{'x' * 60}-{i}", task_type="t" * 90) for i in range(12)] + [
        call(20 + i, usage=Usage(10**10, 10**11, 10**9, 10**9, 10**10, 10**6)) for i in range(3)
    ]
    text = shown(audit_of(rows, [BadRow("/long/" * 40, 10**9, "why " * 60)] * 9, 10**7), width)
    assert max(len(line) for line in text.splitlines()) <= width


def test_long_tables_end_in_a_sum() -> None:
    """Models beyond the first are summed up, so that the column adds up."""
    rows = [call(i, "claude-opus-5-5", task_type=f"type-{i:02}") for i in range(13)]
    text = shown(audit_of(rows))
    assert "3 more" in text
    assert "type-09" in text
    assert "type-10" not in text


def test_task_types_are_left_out_when_nothing_tells_them() -> None:
    """A table of one row that says untyped says nothing."""
    assert "Task type " not in shown(audit_of([call()]))
    assert "Task type " in shown(audit_of([call(task_type="triage")]))


def test_an_empty_audit_can_be_shown() -> None:
    """No calls at all make a card all the same."""
    text = shown(audit_of([], [BadRow("a.jsonl", 3, "not JSON")], places=[]))
    assert "$0.00 · 0 calls" in text
    assert "a.jsonl:3: not JSON" in text


def test_what_has_no_price_is_loud() -> None:
    """Calls without a price are counted, named and in no sum."""
    rows = [call(i, f"claude-internal-{i}") for i in range(5)] + [call(9, usage=Usage(1))]
    text = shown(audit_of(rows))
    assert "no price" in text
    assert "5 calls, >99.9 % of tokens, in no sum above" in text
    assert "and 2 more: --json lists them" in text
    few = shown(audit_of([call(0, "claude-internal"), call(1)]))
    assert "claude-internal: the model is unknown" in few
    assert "more: --json" not in few


def test_a_sum_that_nothing_was_priced_for_is_not_zero() -> None:
    """Where no call has a price there is no sum, by class neither, and no saving by caching."""
    text = shown(audit_of([call(0, "claude-internal", usage=Usage(5, 9, 7))]))
    assert "$0.00" not in text
    assert "no price known · 1 call" in text
    assert "caching saved" not in flat(text)


def test_calls_that_name_no_model_have_a_name() -> None:
    """A request that could not be read has no model: its row is not blank."""
    text = shown(audit_of([call(0, ""), call(1)]))
    assert " (no model named) " in text
    assert "(no model named): the model is unknown" in flat(text)


def test_no_calls_make_no_tables() -> None:
    """An empty window leaves no headings without rows."""
    assert "Token class" not in shown(audit_of([]))


def test_bad_rows_are_counted_with_their_place() -> None:
    """The first bad rows stand with file and line, the others are counted."""
    text = shown(audit_of([call()], [BadRow("a.jsonl", line, "not JSON") for line in range(1, 6)]))
    assert "5 lines could not be read" in text
    assert "a.jsonl:3: not JSON" in text
    assert "a.jsonl:4" not in text
    assert "and 2 more" in text


def test_other_notes() -> None:
    """Sub-agents, copies, caching gone cold and stand-ins have a line each."""
    cold = call(9, usage=Usage(1, 0, 500))
    audit = audit_of([call(0), call(1, is_subagent=True), cold], copies=1)
    text = flat(shown(audit))
    assert "Sub-agents $" in text
    assert "1 repeated line counted once" in text
    assert "in 1 of 1 session it went cold: 500 tokens written again" in text
    assert "2026-11-10 " in text


def test_the_window_and_stand_ins_are_named() -> None:
    """What was left out, and what was priced as something else, is said."""
    window = Window(until=START + timedelta(minutes=1))
    book = BOOK.priced_as({"claude-internal": "claude-opus-5-5"})
    text = flat(shown(audit_of([call(0, "claude-internal"), call(1)], book=book, window=window)))
    assert "1 call outside --since and --until left out" in text
    assert "claude-internal priced as claude-opus-5-5" in text


def test_caching_that_does_not_pay_is_said_so() -> None:
    """Writes that were never read cost extra."""
    assert "caching cost $1.00 extra" in flat(shown(audit_of([call(usage=Usage(0, 0, 1_000_000))])))
    assert "no call used the prompt cache" in shown(audit_of([call(usage=Usage(1))]))


def test_proof_stands_apart() -> None:
    """What replays cost is said, and is in no other figure of the card."""
    replays = [call(5, source="replay"), call(6, "claude-internal", source="replay", task_type="x")]
    text = flat(shown(audit_of([call(0), *replays])))
    assert "1 call · 10.3k tokens · 1 model · 1 task type" in text
    assert "Proof $0.02 in 2 calls of replays, 1 of them without a price (measured); in no figure" in text
    alone = flat(shown(audit_of([call(0), replays[1]])))
    assert "Proof no price known in 1 call of replays" in alone
    assert "No price" not in alone


def test_several_days_are_a_span() -> None:
    """The span counts both ends."""
    assert "2026-11-10 to 2026-11-11, 2 days" in shown(audit_of([call(0), call(1440)]))


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_name_can_command_the_terminal(model: str, task_type: str) -> None:
    """Controls and markup in names are shown, not obeyed."""
    text = shown(audit_of([call(0, model or "m", task_type=task_type)], [BadRow(model, 1, task_type)]))
    assert all(char.isprintable() for line in text.split("\n") for char in line)


def test_markup_in_a_name_is_text() -> None:
    """Square brackets are part of a name."""
    assert "[red]x[/red]" in shown(audit_of([call(0, "[red]x[/red]")]))


@given(st.decimals(0, 100, places=6), st.decimals("0.1", 100, places=6))
def test_bars_keep_to_their_width(part: Decimal, more: Decimal) -> None:
    """A bar is as long as its share, and never longer than its column."""
    assert len(bar(part, part + more, 8)) <= 8
    assert bool(bar(part, part + more, 8)) == (part > 0)


def test_a_bar_of_nothing_is_empty() -> None:
    """Without a whole there is no bar."""
    assert bar(Decimal(1), Decimal(0)) in {"", "▏"}
