"""Batch fault: what is to go wrong with a batch, to try out how a client bears it."""

import re
from dataclasses import dataclass

HEADER = "x-simulate-batch"
_PART = re.compile(r"(error|expire|late|life|slow)=(\d{1,6})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class BatchFault:
    """What is to go wrong with a batch.

    Attributes:
        error: Requests, from the first, that end with an error of the server.
        expire: Requests, from the last, that never get their turn.
        late: Looks that do not find the batch yet: it exists, and where they look it is not known so far.
            Source: github.com/anthropics/anthropic-sdk-python/issues/1432 (2026-04).
        life: Seconds after which it expires, or None for the 24 hours of the API.
        slow: Seconds that it takes, or None for those of the settings.
    """

    error: int = 0
    expire: int = 0
    late: int = 0
    life: int | None = None
    slow: int | None = None


def parse(header: str) -> BatchFault | None:
    """Read ``error=N|expire=N|late=N|life=S|slow=S``, joined by ``;``; None if it is none of these."""
    found: dict[str, int] = {}
    for part in header.split(";"):
        match = _PART.match(part.strip())
        if match is None or match.group(1) in found:
            return None
        found[match.group(1)] = int(match.group(2))
    return BatchFault(**found)
