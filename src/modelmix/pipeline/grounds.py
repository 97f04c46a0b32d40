"""Grounds: the attempt that a policy came from, its imports, and the replays among them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from modelmix.evaluate.paired import Pairs
from modelmix.pipeline.current import REPLAY
from modelmix.pipeline.evidence import SIMULATED, evidence_imports
from modelmix.policy.document import PolicyDocument
from modelmix.report.grounds import Grounds, ReplayLine
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import BarAttempt, Import
from modelmix.store.replay_records import Replay

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Founded:
    """What a policy rests on, as far as the ledger tells.

    Attributes:
        attempt: The attempt that it came from, or None where that is not on record.
        grounds: The evidence.
        notes: What a reader should know of it, one sentence each.
    """

    attempt: BarAttempt | None
    grounds: Grounds
    notes: tuple[str, ...]


def founded(policy: PolicyDocument, ledger: Ledger, lake: Lake, replays: Sequence[Replay]) -> Founded:
    """Find what a policy rests on.

    Where its attempt is not on record, what the lake holds stands in: that which the optimiser would take.

    Args:
        policy: The policy.
        ledger: Attempts and imports.
        lake: Outcomes.
        replays: All replays on record.
    """
    attempt = attempt_of(policy, ledger.attempts())
    others, others_simulated = evidence_imports(ledger, lake)
    named = others if attempt is None else attempt.imports
    done = {one.import_id: one for one in ledger.imports() if one.import_id in named}
    made_up = {import_id for import_id, one in done.items() if one.settings.get("simulated") is True}
    there = set(lake.outcome_imports())
    order = {import_id: place for place, import_id in enumerate(done)}
    behind = [one for one in replays if one.replay_id in named]
    behind.sort(key=lambda one: order.get(one.replay_id, -1))
    basis = None if policy.certificate is None else policy.certificate.basis
    bar = policy.bar
    grounds = Grounds(
        imports=tuple(import_id for import_id in named if import_id in there),
        replays=tuple(_line(one, is_simulated=_is_made_up(one, made_up)) for one in behind),
        is_simulated=bool(made_up) or SIMULATED in (basis or "") or (attempt is None and others_simulated),
        again=_again(behind),
        # Of several bars the strictest: what clears it clears each.
        margin=min(
            (float(one.summary["margin"]) for one in behind if "margin" in one.summary),
            default=float(bar.margin),
        ),
        alpha=min(
            (float(one.summary["alpha"]) for one in behind if "alpha" in one.summary),
            default=float(bar.alpha),
        ),
    )
    return Founded(attempt, grounds, tuple(_notes(policy, attempt, done, there)))


def attempt_of(policy: PolicyDocument, attempts: Sequence[BarAttempt]) -> BarAttempt | None:
    """Return the attempt that a policy came from: on its rows, at its instant, else the last on its rows."""
    sha256 = None if policy.certificate is None else policy.certificate.evidence_sha256
    same = [one for one in attempts if sha256 is not None and one.evidence_sha256 == sha256]
    created = None if policy.created is None else policy.created.astimezone(UTC).replace(microsecond=0)
    at_once = [one for one in same if one.at.replace(microsecond=0) == created]
    return next(reversed(at_once or same), None)


def _is_made_up(replay: Replay, made_up: Collection[str]) -> bool:
    return replay.replay_id in made_up or replay.summary.get("simulated") is True


def _line(replay: Replay, *, is_simulated: bool) -> ReplayLine:
    summary, seed = replay.summary, replay.settings.get("seed")
    return ReplayLine(
        replay_id=replay.replay_id,
        day=replay.at.astimezone(UTC).date(),
        is_simulated=is_simulated,
        outcome=replay.outcome,
        graders=tuple(sorted(set(summary.get("graders", {}).values()))),
        known=sum(summary.get("known", {}).values()),
        prompts=summary.get("prompts", 0),
        seed=seed if isinstance(seed, int) else None,
    )


def _again(replays: Sequence[Replay]) -> dict[str, Pairs]:
    """Return by task type the baseline against itself, of the last replay that asked it twice.

    Their pairs are not added up: a later replay of the same prompts holds the answers of an earlier one, and
    knows more of what is right.
    """
    found: dict[str, Pairs] = {}
    for replay in replays:
        found |= {name: Pairs(*counts) for name, counts in replay.summary.get("again", {}).items()}
    return found


def _notes(
    policy: PolicyDocument, attempt: BarAttempt | None, done: Mapping[str, Import], there: set[str]
) -> Iterator[str]:
    if attempt is None:
        if policy.certificate is not None and there:
            yield (
                "The attempt that made this policy is not in this ledger: evidence shown is what its lake "
                "holds, and may be other than the policy rests on"
            )
        return
    gone = [import_id for import_id in attempt.imports if import_id not in there]
    if gone:
        yield f"No longer in the lake, so that evidence shown lacks it: {_named(gone, done)}"
    grown = [
        one.import_id
        for one in done.values()
        if one.kind == REPLAY and one.at > attempt.at and one.import_id in there
    ]
    if grown:
        yield (
            f"Gone on since the policy was made, so that evidence shown is more than it rests on: "
            f"{_named(grown, done)}; run modelmix optimize again"
        )


def _named(import_ids: Sequence[str], done: Mapping[str, Import]) -> str:
    names = [done[one].source if one in done else f"import {one}" for one in import_ids[:_NAMED]]
    more = len(import_ids) - _NAMED
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")
