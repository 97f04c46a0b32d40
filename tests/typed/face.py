"""The public face as type checkers see it; checked, never run."""

from datetime import date
from pathlib import Path
from typing import Any, assert_type

import anthropic

from modelmix import Candidate, Effort, Route, Router


def made(path: Path, data: bytes) -> tuple[Router, Router, Router]:
    """A router is made from a file or from its content; the day is a day, a function or the clock's."""
    assert_type(Router.from_file(path), Router)
    assert_type(Router.from_file("policy.yaml", today=date(2026, 12, 1), allow_uncertified=True), Router)
    return (
        Router.from_file(path, today=lambda: date(2026, 12, 1), refresh_s=5),
        Router.from_bytes(data, today=date(2026, 12, 1)),
        Router.from_bytes(data, enforce=False, home="home"),
    )


def chosen(router: Router, text: str, body: bytes, fields: dict[str, int]) -> None:
    """Bodies of every form are taken, and a route has a candidate and a reason."""
    route = router.choose(body, task="form-extraction", route=False)
    assert_type(route, Route)
    assert_type(route.candidate, Candidate)
    assert_type(route.candidate.effort, Effort | None)
    assert_type(route.reason, str)
    assert_type(router.choose(text), Route)
    assert_type(router.choose(fields), Route)
    assert_type(router.apply(fields), dict[str, Any])


def sent(router: Router, client: anthropic.Anthropic) -> None:
    """The SDK's own type of a request is taken, and what comes back fits its method."""
    request: anthropic.types.message_create_params.MessageCreateParamsNonStreaming = {
        "model": "claude-opus-5-5",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "hi"}],
    }
    client.messages.create(**router.apply(request, task="form-extraction"))


def wrong(router: Router) -> None:
    """What is no request, and what is no day, is found before anything runs."""
    router.choose(1)  # type: ignore[arg-type] # a number is no request
    router.choose(b"{}", task=None)  # type: ignore[arg-type] # a task type is a text
    Router.from_file("policy.yaml", today="2026-12-01")  # type: ignore[arg-type] # a text is no day
