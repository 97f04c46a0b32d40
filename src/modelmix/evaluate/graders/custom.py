"""The grader of the user: a Python function of theirs says how much of a reply is right."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import LONGEST_WHY, Grade, Reference, Ungradable
from modelmix.evaluate.graders.label import escaped
from modelmix.evaluate.graders.plain_text import shown

FAULT = "grader "
"""Beginning of a finding that is the function's own fault: it raised, timed out or returned no score."""

_BUILTIN_KEYS = frozenset({"score", "why"})


@dataclass(frozen=True, slots=True)
class Custom:
    """Right as far as a function of the user's says: ``callable:grader.py:grade``.

    It is called by name with those of ``answer``, ``expected``, ``prompt`` and ``is_known`` that it takes.
    It returns a number in [0, 1], a truth value, or ``{"score": ..., "why": ...}``. Where it fails on a
    reply, the reply is wrong: it must not be able to set itself aside. Where it fails on a recorded answer,
    nothing is asked at all (the plan sees to that), for a function that always fails would find no loss.

    Attributes:
        function: ``module:function`` or ``path/to/grader.py:function``.
        seconds: Longest time of one call.
        sha256: First digits of the hash of its source file, or empty until it is read.
        run: Takes arguments by name and gives what came back: ``{"result": ...}``, or why nothing did.
    """

    name: ClassVar[str] = "callable@1"

    function: str
    seconds: int = 10
    sha256: str = ""
    run: Callable[[Mapping[str, Any]], Mapping[str, Any] | str] | None = field(
        default=None, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        place, _, function = self.function.rpartition(":")
        if not place or not function.isidentifier():
            raise ValueError("it names no function; write callable:grader.py:grade or callable:module:grade")
        if not 1 <= self.seconds <= 600:  # noqa: PLR2004 - ten minutes
            raise ValueError(f"seconds is {self.seconds}; one call may take 1 to 600")

    @property
    def spec(self) -> str:
        """Name, version and options."""
        options = [f"function={escaped(self.function)}"]
        options += [f"seconds={self.seconds}"] if self.seconds != 10 else []  # noqa: PLR2004 - the default
        options += [f"sha256={self.sha256}"] if self.sha256 else []
        return f"{self.name}:{','.join(options)}"

    @property
    def bounds_loss(self) -> bool:
        """Nothing is known of the function."""
        return False

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Call the function.

        Raises:
            RuntimeError: Nothing was given that could call it.
        """
        if self.run is None:
            raise RuntimeError("a function is called where processes may be started; this grader has no run")
        why = shortcoming(reply, reference.tool)
        if why:
            return Grade(score=0.0, grader=self.name, why=why)
        came = self.run(
            {
                "answer": answer_text(reply),
                "expected": reference.expected,
                "prompt": reference.prompt,
                "is_known": reference.is_known,
            }
        )
        score, why = (0.0, came) if isinstance(came, str) else _scored(came)
        return Grade(score=score, grader=self.name, why=shown(why, LONGEST_WHY))


def _scored(came: Mapping[str, Any]) -> tuple[float, str]:
    """Read what a function has returned; what is no score is its fault."""
    if "result" not in came:
        return 0.0, f"{FAULT}raised {came.get('raised') or 'an error'}"
    found: Any = came["result"]
    why = ""
    if isinstance(found, dict):
        if not found.keys() <= _BUILTIN_KEYS or not isinstance(found.get("why", ""), str):
            return 0.0, f"{FAULT}returned no score"
        found, why = found.get("score"), found.get("why", "")
    if not isinstance(found, (bool, int, float)) or not 0 <= found <= 1 or not math.isfinite(found):
        return 0.0, f"{FAULT}returned no score"
    # Its own words must not pass for its fault.
    why = f"says {why}" if why.startswith(FAULT) else why
    return float(found), why if why or found == 1 else "not all right"
