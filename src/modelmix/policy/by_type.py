"""By-type: the policy that a table of task types makes, each with the route that its evidence allows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from modelmix.core.attempt import Attempt
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.task import Features
from modelmix.policy.base import Route
from modelmix.policy.rule_nodes import Rule

VIRTUAL_MODELS = frozenset({"modelmix", "claude-modelmix"})
"""Model names by which a client leaves the choice to the policy."""

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@+ ")


class State(StrEnum):
    """Whether a policy may route today."""

    CURRENT = "current"
    GRACE = "grace"
    EXPIRED = "expired"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Match:
    """Which tasks an entry is for: all parts that are given must hold.

    Attributes:
        tag: Task type that the caller named, or empty.
        template: Fingerprint of the system prompt's template, or empty.
        rule: Rule over the features, or None.
    """

    tag: str = ""
    template: str = ""
    rule: Rule | None = None

    def __post_init__(self) -> None:
        if not self.tag and not self.template and self.rule is None:
            raise ValueError(
                "a match names a tag, a template or a rule; this one names none and would take everything"
            )

    def holds(self, features: Features) -> bool:
        """Say whether a task is of this type."""
        return (
            (not self.tag or self.tag == features.tag)
            and (not self.template or self.template == features.template)
            and (self.rule is None or self.rule.holds(features))
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One task type: what its requests ask for today, and where they may go.

    Attributes:
        name: Name of the type.
        match: Which tasks are of it.
        baselines: What its requests ask for today; only such requests are routed. The first one serves
            the virtual model where the type stays.
        route: Where it goes, or None where it stays on its baseline.
        certified: Whether the route's evidence clears the bar.
        downgrade: Whether the route needs that evidence; False only where it is in no respect lower.
    """

    name: str
    match: Match
    baselines: tuple[Candidate, ...] = ()
    route: Candidate | None = None
    certified: bool = False
    downgrade: bool = True


@dataclass(frozen=True, slots=True)
class ByType:
    """An ordered table of task types: the first match decides.

    A request is routed only if it asks for its type's baseline or for a virtual model; any other explicit
    choice is honoured, an explicit effort other than the baseline's included. Several entries with the same
    match are one type with several baselines.

    Attributes:
        entries: The types, in order.
        default: Who serves a virtual model's request where no entry names a baseline, or None.
        capabilities: Table that tells aliases and default efforts, or None to compare candidates as written.
        sha256: Hash of the policy file, or empty for one written by hand.
        expires: Last day of the certificate, or None.
        grace_days: Days after ``expires`` on which routes are kept, with a warning.
        allow_uncertified: Whether a downgrade without a certificate may be taken all the same.
        state: Whether it may route; ``on`` sets it.
    """

    entries: tuple[Entry, ...]
    default: Candidate | None = None
    capabilities: CapabilityTable | None = None
    sha256: str = ""
    expires: date | None = None
    grace_days: int = 14
    allow_uncertified: bool = False
    state: State = State.CURRENT
    _types: Sequence[tuple[Match, Sequence[Entry]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        entries = tuple(
            replace(
                entry,
                baselines=tuple(self._effective(baseline) for baseline in entry.baselines),
                route=None if entry.route is None else self._effective(entry.route),
            )
            for entry in self.entries
        )
        object.__setattr__(self, "entries", entries)
        object.__setattr__(self, "_types", _by_match(entries))
        if self.default is not None:
            object.__setattr__(self, "default", self._effective(self.default))

    def on(self, day: date) -> "ByType":
        """Return the policy as it stands on a UTC day: current, in grace, or expired."""
        if self.expires is None or self.state is State.OFF:
            return self
        late_days = (day - self.expires).days
        late = State.GRACE if late_days <= self.grace_days else State.EXPIRED
        return replace(self, state=State.CURRENT if late_days <= 0 else late)

    def switched_off(self) -> "ByType":
        """Return the policy with the kill switch thrown: nothing moves, virtual models get their baseline."""
        return replace(self, state=State.OFF)

    @property
    def ends(self) -> date | None:
        """Last day on which anything is routed, or None without an end."""
        return None if self.expires is None else self.expires + timedelta(days=self.grace_days)

    @property
    def warning(self) -> str:
        """One sentence for the log while the policy is in grace, expired or off, else empty."""
        label = self.sha256[:8] or "unsigned"
        if self.state is State.GRACE:
            return (
                f"policy {label} expired on {self.expires} and routes until {self.ends}; run optimize again"
            )
        if self.state is State.EXPIRED:
            return (
                f"policy {label} expired on {self.expires}, every type keeps its baseline; run optimize again"
            )
        return f"policy {label} is switched off; nothing is routed" if self.state is State.OFF else ""

    @property
    def refused(self) -> tuple[str, ...]:
        """Names of entries whose route is not taken because it is an uncertified downgrade."""
        return tuple(e.name for e in self.entries if e.route is not None and not self._permitted(e))

    def entry(self, features: Features) -> Entry | None:
        """Return the entry that decides on a task, or None where no match holds."""
        return self._entry(features, self._effective(features.requested))

    def _entry(self, features: Features, requested: Candidate) -> Entry | None:
        for match, same in self._types:
            if match.holds(features):
                return next((entry for entry in same if _asks_for(entry, requested)), same[0])
        return None

    def next(self, features: Features, tried: Sequence[Attempt]) -> Route:  # noqa: ARG002 - it never tries
        """Route at once.

        Returns:
            The type's route, or the requested candidate as it was asked for (for a virtual model: the type's
            baseline). The effort of a route is the effective one; None means that the model takes none.
            The reason is ``task=NAME; HOW; policy=8 HEX`` where HOW is ``static`` (moved; followed by
            ``uncertified`` or ``grace`` where that is so), or why not: ``off``, ``no-match``,
            ``explicit-model``, ``unproven``, ``uncertified``, ``expired``, ``no-baseline``.
        """
        requested = self._effective(features.requested)
        entry = self._entry(features, requested)
        how = self._obstacle(entry, requested)
        if not how and entry is not None and entry.route is not None:
            return Route(entry.route, self._reason(entry, self._moved(entry)))
        stays = features.requested
        if requested.model in VIRTUAL_MODELS:
            baseline = entry.baselines[0] if entry is not None and entry.baselines else self.default
            if baseline is None:
                how = "no-baseline"
            else:
                stays = baseline
        return Route(stays, self._reason(entry, how))

    def _obstacle(self, entry: Entry | None, requested: Candidate) -> str:
        if self.state is State.OFF:
            return "off"
        if entry is None:
            return "no-match"
        if not _asks_for(entry, requested):
            return "explicit-model"
        if entry.route is None:
            return "unproven"
        if not self._permitted(entry):
            return "uncertified"
        return "expired" if self.state is State.EXPIRED else ""

    def _permitted(self, entry: Entry) -> bool:
        return entry.certified or not entry.downgrade or self.allow_uncertified

    def _moved(self, entry: Entry) -> str:
        how = "static" if entry.certified else "static; uncertified"
        return f"{how}; grace" if self.state is State.GRACE else how

    def _reason(self, entry: Entry | None, how: str) -> str:
        task = "" if entry is None else f"task={name_in_reason(entry.name)}; "
        return f"{task}{how}; policy={self.sha256[:8] or 'unsigned'}"

    def _effective(self, candidate: Candidate) -> Candidate:
        return candidate if self.capabilities is None else self.capabilities.effective(candidate)


def _by_match(entries: Sequence[Entry]) -> Sequence[tuple[Match, Sequence[Entry]]]:
    types: list[tuple[Match, list[Entry]]] = []
    for entry in entries:
        same = next((group for match, group in types if match == entry.match), None)
        if same is None:
            types.append((entry.match, [entry]))
        else:
            same.append(entry)
    return types


def _asks_for(entry: Entry, requested: Candidate) -> bool:
    return requested in entry.baselines or requested.model in VIRTUAL_MODELS


def name_in_reason(name: str) -> str:
    """Percent-encode what may not stand in a header field or would be taken for a separator."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in name.encode())
