"""Fault: an error that a request asks for, to try out how a client bears it."""

import re
from dataclasses import dataclass

HEADER = "x-simulate-error"
_FORM = re.compile(r"(529|429|500|cut|stall)((?:\s*;\s*(?:after|times)=\d{1,9}){0,2})\Z")
_WHERE = {"cut": 3, "stall": 3}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is to go wrong, and where.

    Attributes:
        kind: ``529``, ``429``, ``500``, ``cut`` (the connection closes) or ``stall`` (nothing more comes).
        after: Events of a stream that are sent first; of other answers, calls with the same header and key
            that succeed first. None where the header does not say.
        times: Calls that fail before the fault is over, or None for all.
    """

    kind: str
    after: int | None = None
    times: int | None = None

    @property
    def breaks_body(self) -> bool:
        """Whether the answer begins well and does not end."""
        return self.kind in {"cut", "stall"}

    @property
    def events(self) -> int | None:
        """Events of a stream that are sent before the fault, or None if the answer is an error at once."""
        return _WHERE.get(self.kind) if self.after is None else self.after

    def strikes(self, call: int, *, stream: bool) -> bool:
        """Say whether the fault strikes a call.

        Args:
            call: Number of the call among those with the same header and key, from 1.
            stream: Whether the answer is a stream; ``after`` counts its events, not calls.
        """
        first = 1 if stream else (self.after or 0) + 1
        return first <= call and (self.times is None or call < first + self.times)


def parse(header: str) -> Fault | None:
    """Read ``529|429|500|cut|stall[;after=N][;times=N]``; None if it is none of these."""
    match = _FORM.match(header.strip())
    if match is None:
        return None
    options = dict(re.findall(r"(after|times)=(\d+)", match.group(2)))
    return Fault(
        match.group(1), *(int(options[name]) if name in options else None for name in ("after", "times"))
    )
