"""Graders that start processes, through a whole replay against the practice API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelmix.errors import ConfigError
from modelmix.evaluate.graders.code import Code, CodeRun
from modelmix.pipeline.replay import armed as room
from modelmix.pipeline.replay.ask import Ask
from modelmix.simulator.run import running
from modelmix.store.lake import Lake
from pipeline.replay.rig import SEED, Bench, Bill, labelled, plan_of, row, write_log

GRADER = """
def grade(answer, expected, prompt):
    assert "case" in prompt
    return {"score": answer == expected, "why": "other label"}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A practice API of its own, asked about cases whose right label is known."""
    with running(seed=SEED) as url:
        made = Bench(tmp_path, url, n=1)
        log = write_log(tmp_path / "log.jsonl", [one | {"expected": "billing"} for one in labelled(6)])
        (tmp_path / "grader.py").write_text(GRADER, encoding="utf-8")
        made.ask = Ask(
            places=(str(log),),
            graders={"": f"callable:{tmp_path / 'grader.py'}:grade"},
            upstream=url,
            again=2,
            keep_text=True,
        )
        yield made


def test_a_function_of_the_users_grades_a_replay(bench: Bench) -> None:
    """Its score and its words reach the evidence; a changed function grades kept answers anew, unasked."""
    first = bench.run()
    rows = list(Lake(bench.home).outcomes())
    base = [one for one in rows if one["model"] == "claude-opus-5-5"]
    assert sorted(one["score"] for one in base) == [0.0] * 4 + [1.0] * 2
    assert {one["why"] for one in rows if not one["score"]} == {"other label", "cut off: max_tokens"}
    assert "sha256=" in first.plan.types[0].grader
    asked = Bill.of(bench.url).calls
    source = bench.folder / "grader.py"
    source.write_text(GRADER.replace("answer == expected", "1"), encoding="utf-8")
    room._function.cache_clear()
    again = bench.run()
    assert (asked, again.plan.types[0].grader != first.plan.types[0].grader) == (
        Bill.of(bench.url).calls,
        True,
    )
    assert {one["why"] for one in Lake(bench.home).outcomes() if not one["score"]} == {"cut off: max_tokens"}


def test_a_function_that_fails_on_recorded_answers_is_said_before_anything_is_sent(bench: Bench) -> None:
    """One that always failed would find no loss."""
    source = bench.folder / "grader.py"
    source.write_text("def grade(answer):\n    return int(answer)\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="grader raised ValueError on the recorded answer of prompt case-"):
        bench.run()
    assert Bill.of(bench.url).calls == 0


def test_code_is_tested_through_a_replay(bench: Bench) -> None:
    """The recorded program passes its tests; what the candidates say is none, and says why."""
    program = "Here:\n```python\ndef double(x):\n    return 2 * x\n```\n"
    rows = [
        row(f"Write double, take {i}", program, prompt_id=f"p{i}", expected="assert double(2) == 4")
        for i in range(3)
    ]  # fmt: skip
    done = bench.run(places=(str(write_log(bench.folder / "code.jsonl", rows)),), graders={"": "code"})
    outcomes = list(Lake(bench.home).outcomes())
    assert done.plan.types[0].grader == "code@1"
    assert {one["score"] for one in outcomes if one["model"] == "claude-opus-5-5"} == {1.0}
    others = [one for one in outcomes if one["model"] != "claude-opus-5-5"]
    assert {one["score"] for one in others} == {0.0}
    assert all(one["why"] for one in others)


def test_tests_come_from_a_file(tmp_path: Path) -> None:
    """Its hash stands in the spec; one that cannot be read is said."""
    path = tmp_path / "tests.py"
    path.write_text("assert x", encoding="utf-8")
    grader = room.armed(Code(str(path)))
    assert isinstance(grader, Code)
    assert (grader.source, len(grader.sha256)) == ("assert x", 12)
    with pytest.raises(ConfigError, match="cannot be read"):
        room.armed(Code(str(tmp_path / "none.py")))


def test_what_cannot_be_started_is_no_answers_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops the plan instead of making all answers equally wrong."""

    def broken(_code: str, _tests: str, _seconds: int) -> CodeRun:
        raise OSError("no process left")

    monkeypatch.setattr(room, "run_tests", broken)
    log = write_log(tmp_path / "log.jsonl", [row("a", "x = 1", prompt_id="a", expected="assert x")])
    with pytest.raises(ConfigError, match="grader could not be started on the recorded answer of prompt a"):
        plan_of(Ask(places=(str(log),), graders={"": "code"}))


def test_what_a_grader_cannot_say_stands_in_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Likeness to today's answer is no loss, and a network that is open is not passed over."""
    known = write_log(tmp_path / "known.jsonl", [row("a", "x = 1", prompt_id="a", expected="assert x")])
    log = write_log(tmp_path / "log.jsonl", labelled(3))
    spec = "similarity:metric=edit,least=0.8"
    assert plan_of(Ask(places=(str(log),), graders={"": spec})).types[0].note == room.ONLY_ALIKE
    assert plan_of(Ask(places=(str(known),), graders={"": spec})).types[0].note == ""
    monkeypatch.setattr(room, "can_isolate", lambda: False)
    assert plan_of(Ask(places=(str(known),), graders={"": "code"})).types[0].note == room.OPEN_NETWORK
