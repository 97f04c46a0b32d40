"""Functions of the user's, called in workers that may die."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelmix.errors import ConfigError
from modelmix.sandbox.function import Function

SOURCE = """
class Own(Exception):
    pass

def grade(answer, expected, **more):
    print("talk")
    if answer == "raise": raise ValueError
    if answer == "own": raise Own
    if answer == "exit": raise SystemExit
    if answer == "die": __import__("os")._exit(3)
    if answer == "hang":
        while True: pass
    if answer == "odd": return object()
    if answer == "long": return "x" * 3_000_000
    return {"score": answer == expected, "why": "compared"}

def strange(reply): return 1
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a grader."""
    path = tmp_path_factory.mktemp("graders") / "grader.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def function(source: Path) -> Iterator[Function]:
    """Load it once, with one worker."""
    made = Function(f"{source}:grade", 1, 1)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        ("raise", {"raised": "ValueError"}),
        ("own", {"raised": "Own"}),
        ("exit", {"raised": "SystemExit"}),
        ("die", "grader died"),
        ("hang", "grader timed out"),
        ("odd", {"result": None}),
        ("long", "grader answered no JSON"),
    ],
)
def test_after_a_fault_the_next_call_is_answered(function: Function, answer: str, came: object) -> None:
    """A worker that has died or hangs is replaced."""
    assert function({"answer": answer, "expected": "a"}) == came
    assert function({"answer": "a", "expected": "a"}) == {"result": {"score": True, "why": "compared"}}


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_arrives_as_it_is(function: Function, answer: str) -> None:
    """Line breaks and signs of all scripts included."""
    if answer not in SOURCE:
        said = function({"answer": answer, "expected": answer})
        assert said == {"result": {"score": True, "why": "compared"}}


def test_a_large_text_arrives(function: Function) -> None:
    """One that is longer than a pipe."""
    text = "x" * 10**6
    assert function({"answer": text, "expected": text}) == {"result": {"score": True, "why": "compared"}}


@pytest.mark.parametrize(
    ("place", "text", "why"),
    [
        ("grader.py:none", SOURCE, "it has no function none"),
        (
            "grader.py:strange",
            SOURCE,
            "strange takes other arguments than answer, expected, prompt, is_known",
        ),
        ("broken.py:grade", "def (", "its file raises SyntaxError when it is loaded"),
        ("dies.py:grade", "import os; os._exit(1)", "it died"),
        ("latin.py:grade", None, "cannot be read"),
    ],
)
def test_what_cannot_be_called_is_said_first(tmp_path: Path, place: str, text: str | None, why: str) -> None:
    """Before anything is asked of anybody."""
    if text is not None:
        (tmp_path / place.partition(":")[0]).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(why)):
        Function(str(tmp_path / place), 1, 1)


def test_modules_are_found_without_being_run() -> None:
    """A module that is not there is said; one without a fitting function too."""
    for name in ("no_such_module:grade", "json.no:grade", "sys:exit"):
        with pytest.raises(ConfigError, match="which is not there"):
            Function(name, 1, 1)
    with pytest.raises(ConfigError, match="it has no function grade"):
        Function("email.message:grade", 1, 1)


def test_its_hash_follows_its_source(tmp_path: Path) -> None:
    """A changed function grades anew."""
    path = tmp_path / "g.py"
    seen = set()
    for text in ("def grade(answer): return 1", "def grade(answer): return 0"):
        path.write_text(text, encoding="utf-8")
        made = Function(f"{path}:grade", 1, 1)
        made.end()
        seen.add(made.sha256)
    assert len(seen) == 2
