"""Request: a body that the model accepts, with everything that follows from it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from modelmix.simulator import refusal, request_shape
from modelmix.simulator.behaviour import Behaviour, find
from modelmix.simulator.cache import Segment
from modelmix.simulator.dialect import VERSIONS, Dialect
from modelmix.simulator.failure import Failure
from modelmix.simulator.prompt import read_thinking, segments

_SEED_HEADER = "x-simulate-seed"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the model accepts.

    Attributes:
        body: The decoded body.
        behaviour: The model that serves it.
        dialect: Version and betas.
        segments: The prompt.
    """

    body: dict[str, Any]
    behaviour: Behaviour
    dialect: Dialect
    segments: tuple[Segment, ...]

    @property
    def prompt_tokens(self) -> int:
        """Length of the prompt."""
        return sum(segment.tokens for segment in self.segments)

    @property
    def is_stream(self) -> bool:
        """Whether the answer is to be streamed."""
        return self.body.get("stream") is True


def authorise(headers: Mapping[str, str]) -> Failure | None:
    """Check that a key is there, in either of the two headers; any non-empty one will do."""
    key = headers.get("x-api-key")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if (key and key.strip()) or (scheme.lower() == "bearer" and token.strip()):
        return None
    if key is None and "authorization" not in headers:
        return Failure(401, "x-api-key header is required", {"x-should-retry": "false"})
    return Failure(401, "invalid x-api-key", {"x-should-retry": "false"})


def key_id(headers: Mapping[str, str]) -> str:
    """Return the public id of a request's key: the same in either header, and not the key."""
    key = headers.get("x-api-key", "").strip() or headers.get("authorization", "").partition(" ")[2].strip()
    return f"apikey_sim{hashlib.blake2b(key.encode('latin-1'), digest_size=10).hexdigest()}"


def read_dialect(headers: Mapping[str, str], *, counting: bool = False) -> Dialect | Failure:
    """Read version and betas from the headers."""
    version = headers.get("anthropic-version")
    if version is None:
        return Failure(400, "anthropic-version: header is required")
    if version not in VERSIONS:
        return Failure(400, f'anthropic-version: "{version}" is not a valid version; use {VERSIONS[1]}')
    betas = (beta.strip() for beta in headers.get("anthropic-beta", "").split(","))
    return Dialect(version, frozenset(beta for beta in betas if beta), counting)


def read_seed(headers: Mapping[str, str], seed: int) -> int | Failure:
    """Return the seed that a request asks for, or the given one."""
    asked = headers.get(_SEED_HEADER)
    if asked is None:
        return seed
    if not asked.strip().isdecimal() or len(asked) > 18:  # noqa: PLR2004 - what 64 bits hold
        return Failure(400, f"{_SEED_HEADER}: {asked!r} is not a whole number of at most 18 digits")
    return int(asked)


def understand(content: bytes, dialect: Dialect) -> Request | Failure:
    """Read a body and check it as the API does: JSON, shape, model, what the model accepts, length.

    Returns:
        The request, or the first reason to refuse it.
    """
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Failure(400, f"The request body is not valid JSON: {error}")
    wrong = next(request_shape.complaints(body, dialect), None)
    if wrong is not None:
        return Failure(400, wrong)
    if "thread" in body:
        # Declining is documented: the SDK repeats the request without a thread and from then on sends it all.
        details = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}
        return Failure(400, "thread: message threads are not available here", details=details)
    behaviour = find(body["model"])
    if behaviour is None or behaviour.retired:
        return Failure(404, f"model: {body['model']}")
    kept, wrong = read_thinking(body, behaviour, batched=dialect.batched)
    wrong = next(refusal.complaints(body, behaviour, dialect), wrong)
    if wrong:
        return Failure(400, wrong)
    request = Request(body, behaviour, dialect, segments(body, behaviour, kept))
    if request.prompt_tokens > behaviour.context_tokens:
        long = f"prompt is too long: {request.prompt_tokens} tokens > {behaviour.context_tokens} maximum"
        return Failure(400, long)
    return request
