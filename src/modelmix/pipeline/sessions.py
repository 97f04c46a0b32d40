"""Sessions: how they ended, from a table, with what their calls in the ledger cost."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from modelmix.core.call import REPLAY, UNTYPED, Call
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.level import Level
from modelmix.core.outcome import SEVERAL
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.ingest.outcomes import is_empty
from modelmix.ingest.row import Unreadable, plain
from modelmix.ingest.task_rows import named
from modelmix.pipeline.savings import cost_usd

Raw = bytes | Mapping[str, Any]

_NAMED: Final = 4
_NOTHING: Final = Usage()
_SOLVED: Final = frozenset({"solved", "resolved"})


@dataclass(slots=True)
class Session:
    """What the ledger tells of one session.

    Attributes:
        calls: Its calls, sub-agents' and failed ones among them.
        usd: What those with a price cost at list price, each at its own day.
        unpriced: Calls without a price.
        candidates: Who answered.
        task_type: Type of its first call that has one; ``untyped`` without.
    """

    calls: int = 0
    usd: Decimal = Decimal(0)
    unpriced: int = 0
    candidates: set[Candidate] = field(default_factory=set)
    task_type: str = UNTYPED

    def add(self, call: Call, book: PriceBook | None, capabilities: CapabilityTable | None) -> None:
        """Count a call."""
        self.calls += 1
        if self.task_type == UNTYPED:
            self.task_type = call.task_type
        cost = None if book is None else cost_usd(call, book)
        if cost is None:
            self.unpriced += 1
        else:
            self.usd += cost
        if call.usage != _NOTHING or not call.error:
            asked = Candidate(call.model_served, call.effort)
            self.candidates.add(asked if capabilities is None else capabilities.effective(asked))

    @property
    def cost_usd(self) -> Decimal | None:
        """What it cost, or None where a call has no price: the rest of a bill is no bill."""
        return None if self.unpriced else self.usd

    @property
    def served_by(self) -> tuple[str, str | None]:
        """Model and effort that served all of it; of several the names as one, and no effort."""
        if len(self.candidates) == 1:
            (one,) = self.candidates
            return one.model, one.effort
        names = sorted(f"{one.model} {one.effort or ''}".strip() for one in self.candidates)
        more = len(names) - _NAMED
        return SEVERAL.join([*names[:_NAMED], *([f"{more} more"] if more > 0 else [])]), None


@dataclass(slots=True)
class Joined:
    """What came of a table of sessions.

    Attributes:
        matched: Rows whose session is in the ledger.
        unmatched: Rows whose session is not.
        unpriced: Matched rows of which a call has no price.
        several: Matched rows that several models, or one at several efforts, had a part in.
        without: Sessions of the ledger that the table does not name.
    """

    matched: int = 0
    unmatched: int = 0
    unpriced: int = 0
    several: int = 0
    without: int = 0

    @property
    def is_any(self) -> bool:
        """Whether any row told of a session."""
        return bool(self.matched or self.unmatched)


def sessions_of(
    calls: Iterable[Call], book: PriceBook | None, capabilities: CapabilityTable | None
) -> dict[str, Session]:
    """Add calls up by session; those that a replay made are no traffic, and those without one are no session.

    Args:
        calls: Calls, oldest first; passed over once.
        book: Prices; None leaves all unpriced.
        capabilities: Tells the effort that an absent one stands for.
    """
    found: dict[str, Session] = {}
    for call in calls:
        if call.session_id and call.source != REPLAY:
            found.setdefault(call.session_id, Session()).add(call, book, capabilities)
    return found


def with_sessions(
    rows: Iterable[Raw], sessions: Callable[[], Mapping[str, Session]], joined: Joined, task_type: str
) -> Iterator[Raw]:
    """Yield the rows of an outcome table, those that tell of a session as runs at whole tasks.

    Such a row names a session and no cost: a row without a model, or one that says whether it was solved. Its
    models, cost and calls are those of the ledger. A row without a model whose session is not there gives an
    empty row, so that counting gives line numbers.

    Args:
        rows: Rows of the table.
        sessions: Gives session → what the ledger tells of it; asked only where a row tells of a session.
        joined: Takes up what comes of them.
        task_type: Task type of rows without one; empty for that of the session's calls.
    """
    told: set[str] = set()
    for row in rows:
        found = _session_row(row)
        if found is None:
            yield row
            continue
        session_id = str(found["session_id"]).strip()
        session = sessions().get(session_id)
        if session is None or not session.candidates:
            joined.unmatched += 1
            yield b"" if is_empty(found.get("model")) else row
            continue
        told.add(session_id)
        joined.matched += 1
        joined.unpriced += session.cost_usd is None
        joined.several += len(session.candidates) > 1
        yield _run(found, session_id, session, task_type)
    if joined.is_any:
        joined.without = len(sessions().keys() - told)


def _session_row(row: Raw) -> Mapping[str, Any] | None:
    if not row or (isinstance(row, bytes) and b"session_id" not in row):
        return None
    try:
        found = plain(row)
    except Unreadable:
        return None
    if not isinstance(found, Mapping) or not isinstance(found.get("session_id"), str | int):
        return None
    if is_empty(found["session_id"]) or not is_empty(found.get("cost_usd")):
        return None
    is_told = is_empty(found.get("model")) or any(not is_empty(found.get(name)) for name in _SOLVED)
    return named(found) if is_told else None


def _run(row: Mapping[str, Any], session_id: str, session: Session, task_type: str) -> Mapping[str, Any]:
    model, effort = session.served_by
    own = {name: None if is_empty(row.get(name)) else row[name] for name in ("prompt_id", "task_type")}
    return {
        **row,
        "prompt_id": own["prompt_id"] or session_id,
        "task_type": own["task_type"] or task_type or session.task_type,
        "model": model,
        "effort": effort,
        # The cost is that of all calls with their caching, and not of so many tokens.
        "input_tokens": None,
        "output_tokens": None,
        "cost_usd": session.cost_usd,
        "calls": session.calls,
        "unit": Level.TASK,
        "run_id": session_id,
    }
