"""What logs hold that can be asked again: read twice, whatever the order of their rows."""

import json
import random
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.errors import DataError
from modelmix.pipeline.replay.recordings import OTHER_MODEL, Recordings, Source, source_of
from pipeline.replay.rig import CAPABILITIES, HAIKU, OPUS, Row, labelled, row, write_log


def source(*places: Path, expected: tuple[Path, ...] = (), task_type: str = "") -> Source:
    """Name logs and known answers."""
    return source_of(tuple(map(str, places)), CAPABILITIES, tuple(map(str, expected)), task_type)


def scanned(folder: Path, rows: list[Row]) -> Recordings:
    """Write a log and read it once."""
    return source(write_log(folder / "log.jsonl", rows)).scan()


def test_prompts_are_kept_without_their_text(tmp_path: Path) -> None:
    """Identity, type, length and candidate are all that is left of them, in order of their identities."""
    found = scanned(tmp_path, labelled(3)[::-1])
    assert [one.unit.prompt_id for one in found.prompts] == ["case-000", "case-001", "case-002"]
    assert {("triage", 100, Candidate(OPUS, Effort.MEDIUM), False)} == {
        (one.unit.task_type, one.unit.prompt_tokens, one.asked, one.has_expected) for one in found.prompts
    }
    assert "case 1" not in repr(found)


def test_what_cannot_be_replayed_is_counted_by_its_reason(tmp_path: Path) -> None:
    """Failed calls, other models' answers, server tools and damaged rows; the rest is there."""
    rows = [
        row("a", "x"),
        row("b", "x", status=500),
        row("c", "x", response={"model": HAIKU}),
        row("d", "x", request={"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        row("e", "x", response={"content": []}),
    ]
    log = write_log(tmp_path / "log.jsonl", rows)
    with log.open("a") as file:
        file.write("{\n")
    found = source(log).scan()
    assert (len(found.prompts), len(found.bad_rows)) == (1, 1)
    assert found.set_aside == {
        "it failed when it was recorded": 1,
        OTHER_MODEL: 1,
        "it uses a tool that the API runs itself": 1,
        "its answer holds neither text nor a tool call": 1,
    }


@given(seed=st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Copies, other answers and the same prompt under two names: the same row stands for all."""
    folder = tmp_path_factory.mktemp("order")
    rows = [
        row(f"case {i}", answer, prompt_id=f"{name}-{i}", timestamp=f"2026-11-1{day}T00:00:00Z")
        for i in range(4)
        for name, answer, day in (("a", "x", 3), ("a", "y", 2), ("b", "z", 1))
    ]
    for number, one in enumerate(rows):
        one["response"]["id"] = f"msg_{number}"
    shuffled = random.Random(seed).sample(rows, len(rows))
    straight, mixed = (write_log(folder / f"{k}.jsonl", one) for k, one in enumerate((rows, shuffled)))
    found = source(mixed).scan()
    assert source(straight).scan().prompts == found.prompts
    assert ([f"b-{i}" for i in range(4)], 8) == ([one.unit.prompt_id for one in found.prompts], found.repeats)
    ids = [one.unit.prompt_id for one in found.prompts]
    kept = source(mixed).collect(ids)
    assert source(straight).collect(ids) == kept
    assert {"z"} == {one.reply.text for one in kept.values()}


def test_a_row_whose_right_answer_is_known_stands_for_its_prompt(tmp_path: Path) -> None:
    """Even where it is not the first."""
    rows = [
        row("a", "x", prompt_id="p"),
        row("a", "y", prompt_id="p", expected="x", timestamp="2026-11-12T00:00:00Z"),
    ]
    found = scanned(tmp_path, rows)
    assert [one.has_expected for one in found.prompts] == [True]
    assert source(tmp_path / "log.jsonl").collect(["p"])["p"].expected == "x"


def test_known_answers_join_by_every_identity(tmp_path: Path) -> None:
    """CSV by prompt, JSON lines by call, Parquet by request id; what is in no log is counted."""
    rows = labelled(3)
    rows[2]["response_headers"] = {"request-id": "req_2"}
    rows[2]["headers"] = {"request-id": "req_2"}
    csv, lines, parquet = tmp_path / "a.csv", tmp_path / "b.jsonl", tmp_path / "c.parquet"
    csv.write_text("prompt_id,expected,slice\ncase-000,access,rare\nnobody,x,\n")
    lines.write_text(json.dumps({"call_id": rows[1]["response"]["id"], "gold": "other"}) + "\n")
    label = "SELECT 'req_2' AS request_id, 'billing' AS label"
    duckdb.sql(f"COPY ({label}) TO '{parquet}' (FORMAT parquet)")
    named = source(write_log(tmp_path / "log.jsonl", rows), expected=(csv, lines, parquet))
    found = named.scan()
    assert (1, {True}) == (found.unmatched, {one.has_expected for one in found.prompts})
    kept = named.collect([one.unit.prompt_id for one in found.prompts])
    assert {name: one.expected for name, one in kept.items()} == {
        "case-000": "access",
        "case-001": "other",
        "case-002": "billing",
    }
    assert [one.unit.slice_name for one in found.prompts] == ["rare", "", ""]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (
            "prompt_id,expected\np,x\n,y\n",
            r"1 row of .*gold\.csv cannot be read, the first at line 3: it names no prompt",
        ),
        ("prompt_id,expected\n,x\n,y\n", r"2 rows of .* first at line 2: it names no prompt"),
        ("prompt_id,expected\n", "holds no known answer; a row has a prompt_id and expected"),
        ("prompt_id,score\np,1\n", "names no answers"),
        ("name,expected\np,1\n", "names no prompts"),
        (
            "prompt_id,expected\np,x\nq,x\np,y\n",
            "gives 'p' another right answer than a row before; keep one of them",
        ),
    ],
)
def test_damaged_known_answers_are_refused(tmp_path: Path, table: str, why: str) -> None:
    """A right answer that is lost in silence would turn into the baseline's own."""
    log = write_log(tmp_path / "log.jsonl", labelled(1))
    (tmp_path / "gold.csv").write_text(table)
    with pytest.raises(DataError, match=why):
        source(log, expected=(tmp_path / "gold.csv",))


def test_the_same_right_answer_twice_is_one(tmp_path: Path) -> None:
    """It is no contradiction."""
    log = write_log(tmp_path / "log.jsonl", labelled(1))
    (tmp_path / "gold.csv").write_text("prompt_id,expected\ncase-000,x\ncase-000,x\n")
    assert source(log, expected=(tmp_path / "gold.csv",)).scan().unmatched == 0


def _transcript(path: Path) -> Path:
    line: Row = {"type": "assistant", "sessionId": "s", "parentUuid": None, "message": {"usage": {}}}
    path.write_text(json.dumps(line) + "\n")
    return path


def _outcomes(path: Path) -> Path:
    path.write_text(json.dumps({"prompt_id": "p", "task_type": "t", "model": "m", "score": 1}) + "\n")
    return path


def _parquet(path: Path) -> Path:
    query = "SELECT 'p' AS prompt_id, 't' AS task_type, 'm' AS model, 1.0 AS score, 'x' AS response"
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_what_is_no_log_of_requests_is_refused_with_the_next_command(tmp_path: Path) -> None:
    """Transcripts, outcome tables, known answers and anything else; each says what to do."""
    other = tmp_path / "x.jsonl"
    other.write_text('{"a": 1}\n')
    for path, said in (
        (_transcript(tmp_path / "t.jsonl"), "modelmix serve --capture FILE"),
        (_outcomes(tmp_path / "o.jsonl"), "modelmix import"),
        (_parquet(tmp_path / "o.parquet"), "modelmix import"),
        (other, "holds no request/response pairs; name a log with both bodies in each row"),
    ):
        with pytest.raises(DataError, match=said):
            source(path).scan()


def test_other_files_of_a_folder_are_passed_over(tmp_path: Path) -> None:
    """Only the logs among them are read, and only they are named as read."""
    _transcript(tmp_path / "t.jsonl")
    _outcomes(tmp_path / "o.jsonl")
    _parquet(tmp_path / "o.parquet")
    (tmp_path / "notes.txt").write_text("x")
    log = write_log(tmp_path / "z.jsonl", labelled(2))
    assert ((log,), 2) == ((found := source(tmp_path).scan()).paths, len(found.prompts))


def test_a_log_may_be_a_parquet_file(tmp_path: Path) -> None:
    """With a column for each body."""
    rows = labelled(3)
    path = tmp_path / "log.parquet"
    table = tmp_path / "rows.json"
    table.write_text(
        json.dumps(
            [
                {**one, "request": json.dumps(one["request"]), "response": json.dumps(one["response"])}
                for one in rows
            ]
        )
    )
    duckdb.read_json(str(table)).write_parquet(str(path))
    assert source(write_log(tmp_path / "log.jsonl", rows)).scan().prompts == source(path).scan().prompts


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no request/response pairs"),
        (
            json.dumps(row("a", "x", status=500)) + "\n",
            "of 1 row, it failed when it was recorded; record requests with their answers",
        ),
        ('{"request": "{bad", "response": {}}\n', "can be replayed: .*:1: "),
    ],
)
def test_nothing_to_replay_says_why(tmp_path: Path, text: str, why: str) -> None:
    """One sentence, with the most frequent reason or the first bad row."""
    log = tmp_path / "log.jsonl"
    log.write_text(text)
    with pytest.raises(DataError, match=why):
        source(log).scan()


def test_an_empty_folder_says_what_to_name(tmp_path: Path) -> None:
    """Whether it has no file at all, or none of requests."""
    with pytest.raises(
        DataError, match=r"no \.jsonl or \.parquet file was found in .*; name a log of requests"
    ):
        source(tmp_path)
    _transcript(tmp_path / "t.jsonl")
    _transcript(tmp_path / "u.jsonl")
    with pytest.raises(DataError, match="nothing in 2 files can be replayed: no request is there"):
        source(tmp_path).scan()
    with pytest.raises(DataError, match="there is no file or folder"):
        source(tmp_path / "nowhere")


def test_rows_without_a_tag_take_the_type_that_is_named(tmp_path: Path) -> None:
    """A tag of their own stays."""
    rows = [row("a", "x"), {key: value for key, value in row("b", "x").items() if key != "task_type"}]
    log = write_log(tmp_path / "log.jsonl", rows)
    assert {"triage", "mine"} == {one.unit.task_type for one in source(log, task_type="mine").scan().prompts}


def test_long_reading_is_told(tmp_path: Path) -> None:
    """Every five thousand rows."""
    told: list[int] = []
    source(write_log(tmp_path / "log.jsonl", labelled(1) * 10_001)).scan(told.append)
    assert told == [5000, 10_000]
