"""Tables: CSV and Parquet files become rows by column name, with the file's own line numbers."""

import csv
import io
from pathlib import Path

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.store.files import LogFile
from modelmix.store.tables import csv_header, csv_rows, parquet_columns, parquet_rows

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=6)


def _rows(text: bytes) -> tuple[list[object], list[BadRow]]:
    bad_rows: list[BadRow] = []
    return list(csv_rows(text.split(b"\n"), "t.csv", bad_rows)), bad_rows


@given(st.lists(st.tuples(cells.filter(bool), cells), max_size=5), st.sampled_from(",;\t"))
def test_what_is_written_is_read(rows: list[tuple[str, str]], mark: str) -> None:
    """Quotes, marks and line ends within cells come back, whichever of the three marks parts them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=mark, lineterminator="\n")
    writer.writerows([("id", "note"), *rows])
    got, bad_rows = _rows(text.getvalue().encode())
    assert [{"id": first, "note": second} for first, second in rows] == [row for row in got if row]
    assert bad_rows == []


@given(st.binary(max_size=200))
@example(b"\r\x00")
def test_no_bytes_raise(data: bytes) -> None:
    """Any bytes give rows, empty lines and bad rows."""
    got, _ = _rows(data)
    assert all(isinstance(row, bytes | dict) for row in got)
    assert isinstance(csv_header(data), list)


def test_numbers_are_those_of_the_lines() -> None:
    """A row stands at the number of the line that it ends on: what gives no row is filled up."""
    text = b'Id , note\n1,a\n\n2,"x\ny"\n3,a,b\n4\n\xff,z'
    got, bad_rows = _rows(text)
    at = {number: row for number, row in enumerate(got, 1) if row}
    assert at == {
        2: {"id": "1", "note": "a"},
        5: {"id": "2", "note": "x\ny"},
        7: {"id": "4"},
        8: {"id": "\udcff", "note": "z"},
    }
    assert [(bad.line, bad.why) for bad in bad_rows] == [
        (6, "3 cells under 2 columns; put cells that hold ',' in quotes")
    ]


def test_what_the_csv_module_refuses_is_a_bad_row_and_the_next_is_read() -> None:
    """A cell beyond the bound of the module is refused and the rows after it are read."""
    bad_rows: list[BadRow] = []
    rows = csv_rows(iter([b"a,b", b"1,2", b"3," + b"x" * 100, b"5,6"]), "t.csv", bad_rows)
    assert next(rows) == b""
    assert next(rows) == {"a": "1", "b": "2"}
    before = csv.field_size_limit(10)
    try:
        assert next(rows) == b""
    finally:
        csv.field_size_limit(before)
    assert list(rows) == [{"a": "5", "b": "6"}]
    assert [bad.line for bad in bad_rows] == [3]


def test_an_empty_csv_has_no_rows() -> None:
    """Nothing in, nothing but the header's line out."""
    assert _rows(b"") == ([b""], [])
    assert csv_header(b"") == []


def _parquet(path: Path) -> Path:
    query = "SELECT range AS \"Prompt_ID\", 0.5 AS score, 'm' AS model, 'long' AS prompt FROM range(10000)"
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_parquet_gives_the_columns_that_are_wanted(tmp_path: Path) -> None:
    """Names come in lower case; a column that is missing is left out; a bracket in the path is no pattern."""
    path = _parquet(tmp_path / "t[1].parquet")
    with LogFile(path) as log:
        assert (log.kind, log.columns()) == ("parquet", ["prompt_id", "score", "model", "prompt"])
        assert sum(1 for _ in log.rows()) == 10_000
        assert next(log.rows(["prompt_id", "model", "absent"])) == {"prompt_id": 0, "model": "m"}
        assert log.bad_rows == []


def test_damaged_parquet_is_one_bad_row(tmp_path: Path) -> None:
    """Whatever is wrong with a Parquet file, it is counted, and its bytes are not quoted."""
    path = _parquet(tmp_path / "t.parquet")
    whole = path.read_bytes()
    bad_rows: list[BadRow] = []
    for damaged in (whole[:-9], whole[:4] + b"\xff" * 200 + whole[204:], b"PAR1"):
        path.write_bytes(damaged)
        assert len(list(parquet_rows(path, "t", bad_rows))) < 10_000
    assert [bad.why for bad in bad_rows] == ["cannot be read as Parquet from here on"] * 3
    assert parquet_columns(path) is None


def test_a_log_has_no_columns_and_a_csv_has_those_of_its_header(tmp_path: Path) -> None:
    """Only tables have columns."""
    path = tmp_path / "t.csv"
    path.write_text("prompt_id,task_type,model,score\np,t,m,1\n")
    with LogFile(path) as log:
        assert log.columns() == ["prompt_id", "task_type", "model", "score"]
        assert list(log.rows()) == [b"", {"prompt_id": "p", "task_type": "t", "model": "m", "score": "1"}]
    log_path = tmp_path / "t.jsonl"
    log_path.write_text("{}\n")
    with LogFile(log_path) as log:
        assert log.columns() is None
        assert list(log.rows()) == [b"{}"]
