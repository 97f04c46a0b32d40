"""Export: what is kept comes out as canonical rows, exact and readable by other tools."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix import settings as surroundings
from modelmix.core.call import Call
from modelmix.core.candidate import Effort
from modelmix.core.usage import Iteration, Usage
from modelmix.pipeline.export import CALL_COLUMNS, export_calls, export_outcomes
from modelmix.pipeline.form import Form
from modelmix.pipeline.import_ import import_paths
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from store.made import NOW, call, calls, outcome

BOOK = surroundings.load().price_book()
PRICED = call(
    1,
    at=datetime(2026, 11, 23, 8, 30, 0, 250_000, tzinfo=UTC),
    usage=Usage(1000, 0, 0, 0, 500),
    effort=Effort.LOW,
    batch=True,
    reported_usd=Decimal("0.10"),
    task_type='a "quoted", type',
)
ITERATED = call(
    2,
    model_served="claude-of-nobody",
    usage=Usage(1, iterations=(Iteration("message", "claude-opus-5-5", Usage(7, output_tokens=3)),)),
    ttft_ms=1.5,
)


def _exported(form: Form, rows: list[Call]) -> bytes:
    writer = io.BytesIO()
    assert export_calls(rows, form, writer, BOOK) == len(rows)
    return writer.getvalue()


def _parquet(data: bytes, folder: Path) -> list[dict[str, Any]]:
    (folder / "x.parquet").write_bytes(data)
    with duckdb.connect() as engine:
        engine.execute("SELECT * FROM read_parquet(?)", [str(folder / "x.parquet")])
        names = [column[0] for column in engine.description or ()]
        return [dict(zip(names, row, strict=True)) for row in engine.fetchall()]


def test_json_lines_hold_canonical_rows() -> None:
    """Each line is one call with every column; amounts are exact texts, and what has no price is null."""
    first, second = (json.loads(line) for line in _exported(Form.JSONL, [PRICED, ITERATED]).splitlines())
    assert list(first) == [column.name for column in CALL_COLUMNS]
    assert first["ts"] == "2026-11-23T08:30:00.250000Z"
    assert (first["service_tier"], first["speed"], first["inference_geo"]) == ("batch", "standard", "global")
    assert (first["effort"], first["cost_reported_usd"]) == ("low", "0.10")
    # Haiku 5.5 in batch: 1,000 tokens at $0.05 and 500 at $0.25 per million.
    assert Decimal(first["list_usd"]) == Decimal("0.000175")
    assert first["iterations"] is None
    assert [(part["type"], part["model"], part["input_tokens"]) for part in second["iterations"]] == [
        ("message", "claude-opus-5-5", 7)
    ]
    assert Decimal(second["list_usd"]) == BOOK.cost(ITERATED.usage, "claude-opus-5-5", NOW).total_usd


def test_a_call_without_a_price_states_none() -> None:
    """An unknown model has no list price, and without prices nothing has."""
    unknown = call(3, model_served="claude-of-nobody")
    writer = io.BytesIO()
    export_calls([PRICED], Form.JSONL, writer)
    for line in (_exported(Form.JSONL, [unknown]), writer.getvalue()):
        assert json.loads(line)["list_usd"] is None


def test_csv_says_the_same_as_json(tmp_path: Path) -> None:
    """Quotes and commas survive, truth is a word, absence an empty cell; the writer stays open."""
    writer = io.BytesIO()
    export_calls([PRICED, ITERATED], Form.CSV, writer, BOOK)
    rows = list(csv.DictReader(io.StringIO(writer.getvalue().decode())))
    told = [json.loads(line) for line in _exported(Form.JSONL, [PRICED, ITERATED]).splitlines()]
    assert rows[0]["task_type"] == 'a "quoted", type'
    assert (rows[0]["stream"], rows[0]["write_split_known"], rows[0]["iterations"]) == ("false", "true", "")
    assert json.loads(rows[1]["iterations"]) == told[1]["iterations"]
    for row, line in zip(rows, told, strict=True):
        for name in ("ts", "call_id", "model_served", "list_usd", "effort"):
            assert row[name] == (line[name] or "")
    assert not writer.closed


@settings(max_examples=20)
@given(st.lists(calls, max_size=4))
def test_parquet_says_the_same_as_json(tmp_path_factory: Any, rows: list[Call]) -> None:  # noqa: ANN401 - pytest's factory has no public type
    """Types are native: instants in UTC, counts, truth; any call can be written, and none gives no row."""
    folder = tmp_path_factory.mktemp("parquet")
    told = [json.loads(line) for line in _exported(Form.JSONL, rows).splitlines()]
    got = _parquet(_exported(Form.PARQUET, rows), folder)
    assert len(got) == len(told)
    for row, line, one in zip(got, told, rows, strict=True):
        assert row["ts"] == one.at.replace(tzinfo=None)
        for name in set(line) - {"ts", "iterations"}:
            assert row[name] == line[name], name
        assert json.loads(row["iterations"] or "null") == line["iterations"]


@pytest.mark.parametrize("form", list(Form))
def test_exported_outcomes_can_be_imported_again(tmp_path: Path, form: Form) -> None:
    """The table that comes out goes in, whatever its form, with and without texts."""
    lake = Lake(tmp_path / "one")
    rows = [
        outcome(1, prompt="a, b", slice_name="tail", expected="c", grader="exact@1", why="d, e"),
        outcome(2, "m2", checks_ok=True, cost_usd=None),
    ]
    lake.put_outcomes("i1", rows, keep_text=True)
    for with_text in (False, True):
        file = tmp_path / f"{with_text}.{form}"
        with file.open("wb") as writer:
            assert export_outcomes(lake.outcomes(), form, writer, with_text=with_text) == 2
        again = tmp_path / f"home-{with_text}"
        with Ledger.open(again) as ledger:
            report = import_paths([file], ledger, Lake(again), now=NOW, keep_text=True)
        assert (report.rows, report.bad_rows) == (2, 0)
        (first, second) = (
            {key: value for key, value in row.items() if key != "import_id"} for row in Lake(again).outcomes()
        )
        meant = [{key: value for key, value in row.items() if key != "import_id"} for row in lake.outcomes()]
        if not with_text:
            meant[0] |= {"prompt": None, "expected": None}
        assert [first, second] == meant


@pytest.mark.parametrize("form", list(Form))
def test_outcomes_from_before_graders_are_exported_as_well(tmp_path: Path, form: Form) -> None:
    """What a row of an older file does not have is empty."""
    row = {"import_id": "i", "prompt_id": "p", "task_type": "t", "model": "m", "score": 1.0}
    file = tmp_path / f"rows.{form}"
    with file.open("wb") as writer:
        assert export_outcomes([row], form, writer, with_text=True) == 1
    with Ledger.open(tmp_path) as ledger:
        report = import_paths([file], ledger, Lake(tmp_path), now=NOW, keep_text=True)
    assert (report.rows, report.bad_rows) == (1, 0)
    [again] = Lake(tmp_path).outcomes()
    assert (again["prompt_id"], again["score"], again["grader"], again["why"]) == ("p", 1.0, None, None)
