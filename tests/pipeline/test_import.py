"""Import: each content once, calls into the ledger, outcomes into the lake, bad rows with their places."""

import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.core.outcome import Outcome
from modelmix.errors import DataError
from modelmix.ingest import outcomes as outcome_rows
from modelmix.pipeline import import_
from modelmix.pipeline.file_report import FileReport, ImportReport
from modelmix.pipeline.import_ import import_paths
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Home:
    """A ledger and a lake, with ``put`` to import into them."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger.open(folder)
        self.lake = Lake(folder)

    def put(self, *paths: Path | str, **how: Any) -> ImportReport:  # noqa: ANN401 - options of import_paths
        """Import some paths."""
        return import_paths(paths, self.ledger, self.lake, **{"now": NOW, **how})

    def one(self, path: Path | str, **how: Any) -> FileReport:  # noqa: ANN401 - the same
        """Import one file."""
        (report,) = self.put(path, **how).files
        return report

    def outcomes(self) -> list[Outcome]:
        """Return all outcomes of the lake."""
        found = outcome_rows.read(self.lake.outcomes(), "lake", keep_text=True)
        return [row for row in found if isinstance(row, Outcome)]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A new home."""
    made = Home(tmp_path / "home")
    yield made
    made.ledger.close()


def _line(number: int, output: int = 100, **changes: object) -> bytes:
    message = {
        "id": f"msg_{number}",
        "model": "claude-opus-5-5",
        "usage": {"input_tokens": 1000, "output_tokens": output},
    }
    at = (NOW + timedelta(hours=number)).isoformat()
    return json.dumps({"sessionId": "s", "timestamp": at, "message": message, **changes}).encode()


def _transcript(path: Path, *rows: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(rows) + b"\n")
    return path


def _table(path: Path, *rows: dict[str, object]) -> Path:
    return _transcript(path, *(json.dumps(row).encode() for row in rows))


def _outcome(number: int, **changes: object) -> dict[str, object]:
    given = {"prompt_id": f"p{number}", "task_type": "extract", "model": "m", "score": number % 2}
    return {**given, **changes}


def test_a_transcript_goes_into_the_ledger(home: Home, tmp_path: Path) -> None:
    """Copies are counted as duplicates, damaged lines with their places; the span is that of the calls."""
    file = _transcript(tmp_path / "log.jsonl", _line(1, 1), _line(1, 9), b"{damaged", _line(2), b"")
    report = home.one(file)
    assert (report.kind, report.rows, report.new, report.duplicates) == ("claude-code", 3, 2, 1)
    assert (report.bad_rows, [bad.line for bad in report.first_bad]) == (1, [3])
    assert (report.models, report.task_types) == ({"claude-opus-5-5": 2}, {"untyped": 2})
    assert (report.since, report.until) == (NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    assert [call.usage.output_tokens for call in home.ledger.calls()] == [9, 100]
    (done,) = home.ledger.imports()
    assert (done.source, done.rows, done.bad_rows) == (str(file), 3, 1)
    assert home.ledger.bad_rows(done.import_id) == tuple(report.first_bad)


def test_the_same_content_again_is_nothing_to_do(home: Home, tmp_path: Path) -> None:
    """By its bytes, not its name: the second import says so and changes nothing; new lines are new."""
    file = _transcript(tmp_path / "log.jsonl", _line(1))
    home.put(file)
    again = home.one(file)
    assert (again.already, again.new) == (True, 0)
    assert again.note == "already imported on 2026-11-23: nothing to do"
    copy = _transcript(tmp_path / "copy.jsonl", _line(1))
    assert home.one(copy).note == f"already imported from {file} on 2026-11-23: nothing to do"
    _transcript(file, _line(1), _line(2))
    grown = home.one(file)
    assert (grown.already, grown.new, grown.duplicates) == (False, 1, 1)
    assert home.ledger.count() == 2


def test_an_outcome_table_goes_into_the_lake(home: Home, tmp_path: Path) -> None:
    """Repeated samples are kept, texts only when asked for, and asking otherwise replaces the rows."""
    rows = [_outcome(1, prompt="secret"), _outcome(1, prompt="secret"), _outcome(2, score=7)]
    file = _table(tmp_path / "t.jsonl", *rows)
    report = home.one(file)
    assert (report.kind, report.rows, report.new, report.bad_rows) == ("outcomes-jsonl", 2, 2, 1)
    assert (report.models, report.task_types) == ({"m": 2}, {"extract": 2})
    assert [row.prompt for row in home.outcomes()] == ["", ""]
    kept = home.one(file, keep_text=True)
    assert (kept.already, kept.note) == (False, "")
    assert [row.prompt for row in home.outcomes()] == ["secret", "secret"]
    assert home.one(file, keep_text=True).already
    assert home.lake.outcome_imports() == (report.import_id,)


def test_tables_come_as_csv_and_parquet_too(home: Home, tmp_path: Path) -> None:
    """All three forms of a table, compressed or not, give the same rows."""
    rows = [_outcome(number) for number in range(3)]
    lines = [",".join(map(str, row.values())) for row in rows]
    text = "\n".join(["prompt_id,task_type,model,score", *lines]) + "\n"
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "plain.csv").write_text(text)
    parquet = tmp_path / "t.parquet"
    with duckdb.connect() as engine:
        read = "SELECT *, 'a prompt' AS prompt FROM read_csv(?, all_varchar := true)"
        engine.execute(f"COPY ({read}) TO ? (FORMAT parquet)", [str(tmp_path / "plain.csv"), str(parquet)])
    reports = home.put(tmp_path / "t.csv.gz", parquet).files
    assert [(report.kind, report.new, report.bad_rows) for report in reports] == [
        ("outcomes-csv", 3, 0),
        ("parquet", 3, 0),
    ]
    rows_of = [list(home.lake.outcomes([report.import_id])) for report in reports]
    assert [[row["prompt_id"] for row in rows] for rows in rows_of] == [["p0", "p1", "p2"]] * 2
    assert home.one(parquet, keep_text=True).new == 3
    assert {row.prompt for row in home.outcomes()} == {"", "a prompt"}


def test_a_lost_file_of_the_lake_is_made_again(home: Home, tmp_path: Path) -> None:
    """What is on record but no longer there is no reason to do nothing."""
    file = _table(tmp_path / "t.jsonl", _outcome(1))
    report = home.one(file)
    (home.lake.path / "outcomes" / f"{report.import_id}.parquet").unlink()
    assert home.one(file).new == 1
    assert len(home.outcomes()) == 1


def test_a_table_that_changed_is_kept_beside_the_earlier_one(home: Home, tmp_path: Path) -> None:
    """Rows of both stay, and the report says so."""
    home.put(_table(tmp_path / "t.jsonl", _outcome(1)))
    report = home.one(_table(tmp_path / "t.jsonl", _outcome(1), _outcome(2)))
    assert report.note == "another table was imported from this path before; the rows of both are kept"
    assert len(home.outcomes()) == 3


def test_a_task_type_is_given_where_there_is_none(home: Home, tmp_path: Path) -> None:
    """Untagged calls and untyped outcomes take it; tags and types that stand in the rows win."""
    log = _transcript(tmp_path / "log.jsonl", _line(1))
    pairs = _table(
        tmp_path / "pairs.jsonl",
        {
            "timestamp": "2026-11-23T00:00:00Z",
            "task_type": "tagged",
            "request": {"model": "claude-opus-5-5", "messages": []},
            "response": {"id": "msg_9", "usage": {"input_tokens": 1, "output_tokens": 1}},
        },
    )
    home.put(log, pairs, task_type="chat")
    assert {(call.task_type, call.task_source) for call in home.ledger.calls()} == {
        ("chat", "default"),
        ("tagged", "tag"),
    }
    untyped = {"prompt_id": "p", "model": "m", "score": 1}
    table = _table(tmp_path / "t.jsonl", untyped, _outcome(1))
    with table.open("ab") as file:
        file.write(b"\n{cut")
    report = home.one(table, task_type="chat")
    assert report.task_types == {"chat": 1, "extract": 1}
    assert [bad.line for bad in report.first_bad] == [4]
    csv = tmp_path / "t.csv"
    csv.write_text("prompt_id,model,score\np,m,1\n")
    assert home.one(csv, task_type="chat").task_types == {"chat": 1}


def test_folders_are_taken_whole_and_one_bad_file_keeps_none_out(home: Home, tmp_path: Path) -> None:
    """Every file has its report in order; progress is told after each."""
    folder = tmp_path / "logs"
    _transcript(folder / "a.jsonl", _line(1))
    _transcript(folder / "session" / "subagents" / "b.jsonl", _line(1, 500, isSidechain=True), _line(2))
    _transcript(folder / "c.jsonl", b'{"something": "else"}')
    (folder / "d.csv").write_text("a,b\n1,2\n")
    (folder / "e.jsonl").touch()
    (folder / "f.jsonl").symlink_to(folder / "nowhere")
    seen: list[tuple[int, int]] = []
    report = home.put(folder, progress=lambda done, whole: seen.append((done, whole)))
    kinds = {Path(file.source).name: (file.kind, file.new, file.bad_rows) for file in report.files}
    assert kinds == {
        "a.jsonl": ("claude-code", 1, 0),
        "b.jsonl": ("claude-code", 1, 0),
        "c.jsonl": ("unknown", 0, 1),
        "d.csv": ("outcomes-csv", 0, 1),
        "e.jsonl": ("unknown", 0, 0),
        "f.jsonl": ("unknown", 0, 1),
    }
    assert (report.rows, report.new, report.bad_rows) == (3, 2, 3)
    assert seen == [(number, 6) for number in range(1, 7)]
    assert [call.usage.output_tokens for call in home.ledger.calls()] == [100, 100]
    assert not home.put(folder).files[2].already


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([b"{}"], "1 bad row at .*log.jsonl:1: neither a transcript"),
        ([b'{"sessionId": 1, "message": {"usage": {}}}'] * 2, "2 bad rows, the first at .*log.jsonl:1: "),
        ([b""], "no row was found"),
        ([b'{"sessionId": "s", "type": "summary"}'], "no row was found"),
    ],
)
def test_nothing_at_all_is_an_error(home: Home, tmp_path: Path, rows: list[bytes], said: str) -> None:
    """Where no row can be read the command fails with exit code 4 and says why."""
    with pytest.raises(DataError, match=said) as caught:
        home.put(_transcript(tmp_path / "log.jsonl", *rows))
    assert caught.value.exit_code == 4


def test_nothing_in_several_files_or_in_a_folder_is_an_error(home: Home, tmp_path: Path) -> None:
    """The count of files is said; a folder without logs and a path that is not there are errors too."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no log or table was found in .*empty"):
        home.put(tmp_path / "empty")
    with pytest.raises(DataError, match="no file or folder"):
        home.put(tmp_path / "none")
    files = [_transcript(tmp_path / name, b"{}") for name in ("a.jsonl", "b.jsonl")]
    with pytest.raises(DataError, match="from 2 files: 2 bad rows, the first"):
        home.put(*files)
    table = tmp_path / "t.csv"
    table.write_text("prompt,model,score\np,m,1\n")
    with pytest.raises(DataError, match="lacks 'prompt_id', 'task_type'"):
        home.put(table)


def test_standard_input_is_imported(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` is read whole, known by its content like a file, and named ``-``."""

    class Input:
        buffer = io.BytesIO(_line(1) + b"\n")

    monkeypatch.setattr("sys.stdin", Input())
    report = home.one("-")
    assert (report.source, report.new) == ("-", 1)


def test_places_of_bad_rows_are_kept_up_to_a_bound(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are counted, the first are kept."""
    monkeypatch.setattr(import_, "MOST_BAD_ROWS_KEPT", 3)
    report = home.one(_transcript(tmp_path / "log.jsonl", _line(1), *[b"{damaged"] * 10))
    assert (report.bad_rows, len(report.first_bad)) == (10, 3)
    assert len(home.ledger.bad_rows()) == 3


def test_a_file_that_breaks_off_is_tried_again(home: Home, tmp_path: Path) -> None:
    """A cut archive gives what lies before the cut and one bad row."""
    file = tmp_path / "log.jsonl.gz"
    packed = gzip.compress(b"\n".join(_line(number) for number in range(3_000)) + b"\n")
    file.write_bytes(packed[:-50])
    report = home.one(file)
    assert 0 < report.new < 3_000
    assert any("ended before" in bad.why for bad in report.first_bad)
    file.write_bytes(packed)
    assert home.one(file).new + report.new == 3_000


@settings(max_examples=25)
@given(st.binary(max_size=300), st.sampled_from(["x.jsonl", "x.csv", "x.parquet"]), st.booleans())
def test_no_bytes_break_an_import(tmp_path_factory: Any, junk: bytes, name: str, typed: bool) -> None:  # noqa: ANN401 - pytest's factory has no public type
    """Junk after a good row, whatever the file is called, is a report or one sentence."""
    folder = tmp_path_factory.mktemp("junk")
    file = folder / name
    head = b'prompt_id,task_type,model,score\n"p",t,m,1\n' if name == "x.csv" else _line(1) + b"\n"
    file.write_bytes((b"PAR1" if name == "x.parquet" else head) + junk)
    home = Home(folder / "home")
    try:
        report = home.one(file, task_type="chat" if typed else None)
        assert report.bad_rows >= len(report.first_bad)
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
    finally:
        home.ledger.close()
