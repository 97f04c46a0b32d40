"""Options of judges: read, or refused in one sentence before anything is spent."""

import contextlib
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from modelmix.cli.judging import judge_of, rubrics_of
from modelmix.core.candidate import Candidate


def test_a_judge_is_a_model_with_an_effort() -> None:
    """None stays none; an effort that is none is refused."""
    assert judge_of(None) is None
    assert Candidate.parse("claude-opus-5-5@low") == judge_of("claude-opus-5-5@low")
    with pytest.raises(typer.BadParameter, match="effort"):
        judge_of("claude-opus-5-5@huge")


def test_rubrics_are_read_by_task_type(tmp_path: Path) -> None:
    """One for all, one for a type; a file whose name holds an equals sign is a file."""
    whole, one, odd = tmp_path / "all.txt", tmp_path / "one.txt", tmp_path / "a=b.txt"
    whole.write_text(" be kind \n")
    one.write_text("- be brief")
    odd.write_text("be odd")
    assert rubrics_of([str(whole), f"x=y={one}"]) == {"": "be kind", "x=y": "- be brief"}
    assert rubrics_of([str(odd)]) == {"": "be odd"}
    assert rubrics_of([]) == {}


def test_a_rubric_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """The sentence names the file and what is wrong with it."""
    empty, binary, good = tmp_path / "empty", tmp_path / "binary", tmp_path / "good"
    empty.write_text(" ")
    binary.write_bytes(b"\xff\xfe")
    good.write_text("be kind")
    for texts, said in (
        ([str(tmp_path / "none")], "cannot be read"),
        ([str(tmp_path)], "cannot be read"),
        ([str(empty)], "the rubric is empty"),
        ([str(binary)], "is not UTF-8 text"),
        ([str(good), str(good)], "all task types has two rubrics"),
        ([f"a={good}", f"a={good}"], "task type 'a' has two rubrics"),
    ):
        with pytest.raises(typer.BadParameter, match=said):
            rubrics_of(texts)


@given(content=st.binary(max_size=200))
def test_any_file_is_a_rubric_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever is in a file, it is read or refused in a sentence."""
    path = tmp_path_factory.mktemp("rubric") / "file"
    path.write_bytes(content)
    read = None
    with contextlib.suppress(typer.BadParameter):
        read = rubrics_of([str(path)])[""]
    assert read != ""
