"""Armed: graders that start processes, given what runs them; each question is run once."""

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec

from modelmix.errors import ConfigError
from modelmix.evaluate.graders.code import Code, CodeRun
from modelmix.evaluate.graders.custom import FAULT, Custom
from modelmix.evaluate.graders.grade import Grade
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.similarity import Similarity
from modelmix.pipeline.replay.prompt import Prompt, grade_of
from modelmix.sandbox.cell import can_isolate
from modelmix.sandbox.function import Function
from modelmix.sandbox.python_tests import run_tests

OPEN_NETWORK = "the network could not be cut off from it: this machine closes user namespaces"
"""What is to be said of a grader that starts processes where the kernel does not let them be cut off."""

ONLY_ALIKE = (
    "held against today's own answers, a similarity says how alike two are and not which is right: no loss "
    "follows from it; give known answers with --expected"
)
"""What a grader of similarity cannot say without known answers."""

_DIGITS = 12
_P = ParamSpec("_P")
_R = TypeVar("_R")


def armed(grader: Grader) -> Grader:
    """Give a grader that starts processes what runs them, and its spec the hash of what it reads.

    Raises:
        ConfigError: Its file or function cannot be used.
    """
    if isinstance(grader, Code):
        source = _source(grader.tests) if grader.tests else ""
        sha256 = hashlib.sha256(source.encode()).hexdigest()[:_DIGITS] if grader.tests else ""
        return replace(grader, source=source, sha256=sha256, run=_once(_tested))
    if isinstance(grader, Custom):
        function = _function(grader.function, grader.seconds)
        return replace(grader, sha256=function.sha256, run=_once(function))
    return grader


def starts_processes(grader: Grader) -> bool:
    """Say whether a grader starts processes, and so takes its time."""
    return isinstance(grader, (Code, Custom))


def note_of(grader: Grader, prompts: Iterable[Prompt]) -> str:
    """Say what a named grader cannot; recorded answers are graded on all cores where that takes its time.

    Returns:
        What is to be said of the grader, or empty.

    Raises:
        ConfigError: A function of the user's fails on one of them. One that always failed would find all
            answers equally wrong, and so no loss.
    """
    some = list(prompts)
    if isinstance(grader, Similarity) and not all(one.reference.is_known for one in some):
        return ONLY_ALIKE
    if not starts_processes(grader):
        return ""
    with ThreadPoolExecutor(_jobs()) as pool:
        grades = list(pool.map(lambda one: grade_of(one, one.recorded.reply, grader), some))
    for prompt, grade in zip(some, grades, strict=True):
        if isinstance(grade, Grade) and grade.why.startswith(FAULT):
            raise ConfigError(
                f"{grade.why} on the recorded answer of prompt {prompt.recorded.prompt_id} "
                f"({grader.spec}); nothing was sent: let it return 0 for what is wrong"
            )
    return "" if can_isolate() else OPEN_NETWORK


def _source(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"tests {path} cannot be read: {error}; name a file of Python tests") from error


def _tested(code: str, tests: str, seconds: int) -> CodeRun:
    try:
        return run_tests(code, tests, seconds)
    except (OSError, ConfigError):
        return CodeRun(0, 1, f"{FAULT}could not be started")


@lru_cache(maxsize=16)
def _function(place: str, seconds: int) -> Function:
    """Load a function once for each replay that names it; its workers end with this process."""
    return Function(place, seconds, _jobs())


def _jobs() -> int:
    return max(1, min(8, os.cpu_count() or 1))


def _once(run: Callable[_P, _R]) -> Callable[_P, _R]:
    """Remember what was found: recorded answers are looked at when planned and when evidence is gathered."""
    known: dict[bytes, Any] = {}

    def remembered(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        key = hashlib.sha256(msgspec.json.encode([args, kwargs])).digest()
        if key not in known:
            known[key] = run(*args, **kwargs)
        found: _R = known[key]
        return found

    return remembered
