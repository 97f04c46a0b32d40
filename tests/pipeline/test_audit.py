"""The audit: totals equal a hand count, whatever is repeated, damaged or left out."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from modelmix.core.usage import Usage
from modelmix.pipeline.audit import Window, audit
from modelmix.pipeline.traffic import Traffic, find_logs, read_traffic
from modelmix.report.audit import Audit
from modelmix.settings import load
from pipeline.transcripts import HAND_COUNT_USD, line, tree, write
from report.audits import call

BOOK = load().price_book()
CAPABILITIES = load().capabilities()
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def read(root: Path) -> Traffic:
    """Read every transcript under a folder."""
    return read_traffic(find_logs([str(root)], {}, root))


def audit_of(traffic: Traffic, window: Window | None = None, *failing: str) -> Audit:
    """Audit at today's prices."""
    return audit(traffic, BOOK, CAPABILITIES, NOW, window, failing)


def test_totals_equal_a_hand_count(tmp_path: Path) -> None:
    """Repeated lines and a sub-agent's replays count once, by the copy that is to be kept."""
    found = audit_of(read(tree(tmp_path)))
    assert found.total.calls == 3
    assert found.total.usage == Usage(30, 3_000, 300, 600, 650)
    assert found.total.usd == Decimal(HAND_COUNT_USD)
    assert found.copies == 3
    assert [row.name for row in found.by_model] == ["claude-opus-5-5", "claude-haiku-5-5"]
    assert (found.subagents.calls, found.subagents.usage.output_tokens) == (1, 50)
    assert found.bad_rows == ()
    assert found.sources == {"claude-code": 3}
    assert len(found.places) == 2


def test_damage_changes_no_total(tmp_path: Path) -> None:
    """With half of the lines damaged the totals stand, and each bad line has its place."""
    whole = audit_of(read(tree(tmp_path)))
    chance = random.Random(7)
    damaged = 0
    for path in sorted(tmp_path.rglob("*.jsonl")):
        rows = []
        for row in path.read_text().splitlines():
            rows.append(row)
            rows.append(row[: chance.randrange(1, len(row) - 2)])
            damaged += 1
        write(path, rows)
    found = audit_of(read(tmp_path))
    assert found.total == whole.total
    assert damaged == len(found.bad_rows)
    assert all(row.line % 2 == 0 for row in found.bad_rows)
    assert {row.source for row in found.bad_rows} == set(found.places)
    assert "PROMPT" not in repr(found)


def test_windows_are_half_open(tmp_path: Path) -> None:
    """A call at the first instant counts, one at the end does not; what is left out is counted."""
    write(tmp_path / "a.jsonl", [line(n, day=n) for n in (9, 10, 11, 12)])
    traffic = read(tmp_path)
    ten, twelve = (datetime(2026, 11, day, 10, 0, day, tzinfo=UTC) for day in (10, 12))
    found = audit_of(traffic, Window(ten, twelve))
    assert [row.name for row in found.by_day] == ["2026-11-10", "2026-11-11"]
    assert (found.total.calls, found.outside) == (2, 2)
    assert audit_of(traffic, Window(since=ten)).total.calls == 3
    assert audit_of(traffic, Window(until=ten)).total.calls == 1


def test_proof_outside_the_window_is_left_out() -> None:
    """Of proof as of traffic the window's own counts; what it leaves out is counted."""
    calls = [call(0), call(5, source="replay"), call(9, source="replay")]
    found = audit_of(Traffic(lambda: calls), Window(until=calls[2].at))
    assert (found.total.calls, found.proof.calls, found.outside) == (1, 1, 1)


def test_failing_types_are_a_share_of_top_tier_spend(tmp_path: Path) -> None:
    """What is known to fail below counts with all its top-tier spend."""
    traffic = read(tree(tmp_path))
    assert audit_of(traffic).failing_usd == 0
    found = audit_of(traffic, None, "untyped")
    assert found.failing_usd == found.at_stake.usd > 0


def test_models_without_a_price_stand_apart(tmp_path: Path) -> None:
    """An unknown model is counted by calls and tokens, and adds nothing to the spend."""
    write(tmp_path / "a.jsonl", [line(1), line(2, model="claude-internal"), line(3, model="claude-internal")])
    found = audit_of(read(tmp_path))
    (row,) = found.unpriced
    assert (row.model, row.calls, row.tokens) == ("claude-internal", 2, 2 * 1_410)
    assert found.unpriced_share == pytest.approx(2 / 3)
    assert found.by_model[-1].unpriced_calls == 2


def test_stand_ins_price_what_has_no_price(tmp_path: Path) -> None:
    """A model priced as another is no longer without a price, and the audit says what was done."""
    write(tmp_path / "a.jsonl", [line(2, model="claude-internal")])
    traffic = read(tmp_path)
    book = BOOK.priced_as({"claude-internal": "claude-opus-5-5"})
    found = audit(traffic, book, CAPABILITIES, NOW)
    assert found.priced_as == {"claude-internal": "claude-opus-5-5"}
    assert not found.unpriced
    assert found.at_stake.calls == 1
