"""In process: the gateway's choice as a function of a program, without the hop."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.pipeline.in_force import InForce
from modelmix.policy.artifact import parse, to_policy
from modelmix.policy.base import Route
from modelmix.policy.choice import Chooser, Decision, Facts, Wish
from modelmix.policy.standing import Standing
from modelmix.settings import load
from modelmix.wire.fitting import changed
from modelmix.wire.splice import with_candidate

Body = Mapping[str, object] | bytes | str
"""A request for a message: its fields, or its JSON."""

log = logging.getLogger("modelmix.router")

_EFFORTS = {effort.value: effort for effort in Effort}


def utc_today() -> date:
    """Return the UTC day."""
    return datetime.now(UTC).date()


class Router:
    """Chooses model and effort for requests, as the gateway does with the same policy.

    Make one with `from_file` or `from_bytes`, keep it, and call it from any thread: what is in force is one
    frozen value that is replaced whole, the memory of system prompts belongs to the thread that calls, and
    the only lock is taken where day, kill switch or file have changed.

    Nothing of a request is kept, and no call is made or recorded. Doubt goes up: whatever cannot be read,
    fitted or decided keeps the candidate that was asked for, with the reason.

    Args:
        in_force: The policy as it stands.
        capabilities: What each model accepts.
        enforce: Whether routes are taken; else the reason says what would be.
        refresh_s: Least time between two looks at the policy's file, in seconds; None never looks.
        clock: Tells a time in seconds that only grows.

    Raises:
        ValueError: ``refresh_s`` is negative.
    """

    def __init__(
        self,
        in_force: InForce,
        capabilities: CapabilityTable,
        *,
        enforce: bool = True,
        refresh_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if refresh_s is not None and not refresh_s >= 0:
            raise ValueError(f"refresh_s is {refresh_s}; write seconds, or None to read the file once")
        self._in_force = in_force
        self._capabilities = capabilities
        self._enforce = enforce
        self._refresh_s = refresh_s
        self._clock = clock
        self._looked_s = clock()
        self._own = threading.local()

    @classmethod
    def from_file(  # noqa: PLR0913 - each is an option of its own
        cls,
        path: str | Path,
        *,
        capabilities: CapabilityTable | None = None,
        today: date | Callable[[], date] | None = None,
        allow_uncertified: bool = False,
        enforce: bool = True,
        home: str | Path | None = None,
        refresh_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> "Router":
        """Read a policy file.

        Args:
            path: The file, as `modelmix optimize` writes it.
            capabilities: What each model accepts, or None for the table of the package.
            today: The UTC day, or what tells it; None asks the system's clock. Certificates expire by it.
            allow_uncertified: Whether downgrades without a certificate are taken.
            enforce: Whether routes are taken; else the candidate stays and the reason says what would be.
            home: Folder in which `modelmix policy off` leaves its mark; None obeys no kill switch.
            refresh_s: Least time between two looks at the file, in seconds: a changed one comes into force,
                one that cannot be trusted leaves the policy before it. None reads it once; see `reload`.
            clock: Tells the time that ``refresh_s`` is measured by.

        Raises:
            ArtifactError: The file cannot be read, is not a policy, or was changed after it was written.
            TypeError: ``today`` is neither a day nor a function.
            ValueError: ``refresh_s`` is negative.
        """
        table = capabilities or load().capabilities()
        in_force = InForce(
            Path(path), _folder(home), table, _telling(today), allow_uncertified=allow_uncertified
        )
        return cls(in_force, table, enforce=enforce, refresh_s=refresh_s, clock=clock)

    @classmethod
    def from_bytes(
        cls,
        data: bytes,
        *,
        capabilities: CapabilityTable | None = None,
        today: date | Callable[[], date] | None = None,
        allow_uncertified: bool = False,
        enforce: bool = True,
        home: str | Path | None = None,
    ) -> "Router":
        """Read a policy from the content of its file, for programs that carry it with them.

        The arguments are those of `from_file`.

        Raises:
            ArtifactError: The content is not a policy, or was changed after it was written.
            TypeError: ``today`` is neither a day nor a function.
        """
        table = capabilities or load().capabilities()
        policy = to_policy(parse(data), table, allow_uncertified=allow_uncertified)
        in_force = InForce(None, _folder(home), table, _telling(today))
        in_force.take(policy)
        return cls(in_force, table, enforce=enforce)

    def choose(self, body: Body, *, task: str = "", route: bool = True) -> Route:
        """Choose who answers a request.

        Args:
            body: The request, as its fields or as its JSON; the effort asked for is that of its
                ``output_config``. What an SDK takes beside the body (``extra_headers``, ``timeout``) is not
                part of it, and counts as an unknown field.
            task: Its task type, what `modelmix-task` is over HTTP; one that is not valid counts as absent.
            route: False opts it out, as ``modelmix-route: off`` does.

        Returns:
            Candidate and reason, the ones that the gateway would name in ``modelmix-served-model`` and
            ``modelmix-reason``. A candidate that was not moved is as it was asked for: its effort is None
            where the request names none, its model is empty where that cannot be read. A virtual model that
            nothing stands for is returned as it is, with ``no-baseline``: the API will not know it.

        Raises:
            TypeError: ``body`` is neither a mapping nor JSON, or ``task`` is not a text.
        """
        decision = self._decide(body, task, route)
        return Route(decision.sent, decision.reason)

    def apply(self, body: Body, *, task: str = "", route: bool = True) -> dict[str, Any]:
        """Return a request with the chosen model and effort, for ``client.messages.create(**fields)``.

        The edit is the gateway's: model and ``output_config.effort``, and fields that the model no longer
        takes (:mod:`modelmix.wire.fitting`). A candidate without an effort takes the effort out. The body
        itself is not changed; all else is the very same objects.

        Args:
            body: As for `choose`.
            task: As for `choose`.
            route: As for `choose`.

        Raises:
            TypeError: As for `choose`.
            ValueError: ``body`` is a text or bytes and not a JSON object.
        """
        decision = self._decide(body, task, route)
        fields = _fields(body)
        if decision.sent == decision.facts.asked:
            return fields
        if decision.fault:
            # Only a virtual model comes here, and only its name is replaced: the rest may be what went wrong.
            return {**fields, "model": decision.sent.model}
        return changed(with_candidate(fields, decision.sent), decision.changes)

    def reload(self) -> None:
        """Read the policy file again.

        Raises:
            ArtifactError: It cannot be trusted; the policy before it stays in force.
            ValueError: The policy did not come from a file.
        """
        self._in_force.read_again()

    def _decide(self, body: Body, task: str, route: bool) -> Decision:
        if not isinstance(task, str):
            raise TypeError(f"task is {type(task).__name__}; name a task type")
        wish = Wish(task, opted_out=not route)
        if isinstance(body, Mapping):
            decision = self._of_fields(body, wish)
        elif isinstance(body, bytes | str):
            document = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
            decision = self._chooser().choose(document, wish)
        else:
            raise TypeError(f"body is {type(body).__name__}; pass the request's fields, or its JSON")
        if decision.fault:
            log.error("a request was not routed: %s in our own code", decision.fault)
        return decision

    def _of_fields(self, body: Mapping[str, object], wish: Wish) -> Decision:
        document = _encoded(body)
        if document is None:
            return _as_asked(body, "fallback:unreadable-request")
        decision = self._chooser().choose(document, wish)
        # Where the JSON was not looked into, the fields still say what is asked for.
        return decision if decision.sent.model else _as_asked(body, decision.reason)

    def _chooser(self) -> Chooser:
        try:
            return self._own.chooser  # type: ignore[no-any-return] # what is put there below
        except AttributeError:
            self._own.chooser = Chooser(self._standing, self._capabilities, enforce=self._enforce)
            return self._own.chooser  # type: ignore[no-any-return] # what was put there above

    def _standing(self) -> Standing:
        if self._refresh_s is None:
            return self._in_force.look(at_file=False)
        now_s = self._clock()
        is_due = now_s - self._looked_s >= self._refresh_s
        if is_due:
            self._looked_s = now_s
        return self._in_force.look(at_file=is_due)


def _telling(today: date | Callable[[], date] | None) -> Callable[[], date]:
    if today is None:
        return utc_today
    if isinstance(today, datetime):
        raise TypeError("today is an instant; pass its UTC day, instant.date()")
    if isinstance(today, date):
        return lambda: today
    if callable(today):
        return today
    raise TypeError(f"today is {type(today).__name__}; pass a day, or a function that tells it")


def _folder(home: str | Path | None) -> Path | None:
    return None if home is None else Path(home)


def _plain(value: object) -> object:
    """Say what an object in a request is in JSON: the SDK's own models, and mappings that are no dict."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError  # the encoder's word for what it cannot write


_encode = msgspec.json.Encoder(enc_hook=_plain).encode


def _encoded(body: Mapping[str, object]) -> bytes | None:
    """Write a body as an SDK sends it, or return None where it holds what JSON cannot."""
    try:
        return _encode(dict(body))
    except Exception:  # noqa: BLE001 - objects of a caller may fail in any way while they are written
        return None


def _as_asked(body: Mapping[str, object], reason: str) -> Decision:
    model, config = body.get("model"), body.get("output_config")
    level = config.get("effort") if isinstance(config, Mapping) else None
    effort = _EFFORTS.get(level) if isinstance(level, str) else None
    asked = Candidate(model, effort) if isinstance(model, str) and model else Candidate("")
    return Decision(b"", reason, asked, Facts(asked))


def _fields(body: Body) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return dict(body)
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except (ValueError, RecursionError) as error:
        raise ValueError("the body is not a JSON object; pass the request's fields") from error
    return fields
