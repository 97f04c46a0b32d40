"""Traffic: files of every kind and state in, distinct calls and bad rows out."""

import gzip
import json
from pathlib import Path

import pytest

from modelmix.errors import DataError
from modelmix.pipeline.traffic import Traffic, find_logs, read_traffic
from pipeline.transcripts import SESSION, USER, line, tree, write


def read(*names: Path) -> Traffic:
    """Read what a user named."""
    texts = [str(name) for name in names]
    return read_traffic(find_logs(texts, {}, Path("/nonexistent")), texts)


def pair(number: int) -> dict[str, object]:
    """A request and its response."""
    usage = {"input_tokens": 7, "output_tokens": 3}
    return {
        "timestamp": "2026-11-10T10:00:00Z",
        "request": {"model": "claude-opus-5-5", "max_tokens": 9, "messages": []},
        "response": {"id": f"msg_{number}", "model": "claude-opus-5-5", "usage": usage, "content": []},
    }


def test_transcripts_are_found_where_claude_code_keeps_them(tmp_path: Path) -> None:
    """Without a name the user's own transcripts are read, or those of CLAUDE_CONFIG_DIR."""
    tree(tmp_path / ".claude")
    write(tmp_path / "other" / "projects" / "a.jsonl", [line(1)])
    assert len(find_logs([], {}, tmp_path)) == 2
    elsewhere = find_logs([], {"CLAUDE_CONFIG_DIR": str(tmp_path / "other")}, tmp_path)
    assert [path.name for path in elsewhere] == ["a.jsonl"]


def test_no_transcripts_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Where there are none, the places and the next step are named."""
    with pytest.raises(DataError, match=r"~/\.claude/projects .*modelmix audit PATH.*modelmix demo"):
        find_logs([], {}, tmp_path)
    with pytest.raises(DataError, match="/nowhere"):
        find_logs([], {"CLAUDE_CONFIG_DIR": "/nowhere"}, tmp_path)


def test_a_folder_without_logs_is_an_error(tmp_path: Path) -> None:
    """A folder without any log says so, and so does a name that is not there."""
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataError, match=r"no \.jsonl file"):
        find_logs([str(tmp_path)], {}, tmp_path)
    with pytest.raises(DataError, match="there is no file"):
        find_logs([str(tmp_path / "none")], {}, tmp_path)


def test_kinds_are_told_by_their_bytes(tmp_path: Path) -> None:
    """Transcripts and request logs, compressed or not, may lie side by side."""
    write(tmp_path / "a.jsonl", [line(1)])
    write(tmp_path / "b.jsonl", [json.dumps(pair(2))])
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(json.dumps(line(3)).encode()))
    calls = list(read(tmp_path).calls())
    assert sorted(call.source for call in calls) == ["claude-code", "claude-code", "messages"]


def test_files_of_unknown_kind_are_bad_rows(tmp_path: Path) -> None:
    """A file that nothing tells is read as a transcript; its lines have their places."""
    write(tmp_path / "a.jsonl", [line(1)])
    write(tmp_path / "b.jsonl", ["not json", "nor this"])
    found = read(tmp_path)
    assert [(Path(row.source).name, row.line) for row in found.bad_rows] == [("b.jsonl", 1), ("b.jsonl", 2)]


def test_a_file_that_breaks_off_is_counted(tmp_path: Path) -> None:
    """What was read before a compressed file breaks off stands; the break is a bad row."""
    write(tmp_path / "a.jsonl", [line(1)])
    whole = gzip.compress(json.dumps(line(2)).encode())
    (tmp_path / "b.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path)
    assert any(row.source.endswith("b.jsonl.gz") for row in found.bad_rows)
    assert len(list(found.calls())) == 1


def test_outcomes_are_not_calls(tmp_path: Path) -> None:
    """A table of outcomes that is named is an error with the right command; in a folder it is passed over."""
    outcomes = json.dumps({"prompt_id": "p", "task_type": "t", "model": "m", "score": 1})
    table = write(tmp_path / "outcomes.jsonl", [outcomes])
    with pytest.raises(DataError, match="modelmix import"):
        read(table)
    write(tmp_path / "a.jsonl", [line(1)])
    assert read(tmp_path).skipped == (str(table),)


def test_progress_ends_at_the_size_of_all_files(tmp_path: Path) -> None:
    """Progress is told after each file, and within a large one."""
    told: list[tuple[int, int]] = []
    tree(tmp_path)
    write(tmp_path / "large.jsonl", [line(1, session=SESSION)] * 10_001)
    paths = find_logs([str(tmp_path)], {}, tmp_path)
    whole = sum(path.stat().st_size for path in paths)
    read_traffic(paths, progress=lambda done, size: told.append((done, size)))
    assert len(told) == 4
    assert told == sorted(told)
    assert told[-1] == (whole, whole)


def test_nothing_read_is_an_error_that_says_why(tmp_path: Path) -> None:
    """Where no call could be read, the first bad row, or the lack of calls, is named."""
    write(tmp_path / "a.jsonl", [USER])
    with pytest.raises(DataError, match=r"no call was found in .*a\.jsonl"):
        read(tmp_path)
    write(tmp_path / "b.jsonl", ["not json"])
    with pytest.raises(DataError, match=r"from 2 files: 1 bad row at .*b\.jsonl:1: "):
        read(tmp_path)


def test_a_file_that_is_gone_is_a_bad_row(tmp_path: Path) -> None:
    """A file that cannot be opened is counted, and the others are read."""
    here = write(tmp_path / "a.jsonl", [line(1)])
    gone = tmp_path / "gone.jsonl"
    found = read_traffic([gone, here])
    assert [row.source for row in found.bad_rows] == [str(gone)]
