"""Records: what the ledger keeps besides calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from modelmix.core.candidate import Effort


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of rows that were put into the ledger; the three add up to the rows given.

    Attributes:
        new: Calls that were not there.
        replaced: Rows that took the place of another copy of their call.
        unchanged: Rows whose call was there already, in a copy that stays.
    """

    new: int = 0
    replaced: int = 0
    unchanged: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(self.new + other.new, self.replaced + other.replaced, self.unchanged + other.unchanged)


class Requested(NamedTuple):
    """How many calls of a task type ask for one model and effort.

    Attributes:
        task_type: Name of the task type.
        model: Model asked for.
        effort: Effort asked for, or None.
        calls: Number of calls.
        template: Fingerprint of the system prompt that the type is known by; empty if it has a name.
    """

    task_type: str
    model: str
    effort: Effort | None
    calls: int
    template: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file that was imported.

    Attributes:
        import_id: Identity: the same content has the same id, wherever it lies.
        source: Path as given.
        sha256: Hash of its bytes as they lie on disk.
        size_bytes: Its size.
        kind: What it holds, by ``ingest.sniff.kind_of``.
        at: Aware UTC instant of the import.
        rows: Rows that could be read.
        bad_rows: Rows that could not.
        settings: What was asked that changes what is kept, as plain JSON.
    """

    import_id: str
    source: str
    sha256: str
    size_bytes: int
    kind: str
    at: datetime
    rows: int
    bad_rows: int
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BarAttempt:
    """One try of the optimiser to clear a bar on given rows, on record before its result was known.

    Attributes:
        attempt_id: Number in the order of recording.
        at: Aware UTC instant.
        settings: What was asked, as plain JSON.
        settings_sha256: Hash of it.
        evidence_sha256: Hash of the rows.
        imports: Ids of the imports that the rows came from.
        prompts: Hashes of prompt ids, by which another attempt on the same prompts is known.
        candidates: Candidates considered, or empty while that is not known.
        margin: Largest loss accepted, in score points, or None.
        alpha: Chance of a false certificate that was asked for, or None.
        k: Number of task types put forward, or None while that is not known.
        outcome: What came of it, in a word; empty while that is not known.
    """

    attempt_id: int
    at: datetime
    settings: Mapping[str, Any]
    settings_sha256: str
    evidence_sha256: str
    imports: tuple[str, ...]
    prompts: frozenset[str] = frozenset()
    candidates: tuple[str, ...] = ()
    margin: float | None = None
    alpha: float | None = None
    k: int | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class TypeVerdict:
    """What an attempt found of one candidate on one task type.

    Attributes:
        task_type: Name of the task type.
        candidate: The candidate, as ``MODEL`` or ``MODEL@EFFORT``.
        verdict: CLEARS, FAILS or UNDECIDED.
        pairs: Pairs compared.
        loss: Pass rate of the baseline minus the candidate's, or None.
        bound: Upper confidence bound of the loss, or None.
    """

    task_type: str
    candidate: str
    verdict: str
    pairs: float
    loss: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy and what the gateway did with it from then on.

    Attributes:
        sha256: Hash of the policy.
        at: Aware UTC instant from which it holds.
        state: ``observe``, ``enforce`` or ``off``.
    """

    sha256: str
    at: datetime
    state: str
