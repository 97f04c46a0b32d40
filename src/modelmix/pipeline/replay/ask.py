"""What a user asks of a replay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from modelmix.core.candidate import Candidate
from modelmix.evaluate.boundaries import MOST_LOOKS

AGAIN: Final = 150
"""Pairs of the baseline against itself: with fewer than 135 even no difference at all clears two points."""

MOST_PAIRS: Final = 1500
"""Prompts of a task type that are drawn at most, unless the user says how many."""


PROPOSED: Final = "policy.proposed.yaml"
"""Where a policy goes that is to be compared with the one in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """An earlier replay that another candidate is held beside: on the same prompts, drawn as they were then.

    Attributes:
        replay_id: Its name.
        at: When it began; what was logged later is left out, and who was asked by default is told as of then.
        prompts: Prompts that it drew.
        also: Who is asked besides those that it asked.
    """

    replay_id: str
    at: datetime
    prompts: int
    also: tuple[Candidate, ...]

    def settings(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        also = [str(one) for one in self.also]
        return {"replay_id": self.replay_id, "at": self.at.isoformat(), "prompts": self.prompts, "also": also}

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Beside":
        """Read what `settings` has written; see `Ask.of`."""
        return cls(
            replay_id=settings["replay_id"],
            at=datetime.fromisoformat(settings["at"]),
            prompts=settings["prompts"],
            also=tuple(map(Candidate.parse, settings["also"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a user asks of a replay; the same replay asks the same.

    Attributes:
        places: Logs, as named.
        expected: Tables of known answers, as named.
        candidates: Who is asked; None takes the newest model of every lower tier.
        graders: Task type → grader as the user wrote it; the empty type is for all others.
        task_types: Task types that are replayed; all if empty.
        task_type: Task type of rows without a tag, or empty.
        pairs: Prompts of each task type, or None for as many as the margin needs.
        again: Prompts that the baseline is asked again, over all types; 0 for none.
        margin: Largest loss over the traffic that moves.
        type_margin: Largest loss of each type, or None for the default.
        alpha: Chance taken of certifying what does not hold.
        seed: Seed of the sample.
        keep_text: Whether answers are kept, so that they can be shown and graded anew.
        upstream: Base URL of the API.
        looks: Looks at most, 1 to 5: fresh pairs come in so many parts, and no more than are needed. With one
            everything is asked of everyone and tested once.
        judge: Model that judges where a judge's spec names none; None takes the baseline's.
        rubrics: Task type → the user's rubric, in full; the empty type is for all others.
        error_cost_usd: What one wrong answer costs, or None where nobody said.
        error_costs_usd: The same of single task types; they win.
        beside: Earlier replay whose prompts are asked of another candidate, or None.
    """

    places: tuple[str, ...]
    expected: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] | None = None
    graders: Mapping[str, str] = field(default_factory=dict)
    task_types: tuple[str, ...] = ()
    task_type: str = ""
    pairs: int | None = None
    again: int = AGAIN
    margin: float = 0.02
    type_margin: float | None = None
    alpha: float = 0.05
    seed: int = 0
    keep_text: bool = False
    upstream: str = ""
    looks: int = MOST_LOOKS
    judge: Candidate | None = None
    rubrics: Mapping[str, str] = field(default_factory=dict)
    error_cost_usd: Decimal | None = None
    error_costs_usd: Mapping[str, Decimal] = field(default_factory=dict)
    beside: Beside | None = None

    def error_cost_of(self, task_type: str) -> Decimal | None:
        """Return what a wrong answer of a task type costs, or None where nobody said."""
        return self.error_costs_usd.get(task_type, self.error_cost_usd)

    @property
    def until(self) -> datetime | None:
        """Instant after which nothing was logged that counts, or None."""
        return None if self.beside is None else self.beside.at

    def settings(self) -> dict[str, Any]:
        """Return everything that was asked, as plain JSON."""
        # Of one look, and where an error has no cost, nothing is said: replays from before go on.
        said: dict[str, Any] = {} if self.looks == 1 else {"looks": self.looks}
        if self.judge is not None:
            said["judge"] = str(self.judge)
        if self.rubrics:
            said["rubrics"] = dict(sorted(self.rubrics.items()))
        if self.error_cost_usd is not None:
            said["error_cost_usd"] = str(self.error_cost_usd)
        if self.error_costs_usd:
            said["error_costs_usd"] = {name: str(usd) for name, usd in sorted(self.error_costs_usd.items())}
        if self.beside is not None:
            said["beside"] = self.beside.settings()
        return said | {
            "places": list(self.places),
            "expected": list(self.expected),
            "candidates": None if self.candidates is None else [str(c) for c in self.candidates],
            "graders": dict(sorted(self.graders.items())),
            "task_types": list(self.task_types),
            "task_type": self.task_type,
            "pairs": self.pairs,
            "again": self.again,
            "margin": self.margin,
            "type_margin": self.type_margin,
            "alpha": self.alpha,
            "seed": self.seed,
            "keep_text": self.keep_text,
            "upstream": self.upstream,
        }

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Ask":
        """Read what `settings` has written.

        Raises:
            KeyError: It was written by another version.
            ValueError: A candidate in it is none.
        """
        candidates = settings["candidates"]
        cost = settings.get("error_cost_usd")
        beside = settings.get("beside")
        return cls(
            places=tuple(settings["places"]),
            expected=tuple(settings["expected"]),
            candidates=None if candidates is None else tuple(map(Candidate.parse, candidates)),
            graders=dict(settings["graders"]),
            task_types=tuple(settings["task_types"]),
            task_type=settings["task_type"],
            pairs=settings["pairs"],
            again=settings["again"],
            margin=settings["margin"],
            type_margin=settings["type_margin"],
            alpha=settings["alpha"],
            seed=settings["seed"],
            keep_text=settings["keep_text"],
            upstream=settings["upstream"],
            looks=settings.get("looks", 1),
            judge=Candidate.parse(settings["judge"]) if "judge" in settings else None,
            rubrics=dict(settings.get("rubrics", {})),
            error_cost_usd=None if cost is None else Decimal(cost),
            error_costs_usd={name: Decimal(usd) for name, usd in settings.get("error_costs_usd", {}).items()},
            beside=None if beside is None else Beside.of(beside),
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast and how far a replay may go; no part of what it asks.

    Attributes:
        max_spend_usd: The most that it may cost in all, or None for its own worst case.
        rate_share: Part of the key's rate limits, in (0, 1].
        concurrency: Requests on their way at most.
        patience_s: Longest time for one answer.
    """

    max_spend_usd: Decimal | None = None
    rate_share: float = 0.25
    concurrency: int = 16
    patience_s: float = 600.0
