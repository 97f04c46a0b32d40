"""Placement: which entry of a policy a call of the past belongs to, and whether a gateway moved it."""

import re
from dataclasses import dataclass, replace

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.core.task import Features
from modelmix.policy.by_type import VIRTUAL_MODELS, ByType, name_in_reason

_TAGGED = frozenset({"tag", "default"})
_MOVED = re.compile(r"task=[^;]*; static(?:;|$)")
_ENTRY = re.compile(r"(?:^|: |; )task=([^;]*);")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call stands in a policy.

    Attributes:
        entry: Name of its entry, or empty where none takes it.
        asks: Whether it asks for what the entry's requests ask for today; only such calls are moved.
        moved: Whether a gateway moved it, under this policy or another.
        baseline: Model that it asks for; of a virtual model's request, that of the entry's first baseline,
            and empty where it has none.
        live: Whether the gateway that moved it ran this very policy, and the entry's route answered.
    """

    entry: str
    asks: bool
    moved: bool
    baseline: str
    live: bool = False


class Placement:
    """Finds the place of calls in one policy.

    A row does not hold all features that a rule may look at. So an entry with a rule is found only where a
    gateway that ran this policy wrote its name down; calls from elsewhere are placed by tag and template.
    """

    def __init__(self, policy: ByType) -> None:
        self._policy = policy
        self._plain = replace(policy, entries=tuple(e for e in policy.entries if e.match.rule is None))
        self._entries = {entry.name: entry for entry in policy.entries}
        self._written = {name_in_reason(name): name for name in self._entries}
        self._known: dict[tuple[object, ...], Place] = {}

    def of(self, call: Call) -> Place:
        """Return the place of a call."""
        key = (
            call.task_type, call.task_source, call.template, call.model_requested, call.effort,
            call.model_served, call.reason, call.policy_sha256,
        )  # fmt: skip
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._place(call)
        return found

    def _place(self, call: Call) -> Place:
        requested = Candidate(call.model_requested, call.effort)
        effective = self._effective(requested)
        name = self._name(call, requested)
        baselines = self._entries[name].baselines if name else ()
        is_virtual = requested.model in VIRTUAL_MODELS
        first = baselines[0].model if baselines else ""
        model = first if is_virtual else effective.model
        moved = _MOVED.match(call.reason) is not None
        # The row of a moved call has the effort that was sent; the one asked for was a baseline's.
        asks = any(base == effective or (moved and base.model == model) for base in baselines)
        live = moved and self._is_route(name, call)
        return Place(name, bool(name) and (asks or is_virtual), moved, model, live)

    def _is_route(self, name: str, call: Call) -> bool:
        route = self._entries[name].route if name else None
        ours = bool(call.policy_sha256) and call.policy_sha256 == self._policy.sha256
        return (
            ours and route is not None and self._effective(Candidate(call.model_served)).model == route.model
        )

    def _effective(self, candidate: Candidate) -> Candidate:
        table = self._policy.capabilities
        return candidate if table is None else table.effective(candidate)

    def _name(self, call: Call, requested: Candidate) -> str:
        if call.policy_sha256 and call.policy_sha256 == self._policy.sha256:
            written = _ENTRY.search(call.reason)
            name = self._written.get(written.group(1), "") if written else ""
            if name:
                return name
        tag = call.task_type if call.task_source in _TAGGED else ""
        entry = self._plain.entry(Features(requested=requested, tag=tag, template=call.template))
        return "" if entry is None else entry.name
