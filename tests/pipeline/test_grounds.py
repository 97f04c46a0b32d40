"""What a policy rests on: its attempt, that attempt's imports, and the replays among them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.outcome import Outcome
from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.goal import Goal
from modelmix.pipeline.evidence import evidence_imports
from modelmix.pipeline.grounds import attempt_of
from modelmix.pipeline.optimize import optimise
from modelmix.pipeline.question import Ask
from modelmix.pipeline.report import ReportAsked, account
from modelmix.policy.artifact import render, signed
from modelmix.policy.document import PolicyDocument
from modelmix.report.account import Account, account_document
from modelmix.report.grounds import ReplayLine
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import BarAttempt, Import
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Replay
from report.homes import graded
from report.ledgers import BOOK, CAPABILITIES, HAIKU, OPUS, SONNET, call, policy_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST, SECOND = "r-20261120-1", "r-20261121-1"


def answers(n: int = 400) -> Iterator[Outcome]:
    """Forms: Sonnet holds, Haiku fails; without a price of their own."""
    yield from graded("forms", n, {HAIKU: 5, OPUS: 150})


def done(import_id: str, *, simulated: bool = False, at: datetime = NOW, kind: str = "replay") -> Import:
    """Record of an import."""
    return Import(
        import_id=import_id, source=f"{kind} {import_id}", sha256="", size_bytes=0, kind=kind, at=at, rows=1,
        bad_rows=0, settings={"simulated": simulated},
    )  # fmt: skip


def summary(again: Mapping[str, Any], margin: float = 0.02) -> dict[str, Any]:
    """What a replay leaves for a report."""
    return {
        "prompts": 400, "graders": {"forms": "json_fields@1"}, "known": {"forms": 380}, "again": again,
        "margin": margin, "alpha": 0.05,
    }  # fmt: skip


def put_replay(home: Path, replay_id: str, found: Mapping[str, Any], *, simulated: bool = False) -> None:
    """Leave a replay as one that has ended: its book, its import, its outcomes."""
    day = int(replay_id[8:10])
    begun = Replay(replay_id=replay_id, at=datetime(2026, 11, day, 9, tzinfo=UTC), settings={"seed": 7})
    with ReplayBook.open(home) as book:
        book.begin(begun, replay_id)
        book.conclude(replay_id, "done", found)
    Lake(home).put_outcomes(replay_id, answers(), keep_text=True)
    with Ledger.open(home) as ledger:
        ledger.record_import(done(replay_id, simulated=simulated))


def made(home: Path) -> PolicyDocument:
    """Make a policy of what a home holds, and write it down."""
    with Ledger.open(home) as ledger:
        ledger.put_calls([call(i, "forms") for i in range(100)])
        ask = Ask(goal=Goal(0.03, 0.05), name="forms")
        policy = optimise(ask, ledger, Lake(home), BOOK, CAPABILITIES, NOW).policy
    (home / "policy.yaml").write_bytes(render(policy))
    return policy


def told(home: Path) -> Account:
    """Draw up the account of a home."""
    asked = ReportAsked(home=home, policy=home / "policy.yaml", now=NOW)
    return account(asked, BOOK, CAPABILITIES)


def test_evidence_shown_is_the_attempts_own(tmp_path: Path) -> None:
    """What was imported since is no evidence of this policy; of two replays of a prompt the last counts."""
    put_replay(tmp_path, FIRST, summary({"forms": [0.0, 0.0, 100.0], "chat": [0.0, 0.0, 9.0]}))
    put_replay(tmp_path, SECOND, summary({"forms": [1.0, 0.0, 150.0], "chat": [0.0, 0.0, 5.0]}, margin=0.01))
    made(tmp_path)
    Lake(tmp_path).put_outcomes("later", graded("forms", 50, {SONNET: 1}), keep_text=True)
    found = told(tmp_path)
    assert found.grounds.imports == (FIRST, SECOND)
    assert found.rows.outcomes == 1200
    shown = found.shown["forms"]
    assert {one.of for one in shown.refusal.findings} <= {400, 80}
    assert [one.slice_name for one in shown.refusal.examples] == ["field absent"] * 5
    assert (shown.candidate.candidate, shown.candidate.findings) == (Candidate(SONNET, Effort.HIGH), ())
    assert found.notes == ()
    assert shown.repeats == Pairs(1.0, 0.0, 150.0)
    itself = found.grounds.itself
    assert itself is not None
    assert (itself.pairs, itself.margin, itself.verdict) == (155, 0.01, Verdict.UNDECIDED)


def test_tables_with_two_answers_to_a_prompt_count_as_well(tmp_path: Path) -> None:
    """The baseline against itself is what replays and tables hold; a bad row is passed over."""
    put_replay(tmp_path, FIRST, summary({"forms": [0.0, 0.0, 100.0]}))
    twice = [
        replace(one, prompt_id=f"x{one.prompt_id}") for one in answers(20) if one.candidate.model == OPUS
    ]
    bad = replace(twice[0], prompt_id="bad", input_tokens=-1)
    Lake(tmp_path).put_outcomes("table", [*twice, *twice, bad])
    made(tmp_path)
    found = told(tmp_path)
    assert found.shown["forms"].repeats == Pairs(0.0, 0.0, 120.0)
    assert found.rows.bad_outcomes == 1


def test_a_real_replay_says_what_it_measured(tmp_path: Path) -> None:
    """Its day, graders, known answers and seed; nothing of it is simulated."""
    put_replay(tmp_path, FIRST, summary({}))
    made(tmp_path)
    found = told(tmp_path)
    assert found.grounds.replays == (
        ReplayLine(
            replay_id=FIRST, day=datetime(2026, 11, 20, tzinfo=UTC).date(), is_simulated=False,
            outcome="done", graders=("json_fields@1",), known=380, prompts=400, seed=7,
        ),
    )  # fmt: skip
    assert (found.grounds.is_simulated, found.grounds.itself) == (False, None)
    document = account_document(found)
    assert document["receipt"]["proven"]["basis"] == "estimated"
    assert document["baseline_against_itself"] is None


def test_a_replay_of_the_practice_api_makes_the_evidence_simulated(tmp_path: Path) -> None:
    """Traffic may be real: whatever is said to be saved on it says nothing of real answers."""
    put_replay(tmp_path, FIRST, summary({}), simulated=True)
    policy = made(tmp_path)
    document = account_document(told(tmp_path))
    assert document["receipt"]["today"]["basis"] == "measured"
    assert document["receipt"]["refused"]["basis"] == "simulated"
    assert document["notes"][0].startswith("Simulated evidence: the practice API answered what the policy")
    assert (document["provenance"]["simulated"], document["provenance"]["replays"][0]["simulated"]) == (
        True,
        True,
    )
    elsewhere = tmp_path / "elsewhere"
    with Ledger.open(elsewhere) as ledger:
        ledger.put_calls([call(0, "forms"), call(40, "forms")])
    (elsewhere / "policy.yaml").write_bytes(render(policy))
    assert account_document(told(elsewhere))["receipt"]["proven"]["basis"] == "simulated"


def test_what_is_gone_or_has_grown_is_said(tmp_path: Path) -> None:
    """An import whose outcomes are no longer there, and a replay that went on since."""
    put_replay(tmp_path, FIRST, summary({"forms": [0.0, 0.0, 40.0]}))
    put_replay(tmp_path, SECOND, summary({}))
    made(tmp_path)
    with Ledger.open(tmp_path) as ledger:
        ledger.record_import(done(SECOND, at=NOW + timedelta(hours=1)))
    (tmp_path / "lake" / "outcomes" / f"{FIRST}.parquet").unlink()
    found = told(tmp_path)
    assert found.grounds.imports == (SECOND,)
    assert found.notes[0] == f"No longer in the lake, so that evidence shown lacks it: replay {FIRST}"
    assert found.notes[1].startswith("Gone on since the policy was made")
    (tmp_path / "lake" / "outcomes" / f"{SECOND}.parquet").unlink()
    found = told(tmp_path)
    assert found.notes[1].startswith("No candidate is pictured")
    assert (found.shown["forms"].measured, found.shown["forms"].repeats) == (None, Pairs(0.0, 0.0, 40.0))


def test_an_attempt_that_is_not_on_record_is_said(tmp_path: Path) -> None:
    """What the lake holds stands in, and the report says that it may be something else."""
    put_replay(tmp_path, FIRST, summary({}))
    policy = made(tmp_path)
    other = tmp_path / "other"
    Lake(other).put_outcomes("one", answers())
    with Ledger.open(other) as ledger:
        ledger.put_calls([call(0, "forms"), call(40, "forms")])
    (other / "policy.yaml").write_bytes(render(policy))
    found = told(other)
    assert (found.grounds.imports, found.seed) == (("one",), None)
    assert found.notes[0].startswith("The attempt that made this policy is not in this ledger")
    by_hand = policy_of(forms=policy.tasks["forms"].model_copy(update={"evidence": None, "refused": ()}))
    by_hand = by_hand.model_copy(update={"certificate": None, "created": None})
    (other / "policy.yaml").write_bytes(render(signed(by_hand)))
    assert told(other).notes == ()


def test_many_gone_imports_are_counted(tmp_path: Path) -> None:
    """The first are named, by what they came from where that is known, the rest counted."""
    for number in range(5):
        Lake(tmp_path).put_outcomes(f"i{number}", (o for o in answers() if o.prompt_id.endswith(str(number))))
    with Ledger.open(tmp_path) as ledger:
        ledger.record_import(done("i0", kind="parquet"))
    made(tmp_path)
    for number in range(5):
        (tmp_path / "lake" / "outcomes" / f"i{number}.parquet").unlink()
    assert told(tmp_path).notes[0].endswith(": parquet i0, import i1, import i2 and 2 more")


def attempt(number: int, sha256: str, at: datetime) -> BarAttempt:
    """An attempt on some rows."""
    return BarAttempt(
        attempt_id=number, at=at, settings={}, settings_sha256="s", evidence_sha256=sha256, imports=()
    )


def test_of_attempts_on_the_same_rows_the_policys_own_is_taken() -> None:
    """The one of its instant; where none is, the last; none on other rows."""
    policy = policy_of()
    rows = "5f" * 32
    created = policy.created
    assert created is not None
    later = created + timedelta(minutes=5)
    own, last = attempt(1, rows, created + timedelta(microseconds=9)), attempt(2, rows, later)
    assert attempt_of(policy, (own, last)) == own
    assert attempt_of(policy.model_copy(update={"created": None}), (own, last)) == last
    assert attempt_of(policy, (attempt(3, "other", created),)) is None


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ((), ((), False)),
        (("real",), (("real",), False)),
        (("made-up",), (("made-up",), True)),
        (("made-up", "real"), (("real",), False)),
    ],
)
def test_simulated_imports_count_only_alone(
    tmp_path: Path, imports: tuple[str, ...], expected: tuple[tuple[str, ...], bool]
) -> None:
    """What a practice API answered is evidence only where there is nothing else."""
    lake = Lake(tmp_path)
    with Ledger.open(tmp_path) as ledger:
        for name in imports:
            lake.put_outcomes(name, answers(2))
            ledger.record_import(done(name, simulated=name == "made-up"))
        assert evidence_imports(ledger, lake) == expected
