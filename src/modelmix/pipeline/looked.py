"""Looked at: how a replay looks at its types, as its import keeps it, and as the optimiser reads it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelmix.core.candidate import Candidate
from modelmix.optimize.looks import Looks
from modelmix.pipeline.current import REPLAY
from modelmix.store.records import Import

LOOKS: Final = "looks"
"""Setting of a replay's import: task type → how it is looked at; null where all of it is tested once."""


@dataclass(frozen=True, slots=True)
class LookedAt:
    """How one replay looks at a type.

    Attributes:
        import_id: The replay.
        looks: How it does.
        seed: Seed by which its choosing rows were told from its fresh ones.
    """

    import_id: str
    looks: Looks
    seed: int

    @property
    def identity(self) -> tuple[str, str, int, int]:
        """What is the same at every look."""
        looks = self.looks
        return self.import_id, str(looks.candidate), looks.pairs, looks.planned


def looked_at(imports: Sequence[Import], wanted: Collection[str]) -> dict[str, LookedAt]:
    """Return by task type the replay that looks at it: the last one that asked for it, if it does.

    Args:
        imports: All imports, oldest first.
        wanted: Those that are evidence.
    """
    found: dict[str, LookedAt] = {}
    for done in imports:
        if done.kind != REPLAY or done.import_id not in wanted:
            continue
        for name, kept in done.settings.get(LOOKS, {}).items():
            found.pop(name, None)
            if kept is not None:
                found[name] = LookedAt(done.import_id, looks_from(kept), kept["seed"])
    return found


def looks_json(looks: Looks, state: str, seed: int) -> dict[str, Any]:
    """Write how a type is looked at as plain JSON.

    Args:
        looks: How it is, and how far it has come.
        state: What was decided of it at the last look taken.
        seed: Seed by which choosing rows are told from fresh ones.
    """
    return {
        "candidate": None if looks.candidate is None else str(looks.candidate),
        "pairs": looks.pairs,
        "planned": looks.planned,
        "taken": looks.taken,
        "state": state,
        "seed": seed,
    }


def looks_from(kept: Mapping[str, Any]) -> Looks:
    """Read what `looks_json` has written."""
    name = kept["candidate"]
    return Looks(
        None if name is None else Candidate.parse(name), kept["pairs"], kept["planned"], kept["taken"]
    )
