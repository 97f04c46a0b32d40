"""The policy file as shipped: bytes, hash and document, and the policy that comes of them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.errors import ArtifactError
from modelmix.policy import yaml_text
from modelmix.policy.by_type import ByType, Entry
from modelmix.policy.document import (
    FORMAT,
    GRACE_DAYS,
    Bar,
    Batch,
    Caching,
    Certificate,
    PolicyDocument,
    TaskBar,
    TaskEntry,
    TaskMatch,
)
from modelmix.policy.evidence import Accepted, Latency, Refused, TaskEvidence, Upward
from modelmix.policy.fault import first_fault
from modelmix.policy.schema import SCHEMA_ID

GENERATION_DAYS = 180
"""Models of two tiers that came out within so many days count as one generation."""

_HEADER = f"""\
# yaml-language-server: $schema={SCHEMA_ID}
# Written by `modelmix optimize`. A changed file is refused: run optimize again instead of editing it.
# Read it with `modelmix policy show`; what a key means stands in the schema.
"""
_SIGN_AGAIN = (
    "run optimize again, or take sha256, certificate and evidence out to keep it as written by hand, "
    "which routes only where uncertified routes are explicitly allowed"
)
_HASH_SHOWN = 12
_BLOCKS = frozenset({("certificate",), ("tasks",), ("tasks", "*")})
_EFFORTS = (None, *Effort)
_HOLDERS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): PolicyDocument,
    ("bar",): Bar,
    ("certificate",): Certificate,
    ("tasks", "*"): TaskEntry,
    ("tasks", "*", "match"): TaskMatch,
    ("tasks", "*", "bar"): TaskBar,
    ("tasks", "*", "evidence"): TaskEvidence,
    ("tasks", "*", "evidence", "accepted"): Accepted,
    ("tasks", "*", "evidence", "upward"): Upward,
    ("tasks", "*", "evidence", "latency"): Latency,
    ("tasks", "*", "refused", "*"): Refused,
    ("tasks", "*", "refused", "*", "accepted"): Accepted,
    ("tasks", "*", "caching"): Caching,
    ("tasks", "*", "batch"): Batch,
}


def values(document: PolicyDocument) -> dict[str, Any]:
    """Return the document as plain values, in the order in which the file has them.

    Absent keys are left out, candidates are mappings, days and instants are ISO texts, fractions stay exact
    decimals. A single baseline stands for a list of one, as in the file.
    """
    dump = document.model_dump(exclude_none=True)
    for entry in dump["tasks"].values():
        entry["baseline"] = entry["baseline"][0] if len(entry["baseline"]) == 1 else list(entry["baseline"])
        if not entry["refused"]:
            del entry["refused"]  # as in files from before there were any, whose hashes hold
    return {key: _plain(value) for key, value in dump.items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def digest(document: PolicyDocument) -> str:
    """Hash everything but ``sha256`` itself: SHA-256 over canonical JSON.

    The canonical form has sorted keys, no spaces, UTF-8, and decimals as texts in their shortest plain form:
    equal documents have equal hashes, whoever writes them. Tasks stand in a list, because their order counts.

    Source: after RFC 8785 (JSON Canonicalization Scheme), without its floats.
    """
    content = values(document)
    content.pop("sha256", None)
    content["tasks"] = [{"name": name, **entry} for name, entry in content["tasks"].items()]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_exact)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _exact(number: Decimal) -> str:
    return format(number, "f")


def signed(document: PolicyDocument) -> PolicyDocument:
    """Return the document with its hash, so that a later change shows."""
    return document.model_copy(update={"sha256": digest(document)})


def render(document: PolicyDocument) -> bytes:
    """Write the file: the same document always gives the same bytes, and ``parse`` gives it back."""
    content = values(document)
    for entry in content["tasks"].values():
        if not entry["critical"]:
            del entry["critical"]
        if not entry["baseline"]:
            del entry["baseline"]
    return (_HEADER + yaml_text.write(content, _BLOCKS)).encode()


def parse(data: bytes, path: str = "-") -> PolicyDocument:
    """Read a policy file and verify its hash.

    Args:
        data: Content of the file.
        path: Its name, for the sentence of an error.

    Raises:
        ArtifactError: It is not strict YAML, has an unknown key or a wrong value, is of another format, or
            was changed after it was written. The sentence names line and key.
    """
    parsed = yaml_text.read(data, path)
    content = parsed.value
    if not isinstance(content, dict):
        raise ArtifactError(path, "holds no mapping; a policy file begins with `modelmix: 1`")
    written = content.get("modelmix")
    if isinstance(written, bool) or not isinstance(written, int):
        raise ArtifactError(path, f"is not a policy file: its first key must be `modelmix: {FORMAT}`")
    if written != FORMAT:
        raise ArtifactError(path, f"is of format {written}, this modelmix reads {FORMAT}; update one of them")
    try:
        document = PolicyDocument.model_validate(content)
    except ValidationError as error:
        raise ArtifactError(path, first_fault(error, parsed, _known)) from error
    _verify(document, path)
    return document


def _verify(document: PolicyDocument, path: str) -> None:
    computed = digest(document)
    if document.sha256 is None:
        proven = [name for name, entry in document.tasks.items() if entry.evidence is not None]
        if document.certificate is not None or proven:
            where = "certificate" if document.certificate is not None else f"tasks.{proven[0]}.evidence"
            raise ArtifactError(path, f"has {where} but no sha256; {_SIGN_AGAIN}")
    elif computed != document.sha256:
        hashes = f"its sha256 is {document.sha256[:_HASH_SHOWN]}…, its content has {computed[:_HASH_SHOWN]}…"
        raise ArtifactError(path, f"was changed after it was written: {hashes}; {_SIGN_AGAIN}")


def _known(path: yaml_text.Path) -> list[str]:
    where = tuple("*" if at == 1 or isinstance(part, int) else str(part) for at, part in enumerate(path[:-1]))
    holder = _HOLDERS.get(where)
    return ["model", "effort"] if holder is None else list(holder.model_fields)


def to_policy(
    document: PolicyDocument, capabilities: CapabilityTable, *, allow_uncertified: bool = False
) -> ByType:
    """Build the policy that the gateway and the replay run.

    A route that its evidence does not carry stays in the table and is not taken: ``ByType.refused`` names it.

    Args:
        document: A parsed or freshly made document.
        capabilities: Table that tells aliases, default efforts, tiers and release days.
        allow_uncertified: Take uncertified downgrades all the same.
    """
    entries = tuple(
        Entry(
            name=name,
            match=entry.match.match(),
            baselines=entry.baseline,
            route=entry.route if isinstance(entry.route, Candidate) else None,
            certified=document.certified(name),
            downgrade=any(is_downgrade(entry.route, asked, capabilities) for asked in entry.baseline),
        )
        for name, entry in document.tasks.items()
    )
    certificate = document.certificate
    return ByType(
        entries,
        default=_default(document, capabilities),
        capabilities=capabilities,
        sha256=document.sha256 or "",
        expires=None if certificate is None else certificate.expires,
        grace_days=GRACE_DAYS if certificate is None else certificate.grace_days,
        allow_uncertified=allow_uncertified,
    )


def is_downgrade(route: Candidate | str, baseline: Candidate, capabilities: CapabilityTable) -> bool:
    """Say whether a route is in any respect lower than its baseline: tier, effort or generation.

    An unknown model counts as lower, since doubt goes up. ``baseline`` as a route is no downgrade.
    """
    if not isinstance(route, Candidate):
        return False
    ours, theirs = capabilities.find(route.model), capabilities.find(baseline.model)
    if ours is None or theirs is None or ours.tier < theirs.tier:
        return True
    # A dearer tier of one generation may come out some weeks before the cheaper one.
    leeway = timedelta(days=GENERATION_DAYS if ours.tier > theirs.tier else 0)
    older = ours.released < theirs.released - leeway
    return older or _height(route, capabilities)[-1] < _height(baseline, capabilities)[-1]


def _height(candidate: Candidate, capabilities: CapabilityTable) -> tuple[int, ...]:
    """Rank a candidate by tier, release day and effort; an unknown model lowest."""
    capability = capabilities.find(candidate.model)
    if capability is None:
        return (0, 0, 0)
    effort = _EFFORTS.index(capability.effective(candidate.effort))
    return (int(capability.tier), capability.released.toordinal(), effort)


def _default(document: PolicyDocument, capabilities: CapabilityTable) -> Candidate | None:
    if isinstance(document.default, Candidate):
        return document.default
    named = [candidate for entry in document.tasks.values() for candidate in entry.baseline]
    return max(named, key=lambda candidate: (_height(candidate, capabilities), str(candidate)), default=None)
