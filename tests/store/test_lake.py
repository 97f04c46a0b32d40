"""The lake: outcomes and days of calls as Parquet files that are whole or not there."""

import stat
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.outcome import Outcome
from modelmix.core.usage import Usage
from modelmix.errors import StoreError
from modelmix.ingest import outcomes as outcome_rows
from modelmix.store import chunks, engine
from modelmix.store.engine import engine_in
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from store.made import NOW, call, outcome, outcomes


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "home")


def _read(lake: Lake, *, keep_text: bool = True) -> list[object]:
    return list(outcome_rows.read(lake.outcomes(), "lake", keep_text=keep_text))


@settings(max_examples=25)
@given(st.lists(outcomes, min_size=1, max_size=6))
def test_outcomes_come_back_as_they_were(rows: list[Outcome]) -> None:
    """Every field survives the way to Parquet and back through the reader, in order, samples repeated."""
    with tempfile.TemporaryDirectory() as home:
        lake = Lake(Path(home))
        assert lake.put_outcomes("one", rows, keep_text=True) == len(rows)
        assert _read(lake) == rows
        assert lake.put_outcomes("one", rows) == len(rows)
        assert _read(lake) == [replace(row, prompt="", response="", expected="") for row in rows]


OLD_COLUMNS = (
    "import_id", "prompt_id", "task_type", "model", "effort", "score", "cluster_id", "input_tokens",
    "output_tokens", "cost_usd", "checks_ok", "slice", "prompt", "response",
)  # fmt: skip


def test_a_file_from_before_graders_still_reads(lake: Lake) -> None:
    """Alone and beside newer ones, with what it does not have absent; in numbers and in queries as well."""
    old, new = outcome(1, prompt="p", response="r"), outcome(2, expected="e", grader="exact@1", why="w")
    lake.put_outcomes("one", [old], keep_text=True)
    file = lake.path / "outcomes" / "one.parquet"
    columns = ", ".join(OLD_COLUMNS)
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE kept AS SELECT {columns} FROM read_parquet('{file}')")  # noqa: S608 - our own names
        file.unlink()
        engine.execute(f"COPY kept TO '{file}' (FORMAT parquet)")
    [row] = lake.outcomes()
    assert set(row) == set(OLD_COLUMNS)
    assert _read(lake) == [old]
    assert lake.outcome_columns()["score"].tolist() == [1.0]
    lake.put_outcomes("two", [new], keep_text=True)
    assert _read(lake) == [old, new]
    assert {(row["grader"], row["why"], row["expected"]) for row in lake.outcomes()} == {
        (None, None, None), ("exact@1", "w", "e"),
    }  # fmt: skip
    assert len(lake.outcome_columns()["score"]) == 2


def test_texts_of_any_script_and_length_come_back(lake: Lake) -> None:
    """Long texts and those beyond ASCII are kept whole, and a first column of nothing hides none."""
    long = "prompt 日本語 🙂 " * 60_000
    rows = [outcome(number) for number in range(3_000)]
    rows += [outcome(3_000 + number, prompt=f"{number}{long}x", slice_name="late") for number in range(30)]
    lake.put_outcomes("one", rows, keep_text=True)
    assert _read(lake) == rows


def test_an_import_is_replaced_whole(lake: Lake) -> None:
    """Writing the same id again leaves the new rows alone; without rows the file is gone."""
    lake.put_outcomes("one", [outcome(1), outcome(2)])
    lake.put_outcomes("two", [outcome(3)])
    lake.put_outcomes("one", [outcome(4)])
    assert lake.outcome_imports() == ("one", "two")
    assert _read(lake) == [outcome(4), outcome(3)]
    assert list(outcome_rows.read(lake.outcomes(["two"]), "lake")) == [outcome(3)]
    assert lake.put_outcomes("one", []) == 0
    assert lake.outcome_imports() == ("two",)
    with pytest.raises(StoreError, match="no outcomes of import 'one'"):
        list(lake.outcomes(["one"]))


def test_a_fault_while_writing_leaves_what_was_there(lake: Lake) -> None:
    """Rows that end in a fault leave the old file and nothing half written."""
    lake.put_outcomes("one", [outcome(1)])

    def rows() -> Iterator[Outcome]:
        yield outcome(2)
        raise RuntimeError("the reader broke")

    with pytest.raises(RuntimeError):
        lake.put_outcomes("one", rows())
    for misfit in (outcome(1, cluster_id="\udc80"), outcome(1, input_tokens=2**70)):
        with pytest.raises(StoreError, match="does not fit a Parquet file"):
            lake.put_outcomes("one", [outcome(2), misfit])
    assert _read(lake) == [outcome(1)]
    assert [path.name for path in (lake.path / "outcomes").iterdir()] == ["one.parquet"]


def test_only_its_owner_may_look_into_it(lake: Lake) -> None:
    """Folders are 0700, files 0600."""
    lake.put_outcomes("one", [outcome(1)])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in lake.path.parent.rglob("*")}
    assert modes == {"lake": 0o700, "outcomes": 0o700, "one.parquet": 0o600}


def test_an_empty_lake_has_nothing(lake: Lake) -> None:
    """Nothing is made by asking."""
    assert (list(lake.outcomes()), lake.outcome_imports(), lake.days()) == ([], (), ())
    assert lake.query("spend_by_model", since=None, until=None) == []
    columns = lake.outcome_columns()
    assert {len(values) for values in columns.values()} == {0}
    assert not lake.path.exists()


def test_columns_are_codes_and_numbers(lake: Lake) -> None:
    """Names are sorted and known by index; what is absent is an empty name or NaN."""
    lake.put_outcomes(
        "one",
        [
            outcome(2, "m2", cluster_id="c"),
            outcome(1, "m1", cost_usd=None, input_tokens=None, slice_name="tail"),
            outcome(1, "m1", candidate=Candidate("m1", Effort.LOW)),
        ],
    )
    got = lake.outcome_columns()
    assert set(got) == set(lake.outcome_columns(["one"]))
    named = {name: list(got[f"{name}_names"][got[name]]) for name in ("unit", "model", "effort", "slice")}
    assert named == {
        "unit": ["c", "p1", "p1"],
        "model": ["m2", "m1", "m1"],
        "effort": ["", "", "low"],
        "slice": ["", "tail", ""],
    }
    assert list(got["model_names"]) == ["m1", "m2"]
    assert got["unit"].dtype == np.int32
    assert got["score"].tolist() == [0.0, 1.0, 1.0]
    np.testing.assert_array_equal(got["cost_usd"], [0.00012, np.nan, 0.00012])
    np.testing.assert_array_equal(got["input_tokens"], [1000.0, np.nan, 1000.0])


def test_days_follow_the_ledger(tmp_path: Path) -> None:
    """Refreshing writes the days that changed and no others; a day that lost its calls is gone."""
    lake = Lake(tmp_path)
    with Ledger.open(tmp_path) as ledger:
        ledger.put_calls([call(1), call(2, at=NOW - timedelta(days=2))])
        assert lake.refresh(ledger) == 2
        assert lake.refresh(ledger) == 0
        assert lake.days() == (date(2026, 11, 21), date(2026, 11, 23))
        moved = call(2, at=NOW, usage=Usage(output_tokens=10_000), reported_usd=Decimal("0.10"))
        ledger.put_calls([moved])
        assert lake.refresh(ledger) == 2
        assert lake.days() == (date(2026, 11, 23),)
    files = f"{tmp_path}/lake/calls/*/*.parquet"
    with duckdb.connect() as anyone:
        rows = anyone.execute("SELECT * FROM read_parquet(?) ORDER BY ts", [files]).fetchall()
    assert [row[:2] for row in rows] == [
        ("msg_00002", NOW.replace(tzinfo=None)),
        ("msg_00001", call(1).at.replace(tzinfo=None)),
    ]


def test_spend_is_counted_by_model_type_and_day(tmp_path: Path) -> None:
    """Each query gives calls, tokens by bucket, and the claimed cost, within days."""
    lake = Lake(tmp_path)
    early = call(3, at=NOW - timedelta(days=1), task_type="reply", reported_usd=Decimal("0.25"))
    with Ledger.open(tmp_path) as ledger:
        ledger.put_calls([call(1), call(2, model_served="claude-opus-5-5"), early])
        lake.refresh(ledger)
    whole = {"since": None, "until": None}
    models = lake.query("spend_by_model", **whole)
    assert [(row["model"], row["calls"], row["total_tokens"]) for row in models] == [
        ("claude-haiku-5-5", 2, 2224),
        ("claude-opus-5-5", 1, 1112),
    ]
    types = lake.query("spend_by_task_type", **whole)
    assert [(row["task_type"], row["reported_usd"]) for row in types] == [
        ("extract", None),
        ("reply", Decimal("0.25")),
    ]
    days = lake.query("spend_by_day", since=date(2026, 11, 23), until=None)
    assert [(row["day"], row["input_tokens"], row["cache_read_tokens"]) for row in days] == [
        (date(2026, 11, 23), 2003, 20)
    ]
    assert lake.query("spend_by_day", since=None, until=date(2026, 11, 22)) == []


def test_pairs_are_counted_by_unit(lake: Lake) -> None:
    """Samples of a prompt count once, prompts of a cluster once, and only shared units are pairs."""
    base = [outcome(number, "base", score=1.0) for number in range(4)]
    cheap = [outcome(number, "cheap", score=0.5) for number in (1, 1, 2, 9)]
    clustered = [
        outcome(20, "base", cluster_id="c"),
        outcome(21, "cheap", cluster_id="c", score=0.0),
        outcome(22, "cheap", cluster_id="c", score=1.0),
    ]
    lake.put_outcomes("one", [*base, *cheap, *clustered])
    rows = lake.query("evidence_pairs", baseline_model="base", baseline_effort="")
    assert [(row["model"], row["units"], row["samples"], row["paired_units"]) for row in rows] == [
        ("base", 5, 5, 5),
        ("cheap", 4, 6, 3),
    ]
    assert rows[1]["mean_loss"] == pytest.approx((0.5 + 0.5 - 0.5) / 3)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("no_such_query", {}),
        ("../engine", {}),
        ("spend_by_day", {}),
        ("spend_by_day", {"since": None, "x": 1}),
    ],
)
def test_a_query_or_parameter_that_is_not_there_is_a_slip_of_ours(
    lake: Lake, name: str, parameters: dict[str, object]
) -> None:
    """Names come from code, never from users: a wrong one is a ``ValueError``."""
    with pytest.raises(ValueError, match="query"):
        lake.query(name, **parameters)


def test_parameters_are_values_and_never_text(lake: Lake) -> None:
    """A value that looks like SQL is only a value."""
    lake.put_outcomes("one", [outcome(1)])
    evil = "x' OR 1=1; DROP TABLE units; --"
    rows = lake.query("evidence_pairs", baseline_model=evil, baseline_effort="")
    assert [row["paired_units"] for row in rows] == [0]


def test_a_damaged_file_is_one_sentence(lake: Lake) -> None:
    """Reading a file whose bytes were changed names the lake and what to do."""
    lake.put_outcomes("one", [outcome(number) for number in range(100)])
    file = lake.path / "outcomes" / "one.parquet"
    for damaged in (b"", file.read_bytes()[:-8]):
        file.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"the lake .* (damaged|cannot be)") as caught:
            list(lake.outcomes())
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (duckdb.OutOfMemoryException("x"), "needs more room"),
        (duckdb.IOException("No space left\non device"), r"cannot be read or written \(No space left\)"),
        (OSError(28, "No space left on device"), r"\(No space left on device\)"),
        (duckdb.InvalidInputException("not a parquet file"), "is damaged .* import again"),
        (duckdb.BinderException("secret"), r"cannot be used \(BinderException\)"),
    ],
)
def test_every_fault_of_the_engine_is_one_sentence(tmp_path: Path, error: Exception, said: str) -> None:
    """Each kind of fault has its own advice."""
    with pytest.raises(StoreError, match=said), engine_in(tmp_path):
        raise error


def test_the_engine_fetches_nothing_and_is_bounded(tmp_path: Path) -> None:
    """Extensions are neither installed nor loaded by themselves; memory and threads have a bound."""
    with engine_in(tmp_path) as opened:
        ask = "SELECT current_setting(?)"
        for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
            assert opened.execute(ask, [name]).fetchall() == [(False,)]
        assert opened.execute(ask, ["threads"]).fetchall() == [(engine.THREADS,)]
        assert opened.execute(ask, ["temp_directory"]).fetchall() == [(str(tmp_path / "tmp"),)]


def test_chunks_are_cut_by_rows_and_by_text() -> None:
    """No chunk holds more rows or much more text than its bound."""
    rows = [(str(number), 1) for number in range(45_000)]
    assert [len(chunk) for chunk in chunks._chunks(rows)] == [20_000, 20_000, 5_000]
    wide = [("x" * 6_000_000, 1)] * 7
    assert [len(chunk) for chunk in chunks._chunks(wide)] == [3, 3, 1]
    assert list(chunks._chunks([])) == []


@pytest.mark.soak
def test_a_million_outcomes_are_written_and_read_in_bounded_memory(lake: Lake) -> None:
    """A table of a million rows goes in and out chunk by chunk."""
    rows = (outcome(number // 4, f"m{number % 4}", prompt="x" * 200) for number in range(1_000_000))
    assert lake.put_outcomes("one", rows, keep_text=True) == 1_000_000
    assert sum(1 for _ in lake.outcomes()) == 1_000_000
    assert len(lake.outcome_columns()["score"]) == 1_000_000
