"""The grader of code, with a stand-in for what runs it."""

from dataclasses import replace

import pytest

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.code import Code, CodeRun, code_of
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable

KNOWN = Reference("assert f()", is_known=True)


def ran(found: CodeRun, mean: bool = False) -> Code:
    """Make a grader whose tests all end alike."""
    return Code(mean=mean, run=lambda _code, _tests, _seconds: found)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1", "x = 1"),
        ("Sure:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        ("```\na\n```\n```\nb\n```", "b\n"),
        ("```py\na\n```\nIt prints:\n```\n1\n```", "a\n"),
        ("```python\na\n```\n```bash\nrun\n```", "a\n"),
        ("~~~python title=x\r\na\r\n~~~", "a\n"),
        ("```python\ncut off", "cut off"),
        ("````\n```\ninner\n```\n````", "```\ninner\n```\n"),
        ("```js\n1\n```", ""),
    ],
)
def test_the_code_of_an_answer(text: str, code: str) -> None:
    """The last block of Python, else the last unmarked one, else all; other languages are none."""
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("found", "mean", "score", "why"),
    [
        (CodeRun(2, 2), False, 1.0, ""),
        (CodeRun(1, 2, "assertion failed"), False, 0.0, "assertion failed"),
        (CodeRun(1, 2, "assertion failed"), True, 0.5, "assertion failed"),
        (CodeRun(0, 1, "timed out"), True, 0.0, "timed out"),
    ],
)
def test_tests_say_how_much_is_right(found: CodeRun, mean: bool, score: float, why: str) -> None:
    """All of them, or the share that passes."""
    assert ran(found, mean).grade(Reply("x"), KNOWN) == Grade(score=score, grader="code@1", why=why)
    assert not ran(found).bounds_loss


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply("x", (), "max_tokens"), "cut off: max_tokens"),
        (Reply(" "), "no code"),
        (Reply("x" * 200_001), "too long"),
    ],
)
def test_replies_without_code_are_wrong(reply: Reply, why: str) -> None:
    """Whatever tests would say of nothing."""
    assert ran(CodeRun(1, 1), mean=True).grade(reply, KNOWN) == Grade(score=0.0, grader="code@1", why=why)


def test_rows_are_set_aside_by_their_tests_alone() -> None:
    """No tests, tests that are only today's answer, and tests that cannot be read."""
    good = ran(CodeRun(1, 1))
    for reference in (Reference(None), Reference("assert f()"), Reference(" ", is_known=True)):
        assert good.grade(Reply("x"), reference) == Ungradable("no tests")
    for reply in (Reply("x"), Reply(""), Reply("x", (), "refusal")):
        assert ran(CodeRun(0, 0)).grade(reply, KNOWN) == Ungradable("tests are not Python")
    of_file = replace(good, tests="t.py", source="assert f()")
    assert of_file.grade(Reply("x"), Reference(None)) == Grade(score=1.0, grader="code@1")


def test_without_hands_nothing_is_run() -> None:
    """A pure room starts no process, and says so instead of a grade."""
    with pytest.raises(RuntimeError, match="no run"):
        Code().grade(Reply("x"), KNOWN)
    with pytest.raises(ValueError, match="1 to 600"):
        Code(seconds=0)
    assert (
        Code("t.py", mean=True, seconds=5, sha256="ab").spec == "code@1:tests=t.py,mean,seconds=5,sha256=ab"
    )
