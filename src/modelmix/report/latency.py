"""Latency in words: how long answers take today and then, with how many were measured."""

from typing import Any

from modelmix.optimize.latency import Latency, NowAndThen
from modelmix.policy.evidence import Latency as Stated

_SECOND_MS = 1000.0


def latency_row(found: Latency | None) -> dict[str, Any] | None:
    """Return what was measured as plain JSON; None where nothing was."""
    if found is None:
        return None
    return {
        "p50_ms": found.p50_ms,
        "p95_ms": found.p95_ms,
        "p95_at_most_ms": found.p95_at_most_ms,
        "answers": found.n,
    }


def latency_words(found: NowAndThen) -> str:
    """Say medians and 95 % times now and then; empty where one side was not measured."""
    now, then = found.now, found.then
    if now is None or then is None:
        return ""
    return _words((now.p50_ms, now.p95_ms, now.n), (then.p50_ms, then.p95_ms, then.n), then.p95_at_most_ms)


def stated_row(found: Stated | None) -> dict[str, Any] | None:
    """Return what a policy states as plain JSON, and the sentence that says it; None without any."""
    if found is None:
        return None
    stated = {name: None if value is None else float(value) for name, value in found}
    sides = (found.baseline_p50_ms, found.baseline_p95_ms, found.candidate_p50_ms, found.candidate_p95_ms)
    if None in sides:
        return {**stated, "said": ""}
    at_most = None if found.candidate_p95_at_most_ms is None else float(found.candidate_p95_at_most_ms)
    now = float(sides[0] or 0), float(sides[1] or 0), found.baseline_answers
    then = float(sides[2] or 0), float(sides[3] or 0), found.candidate_answers
    return {**stated, "said": _words(now, then, at_most)}


def _words(now: tuple[float, float, int], then: tuple[float, float, int], at_most_ms: float | None) -> str:
    most = "" if at_most_ms is None else f", at most {duration(at_most_ms)}"
    return (
        f"median {duration(now[0])} now, {duration(then[0])} then; 95 of 100 within {duration(now[1])} now "
        f"({now[2]:,} answers), within {duration(then[1])} then{most} ({then[2]:,} answers)"
    )


def duration(milliseconds: float) -> str:
    """Write a time: milliseconds below a second, else seconds.

    >>> duration(812.4), duration(4000)
    ('812 ms', '4.0 s')
    """
    if milliseconds < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / _SECOND_MS:,.1f} s"
