"""The ledger: what is put in comes out, once, whatever the order and whatever is killed."""

import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Effort
from modelmix.core.usage import Usage
from modelmix.errors import StoreError
from modelmix.store.call_row import call_of, row_of
from modelmix.store.ledger import Ledger
from modelmix.store.plain_json import canonical
from modelmix.store.records import Import, Stored, TypeVerdict
from store.made import NOW, call, calls


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger."""
    with Ledger.open(tmp_path / "home") as opened:
        yield opened


@given(calls)
def test_a_call_comes_back_as_it_was(one: Call) -> None:
    """Every field survives the way to a row and back, amounts to the last digit."""
    assert call_of(row_of(one)) == one


def test_calls_come_back_in_order_of_time(ledger: Ledger) -> None:
    """Calls are yielded oldest first, from ``since`` on and before ``until``."""
    rows = [call(number) for number in range(5)]
    assert ledger.put_calls(reversed(rows)) == Stored(new=5)
    assert list(ledger.calls()) == rows
    assert list(ledger.calls(rows[1].at, rows[3].at)) == rows[1:3]
    assert ledger.count() == 5
    assert ledger.put_calls([]) == Stored()


def test_amounts_and_iterations_are_exact(ledger: Ledger) -> None:
    """An amount keeps its digits and a level its name in the file itself."""
    one = call(1, reported_usd=Decimal("0.000000000123456789"), effort=Effort.XHIGH)
    ledger.put_calls([one])
    assert list(ledger.calls()) == [one]


def test_putting_again_changes_nothing(ledger: Ledger) -> None:
    """The second time all rows are unchanged, and no day is marked."""
    rows = [call(number) for number in range(60)]
    ledger.put_calls(rows)
    before = ledger.changed_days()
    assert ledger.put_calls(rows) == Stored(unchanged=60)
    assert ledger.changed_days() == before


def test_the_copy_that_supersedes_stays(ledger: Ledger) -> None:
    """The larger output wins, and a main-chain copy wins over a sub-agent's however large that is."""
    small, large = call(1, usage=Usage(output_tokens=1)), call(1, usage=Usage(output_tokens=9))
    replay = call(1, usage=Usage(output_tokens=99), is_subagent=True)
    assert ledger.put_calls([replay]) == Stored(new=1)
    assert ledger.put_calls([small]) == Stored(replaced=1)
    assert ledger.put_calls([replay, large, small]) == Stored(replaced=1, unchanged=2)
    assert list(ledger.calls()) == [large]


few_calls = st.lists(
    st.builds(
        lambda one, name, output, is_subagent: replace(
            one, call_id=name, is_subagent=is_subagent, usage=replace(one.usage, output_tokens=output)
        ),
        calls,
        st.sampled_from("abc"),
        st.integers(0, 2),
        st.booleans(),
    ),
    max_size=8,
)


@given(few_calls, st.data())
def test_order_and_batches_change_nothing(copies: list[Call], data: st.DataObject) -> None:
    """What is stored depends on the copies alone, and of each call no copy supersedes what is stored."""
    shuffled = data.draw(st.permutations(copies))
    results = []
    with tempfile.TemporaryDirectory() as home:
        for number, rows in enumerate((copies, shuffled)):
            with Ledger.open(Path(home) / str(number)) as one:
                begin = 0
                total = Stored()
                while begin < len(rows):
                    size = data.draw(st.integers(1, len(rows)))
                    total += one.put_calls(rows[begin : begin + size])
                    begin += size
                results.append(list(one.calls()))
                assert total.new == len({row.call_id for row in rows}) == one.count()
                assert total.new + total.replaced + total.unchanged == len(rows)
    assert results[0] == results[1]
    kept = {row.call_id: row for row in results[0]}
    assert not any(copy.supersedes(kept[copy.call_id]) for copy in copies)


def test_many_calls_are_kept_in_one_transaction_or_in_several(ledger: Ledger) -> None:
    """``put_calls`` keeps all or none of an iterable; ``put_all`` keeps what was kept before the fault."""

    def rows(first: int) -> Iterator[Call]:
        yield from (call(number) for number in range(first, first + 4_500))
        yield call(first + 4_500, usage=Usage(output_tokens=2**70))

    with pytest.raises(StoreError, match=r"does not fit the ledger .* \(OverflowError\)"):
        ledger.put_calls(rows(0))
    assert ledger.count() == 0
    with pytest.raises(StoreError):
        ledger.put_all(rows(0))
    assert ledger.count() == 4_000
    with pytest.raises(StoreError, match="UnicodeEncodeError"):
        ledger.put_calls([call(1, session_id="\udc80")])


def test_what_requests_ask_for_is_counted(ledger: Ledger) -> None:
    """Calls are counted by type, model and effort asked for, most first, within a window of time."""
    rows = [call(n, effort=Effort.LOW if n % 3 else None) for n in range(9)]
    ledger.put_calls(rows)
    assert [(*row[:3], row.calls) for row in ledger.requested()] == [
        ("extract", "claude-opus-5-5", Effort.LOW, 6),
        ("extract", "claude-opus-5-5", None, 3),
    ]
    assert [row.calls for row in ledger.requested(rows[1].at, rows[3].at)] == [2]


def test_days_that_change_are_known_until_the_lake_has_them(ledger: Ledger) -> None:
    """A day is behind until it is noted with the changes it has seen; a row that moves leaves its old day."""
    ledger.put_calls([call(1)])
    assert ledger.changed_days() == {date(2026, 11, 23): 1}
    ledger.day_in_lake(date(2026, 11, 23), 1)
    assert ledger.changed_days() == {}
    moved = call(1, at=NOW - timedelta(days=3), usage=Usage(output_tokens=5_000))
    ledger.put_calls([moved])
    assert ledger.changed_days() == {date(2026, 11, 20): 1, date(2026, 11, 23): 2}
    ledger.day_in_lake(date(2026, 11, 23), 1)
    assert date(2026, 11, 23) in ledger.changed_days()


def test_calls_before_1970_have_their_day(ledger: Ledger) -> None:
    """Days are counted downward too."""
    early = call(1, at=NOW - timedelta(days=25_000, hours=13))
    ledger.put_calls([early])
    assert list(ledger.changed_days()) == [early.at.date()]
    assert list(ledger.calls()) == [early]


def _import(import_id: str = "a1", **changes: object) -> Import:
    given: dict[str, object] = {
        "import_id": import_id, "source": "log.jsonl", "sha256": "ab" * 32, "size_bytes": 10,
        "kind": "claude-code", "at": NOW, "rows": 3, "bad_rows": 1, "settings": {"task_type": ""},
    }  # fmt: skip
    return Import(**{**given, **changes})  # type: ignore[arg-type] # built by name


def test_imports_and_their_bad_rows_come_back(ledger: Ledger) -> None:
    """An import of the same id replaces the earlier one with its bad rows; others stay."""
    bad = BadRow("log.jsonl", 7, "not valid JSON")
    ledger.record_import(_import(), [bad])
    ledger.record_import(_import("b2", source="\udcff.jsonl", at=NOW + timedelta(1)), [bad, bad])
    again = _import(rows=4)
    ledger.record_import(again, [])
    ledger.quarantine("a1", [replace(bad, line=8)])
    assert [done.import_id for done in ledger.imports()] == ["a1", "b2"]
    assert ledger.imports()[0] == again
    assert ledger.imports()[1].source == "\\udcff.jsonl"
    assert [row.line for row in ledger.bad_rows("a1")] == [8]
    assert len(ledger.bad_rows()) == 3
    assert ledger.bad_rows("b2") == (bad, bad)
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        ledger.quarantine("none", [bad])


def test_attempts_come_back_with_their_verdicts(ledger: Ledger) -> None:
    """What was asked is on record at once, what came of it later; it may be said again."""
    settings = {"margin": 0.02, "alpha": 0.05, "arms": ["b", "a"], "seed": 7}
    first = ledger.record_attempt(
        settings_sha256="s1",
        evidence_sha256="e1",
        imports={"i2", "i1"},
        prompts={"p"},
        at=NOW,
        settings=settings,
    )
    second = ledger.record_attempt(
        settings_sha256="s2", evidence_sha256="e1", imports=[], at=NOW, settings={}
    )
    assert (first, second) == (1, 2)
    (attempt, other) = ledger.attempts()
    assert (attempt.imports, attempt.candidates) == (("i1", "i2"), ("b", "a"))
    assert (attempt.prompts, other.prompts) == (frozenset({"p"}), frozenset())
    assert (attempt.margin, attempt.alpha, attempt.k, attempt.outcome) == (0.02, 0.05, None, "")
    assert (attempt.settings, other.margin) == (settings, None)
    verdicts = (
        TypeVerdict("extract", "m@low", "CLEARS", 640.0, 0.004, 0.011),
        TypeVerdict("reply", "m@low", "UNDECIDED", 12.0),
    )
    ledger.conclude_attempt(first, "CLEARS", verdicts[::-1], 2)
    ledger.conclude_attempt(first, "CLEARS", verdicts, 2)
    ledger.conclude_attempt(second, "UNDECIDED")
    assert ledger.verdicts(first) == verdicts
    assert ledger.verdicts(second) == ()
    concluded = ledger.attempts()[0]
    assert (concluded.candidates, concluded.k, concluded.outcome) == (("m@low",), 2, "CLEARS")


def test_policies_in_force_come_back_in_order(ledger: Ledger) -> None:
    """Each change of the policy in force is kept; a state that is none is refused."""
    ledger.record_policy("aa", NOW, "observe")
    ledger.record_policy("aa", NOW, "enforce")
    assert [(row.sha256, row.state) for row in ledger.policies()] == [("aa", "observe"), ("aa", "enforce")]
    with pytest.raises(StoreError, match="CHECK"):
        ledger.record_policy("aa", NOW, "on")


def test_canonical_text_is_the_same_for_the_same_value() -> None:
    """Keys are sorted and nothing is padded."""
    assert canonical({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'


def test_only_its_owner_may_look_into_it(tmp_path: Path) -> None:
    """New folders are 0700 and the files 0600; a folder that was there is left as it is."""
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)
    with Ledger.open(theirs / "deep" / "home") as one:
        one.put_calls([call(1)])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in theirs.rglob("*")}
    assert modes == {
        "deep": 0o700, "home": 0o700, "ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600
    }  # fmt: skip
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o755


def test_two_may_have_it_open_and_a_reader_sees_one_state(ledger: Ledger) -> None:
    """What is written while a reader is under way is not seen by it, and neither waits."""
    ledger.put_calls([call(number) for number in range(3_000)])
    with Ledger.open(ledger.path.parent) as other:
        reading = ledger.calls()
        next(reading)
        assert other.put_calls([call(9_000)]) == Stored(new=1)
        assert sum(1 for _ in reading) == 2_999
        assert ledger.count() == 3_001


OPENER = """
import sys
from pathlib import Path
from modelmix.store.ledger import Ledger
sys.stdin.readline()
Ledger.open(Path(sys.argv[1])).close()
"""


def test_several_processes_may_make_it_at_once(tmp_path: Path) -> None:
    """Of processes that open a new ledger together one makes the tables and all can use it."""
    command = [sys.executable, "-c", OPENER, str(tmp_path / "home")]
    openers = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for opener in openers:
        assert opener.stdin
        opener.stdin.write(b"go\n")
        opener.stdin.flush()
    said = [opener.communicate(timeout=60)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * 4, said


WRITER = """
import sys
from pathlib import Path
from store.made import call
from modelmix.store.ledger import Ledger
ledger = Ledger.open(Path(sys.argv[1]))
for batch in range(100_000):
    ledger.put_calls([call(batch * 50 + row) for row in range(50)])
    print(batch, flush=True)
"""


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    """After SIGKILL every row of a batch that was acknowledged is there, and no half of a batch."""
    tests = Path(__file__).parents[1]
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(tests)!r})\n{WRITER}",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        seen = [int(writer.stdout.readline()) for _ in range(40)]
        writer.send_signal(signal.SIGKILL)
        seen += [int(line) for line in writer.stdout if line.endswith(b"\n")]
    with Ledger.open(tmp_path) as ledger:
        kept = {one.call_id for one in ledger.calls()}
        assert {f"msg_{number:05d}" for number in range(50 * (seen[-1] + 1))} <= kept
        assert len(kept) % 50 == 0
    with sqlite3.connect(tmp_path / "ledger.db") as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()
