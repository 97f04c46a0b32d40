"""Diff: what a change of policy changes, and whether the evidence carries it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from modelmix.core.candidate import Candidate
from modelmix.policy.document import Bar, PolicyDocument, TaskBar, TaskEntry
from modelmix.policy.words import default_words, points, proof, quality, way

Guardrail: TypeAlias = Literal["pass", "warn", "fail"]
Kind: TypeAlias = Literal[
    "added", "removed", "moved", "match", "order", "bar", "evidence", "certificate", "default"
]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two policies.

    Attributes:
        kind: What sort of difference it is.
        where: Task type, or ``certificate``, ``bar``, ``tasks`` or ``default``.
        before: How it was, in words; empty where it is new.
        after: How it is, in words; empty where it is gone.
        guardrail: ``fail``: a move that nothing certifies; ``warn``: a weaker promise; else ``pass``.
        quality: What the evidence says of it, in words, or empty.
        usd_month: Change of the bill in USD per month where the evidence tells, or None.
    """

    kind: Kind
    where: str
    before: str
    after: str
    guardrail: Guardrail = "pass"
    quality: str = ""
    usd_month: Decimal | None = None


def diff(old: PolicyDocument, new: PolicyDocument) -> list[Change]:
    """Compare two policies.

    Returns:
        Changes of the whole first (bar, certificate, default, order), then type by type in the new order,
        then the types that are gone.
    """
    changes = [*_whole(old, new), *_order(old, new)]
    for name in new.tasks:
        changes += _added(name, new) if name not in old.tasks else _kept(name, old, new)
    changes += [_removed(name, old) for name in old.tasks if name not in new.tasks]
    return changes


def worst(changes: Sequence[Change]) -> Guardrail:
    """Return the worst guardrail of all changes; ``pass`` for none."""
    marks = {change.guardrail for change in changes}
    return "fail" if "fail" in marks else "warn" if "warn" in marks else "pass"


def _whole(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    if old.bar != new.bar:
        looser = new.bar.margin > old.bar.margin or new.bar.alpha > old.bar.alpha
        yield Change("bar", "bar", _bar(old.bar), _bar(new.bar), "warn" if looser else "pass")
    if old.certificate != new.certificate:
        yield Change("certificate", "certificate", proof(old), proof(new), _lost(old, new), proof(new))
    if old.default != new.default:
        yield Change("default", "default", default_words(old), default_words(new), "warn")


def _order(old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    before = [name for name in old.tasks if name in new.tasks]
    after = [name for name in new.tasks if name in old.tasks]
    if before != after:
        yield Change("order", "tasks", ", ".join(before), ", ".join(after), "warn", "the first match wins")


def _lost(old: PolicyDocument, new: PolicyDocument) -> Guardrail:
    had = old.certificate is not None and old.certificate.verdict == "CLEARS"
    has = new.certificate is not None and new.certificate.verdict == "CLEARS"
    return "fail" if new.routed() and not has else "warn" if had and not has else "pass"


def _added(name: str, new: PolicyDocument) -> Iterator[Change]:
    entry = new.tasks[name]
    mark, saved = _mark(name, new), _saving(entry)
    yield Change("added", name, "", way(entry), mark, quality(entry), -saved if saved else None)


def _removed(name: str, old: PolicyDocument) -> Change:
    saved = _saving(old.tasks[name])
    return Change("removed", name, way(old.tasks[name]), "", usd_month=saved or None)


def _kept(name: str, old: PolicyDocument, new: PolicyDocument) -> Iterator[Change]:
    was, now = old.tasks[name], new.tasks[name]
    mark = _mark(name, new)
    if was.match != now.match:
        yield Change(
            "match", name, _match(was), _match(now), "warn", "other tasks than before are of this type"
        )
    if (was.baseline, was.route) != (now.baseline, now.route):
        change = _saving(was) - _saving(now)
        yield Change("moved", name, way(was), way(now), mark, quality(now), change or None)
    elif was.evidence != now.evidence:
        yield Change("evidence", name, quality(was), quality(now), mark, quality(now))
    if (was.bar, was.critical) != (now.bar, now.critical):
        yield Change("bar", name, _task_bar(was), _task_bar(now), "warn" if _looser(was, now) else "pass")


def _mark(name: str, document: PolicyDocument) -> Guardrail:
    moves = isinstance(document.tasks[name].route, Candidate)
    return "fail" if moves and not document.certified(name) else "pass"


def _saving(entry: TaskEntry) -> Decimal:
    if entry.evidence is None or not isinstance(entry.route, Candidate):
        return Decimal(0)
    return entry.evidence.saving_usd_month or Decimal(0)


def _looser(was: TaskEntry, now: TaskEntry) -> bool:
    before = was.bar.type_margin if was.bar is not None else None
    after = now.bar.type_margin if now.bar is not None else None
    slower = _later(was.bar, now.bar)
    return (
        slower
        or (was.critical and not now.critical)
        or (before is not None and (after is None or after > before))
    )


def _later(was: TaskBar | None, now: TaskBar | None) -> bool:
    before = None if was is None else was.latency_p95_ms
    after = None if now is None else now.latency_p95_ms
    return before is not None and (after is None or after > before)


def _bar(bar: Bar) -> str:
    cost = "" if bar.error_cost_usd is None else f", an error costs ${bar.error_cost_usd}"
    return f"margin {points(bar.margin)}, alpha {bar.alpha}{cost}"


def _task_bar(entry: TaskEntry) -> str:
    bar = entry.bar
    margin = "" if bar is None or bar.type_margin is None else f"type margin {points(bar.type_margin)}"
    cost = "" if bar is None or bar.error_cost_usd is None else f"an error costs ${bar.error_cost_usd}"
    latency = (
        "" if bar is None or bar.latency_p95_ms is None else f"95 of 100 within {bar.latency_p95_ms:f} ms"
    )
    critical = "critical" if entry.critical else ""
    return ", ".join(part for part in (margin, cost, latency, critical) if part) or "the policy's"


def _match(entry: TaskEntry) -> str:
    return ", ".join(f"{key} {value}" for key, value in entry.match.model_dump(exclude_none=True).items())
