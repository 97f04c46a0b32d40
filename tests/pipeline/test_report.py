"""From policy, ledger and lake to an account."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelmix.demo.asking import Client
from modelmix.errors import ArtifactError, ConfigError, DataError
from modelmix.pipeline.audit import Window
from modelmix.pipeline.report import ReportAsked, account, plotly_source, write_page
from modelmix.policy.artifact import render, signed
from modelmix.policy.document import TaskMatch
from modelmix.report.evidence_rows import NO_CANDIDATE
from modelmix.report.examples import Example
from modelmix.report.proof import SIMULATED
from modelmix.report.type_rows import NOTHING_SHOWN, TypeEvidenceShown
from modelmix.simulator.run import running
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from report.homes import CONTRACT, NOW, graded, outcomes
from report.ledgers import BOOK, CAPABILITIES, HAIKU, OPUS, call, entry, policy_of


def asked(home: Path, **more: object) -> ReportAsked:
    """Ask for a report on a home."""
    return ReportAsked(home=home, policy=home / "policy.yaml", now=NOW, **more)  # type: ignore[arg-type]  # whatever the test names


def examples_of(shown: TypeEvidenceShown) -> tuple[Example, ...]:
    """All examples of a type: of its own candidate and of the refusal."""
    return shown.candidate.examples + shown.refusal.examples


def test_everything_is_gathered(full_home: Path) -> None:
    """Money, evidence, examples, attempts with their seed, and how many rows it all rests on."""
    found = account(asked(full_home), BOOK, CAPABILITIES)
    rows = found.rows
    assert (rows.calls, rows.imports, rows.outcomes) == (359, 1, sum(1 for _ in outcomes()))
    assert (found.seed, found.attempts[0].is_this) == (0, True)
    assert len(found.shown["forms"].candidate.examples) == 5
    assert found.shown["forms"].repeats is not None
    [note] = found.notes
    assert note.startswith("judged, and checked by nobody: <img")
    assert found.policy_path == str(full_home / "policy.yaml")


def test_text_is_shown_only_if_wanted(full_home: Path) -> None:
    """Without text there is no example, and the findings are there all the same."""
    found = account(asked(full_home, has_text=False), BOOK, CAPABILITIES)
    assert not any(examples_of(shown) for shown in found.shown.values())
    assert found.shown["forms"].candidate.findings
    few = account(asked(full_home, examples=1), BOOK, CAPABILITIES)
    assert [len(examples_of(shown)) for shown in few.shown.values()] == [1, 1, 1, 1]


def test_a_window_limits_the_traffic(full_home: Path) -> None:
    """Evidence is evidence, whenever it came; money is of the window."""
    whole = account(asked(full_home), BOOK, CAPABILITIES)
    since = datetime(2026, 11, 20, tzinfo=UTC)
    part = account(asked(full_home, window=Window(since=since)), BOOK, CAPABILITIES)
    assert 0 < part.savings.today_usd < whole.savings.today_usd
    assert part.rows == whole.rows


def test_without_outcomes_the_money_is_there(tmp_path: Path) -> None:
    """A policy whose rows are not at hand has no picture, and the report says so."""
    (tmp_path / "policy.yaml").write_bytes(render(policy_of()))
    with Ledger.open(tmp_path) as ledger:
        ledger.put_calls([call(0, "forms"), call(30, "forms")])
    found = account(asked(tmp_path), BOOK, CAPABILITIES)
    assert found.savings.proven_usd > 0
    assert ([*found.shown.values()], found.seed) == ([NOTHING_SHOWN] * 3, None)
    assert found.notes[0].startswith("No candidate is pictured: there is no outcome yet")


def test_evidence_is_found_by_tag_and_by_any_baseline(tmp_path: Path) -> None:
    """An entry may be named otherwise than its rows; of several baselines the measured one counts."""
    one = entry("forms", "CLEARS", moved=True)
    more = {"match": TaskMatch(tag="forms"), "baseline": (*one.baseline, entry_baseline())}
    bare = entry("chat", "CLEARS", moved=False).model_copy(update={"evidence": None})
    policy = signed(policy_of(other=one.model_copy(update=more), chat=bare, gone=one))
    (tmp_path / "policy.yaml").write_bytes(render(policy))
    with Ledger.open(tmp_path) as ledger:
        ledger.put_calls([call(0, "forms")])
    lake = Lake(tmp_path)
    lake.put_outcomes("one", graded("forms", 40, {HAIKU: 4}), keep_text=True)
    lake.put_outcomes("two", graded("chat", 40, {HAIKU: 4}))
    found = account(asked(tmp_path), BOOK, CAPABILITIES)
    assert found.shown["other"].measured is not None
    assert found.shown["chat"].candidate.findings == ()
    lake.put_outcomes("one", (o for o in graded("forms", 40, {}) if o.candidate.model != OPUS))
    again = account(asked(tmp_path), BOOK, CAPABILITIES)
    assert again.shown["other"].measured is None
    assert again.shown["other"].candidate == NO_CANDIDATE


def entry_baseline() -> object:
    """A second baseline that nobody measured."""
    return entry("x", "CLEARS", moved=True).baseline[0].__class__("claude-opus-4-8")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """No policy, no ledger, no call: one sentence each, with what to do next."""
    with pytest.raises(ArtifactError, match="modelmix optimize"):
        account(asked(tmp_path), BOOK, CAPABILITIES)
    (tmp_path / "policy.yaml").write_bytes(render(policy_of()))
    with pytest.raises(DataError, match="there is no ledger"):
        account(asked(tmp_path), BOOK, CAPABILITIES)
    with Ledger.open(tmp_path):
        pass
    with pytest.raises(DataError, match="holds no call"):
        account(asked(tmp_path), BOOK, CAPABILITIES)


def test_a_contract_makes_cash_of_the_saving(full_home: Path, tmp_path: Path) -> None:
    """Spend of the ledger, savings of the policy, terms of the file; a file that is not there is named."""
    path = tmp_path / "contract.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    advice = account(asked(full_home, contract=path), BOOK, CAPABILITIES).advice
    assert advice is not None
    assert 0 < advice.cash_low_usd < advice.cash_usd < advice.cash_high_usd
    assert advice.sign_usd >= 50
    assert (advice.basis, advice.term_days) == ("estimated", 365)
    with pytest.raises(ConfigError, match=r"nowhere.yaml cannot be read"):
        account(asked(full_home, contract=tmp_path / "nowhere.yaml"), BOOK, CAPABILITIES)
    path.write_text(CONTRACT.replace("tiers", "teirs"), encoding="utf-8")
    with pytest.raises(ConfigError, match="did you mean tiers"):
        account(asked(full_home, contract=path), BOOK, CAPABILITIES)


def test_a_page_is_written_or_refused(tmp_path: Path) -> None:
    """Where it cannot be written, the sentence names the file."""
    write_page(tmp_path / "r.html", "x")
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == "x"
    with pytest.raises(ConfigError, match=r"cannot write .*nowhere"):
        write_page(tmp_path / "nowhere" / "r.html", "x")


def test_plotly_comes_from_its_package() -> None:
    """Its source is there, whole, and names no script to load."""
    assert len(plotly_source()) > 1_000_000
    assert "</script" not in plotly_source()


def test_answers_of_the_practice_api_are_known_by_their_ids() -> None:
    """Simulator and report share no table: the prefix of ids is what tells invented dollars from real."""
    with running(seed=3) as url:
        client = Client(url)
        answer = client.ask(
            {"model": OPUS, "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}
        )
        client.close()
    assert answer.body["id"].startswith(SIMULATED)
