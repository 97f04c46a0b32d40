"""The grader of code: the program in a reply passes its tests."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import Grade, Reference, Ungradable
from modelmix.evaluate.graders.label import escaped

BAD_TESTS = "tests are not Python"
"""Reason of a row whose tests cannot be read: it follows from the tests alone."""

_FENCE = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[^\n]*\n"
    r"(?P<code>.*?)(?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = frozenset({"python", "py", "python3"})
_LONGEST_PROGRAM = 200_000


@dataclass(frozen=True, slots=True)
class CodeRun:
    """What came of tests.

    Attributes:
        passed: Tests that passed.
        total: Tests that there are, at least 1; 0 where the tests cannot be read.
        why: What went wrong first, in stable words: ``assertion failed``, ``timed out``; else empty.
    """

    passed: int
    total: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Right if the Python code of the reply passes all tests: those of a file, else the row's known answer.

    The code is the last block between fences that is marked as Python or not marked, else the whole reply.
    Each assertion at the top of the tests, and each function there that is called ``test_...``, is one test;
    where there are none, all of it is one. Code is run by ``run``, which a pure room does not have: a grader
    without it only says what it would be.

    Attributes:
        tests: File of tests, or empty where each row's known answer holds them.
        mean: Whether the score is the share of tests that pass.
        seconds: Processor time for one reply.
        sha256: First digits of the hash of the file of tests, or empty until it is read.
        source: Text of the file.
        run: Takes code, tests and seconds, and tells what came of it.
    """

    name: ClassVar[str] = "code@1"

    tests: str = ""
    mean: bool = False
    seconds: int = 10
    sha256: str = ""
    source: str = field(default="", repr=False, compare=False)
    run: Callable[[str, str, int], CodeRun] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= 600:  # noqa: PLR2004 - ten minutes
            raise ValueError(f"seconds is {self.seconds}; one reply may take 1 to 600")

    @property
    def spec(self) -> str:
        """Name, version and options."""
        options = [f"tests={escaped(self.tests)}"] if self.tests else []
        options += ["mean"] if self.mean else []
        options += [f"seconds={self.seconds}"] if self.seconds != 10 else []  # noqa: PLR2004 - the default
        options += [f"sha256={self.sha256}"] if self.sha256 else []
        return ":".join([self.name, *([",".join(options)] if options else [])])

    @property
    def bounds_loss(self) -> bool:
        """Two programs that pass the same tests may differ on all other input."""
        return False

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Run the tests.

        Raises:
            RuntimeError: Nothing was given that could run them.
        """
        if self.run is None:
            raise RuntimeError("code is graded where processes may be started; this grader has no run")
        tests = self.source if self.tests else (reference.expected or "" if reference.is_known else "")
        if not tests.strip():
            return Ungradable("no tests")
        code = code_of(answer_text(reply))
        why = shortcoming(reply) or ("" if code.strip() else "no code")
        why = why or ("too long" if len(code) > _LONGEST_PROGRAM else "")
        # Also without code: whether tests can be read must not hang on the reply.
        found = self.run("" if why else code, tests, self.seconds)
        if not found.total:
            return Ungradable(BAD_TESTS)
        score = (
            0.0 if why else found.passed / found.total if self.mean else float(found.passed == found.total)
        )
        return Grade(score=score, grader=self.name, why=why or found.why)


def code_of(text: str) -> str:
    r"""Return the code of an answer: its last block of Python, else its last unmarked one, else all of it.

    >>> code_of("Here:\n```python\nx = 1\n```\nIt prints\n```text\n1\n```")
    'x = 1\n'
    """
    blocks = [
        (match["language"].lower(), match["code"]) for match in _FENCE.finditer(text.replace("\r\n", "\n"))
    ]
    marked = [code for language, code in blocks if language in _PYTHON]
    unmarked = [code for language, code in blocks if not language]
    if marked or unmarked:
        return (marked or unmarked)[-1]
    return "" if blocks else text
