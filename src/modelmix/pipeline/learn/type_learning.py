"""One task type that is learned about: chosen for once by its first requests, then filled up to its plan."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modelmix.core.candidate import Candidate
from modelmix.evaluate.graders.choose import NoGrader, choose
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.held_against import held_against
from modelmix.evaluate.graders.spec import parse
from modelmix.pipeline.learn.ask import FIRST, LearnAsk
from modelmix.pipeline.learn.sample import Sample

CHOOSING, SAMPLING, READY, NO_GRADER = "choosing", "sampling", "ready", "not graded"

_NAME_ONE: Final = "name a grader with --learn-grader {}=KIND, or keep requests with --capture and label them"


@dataclass(slots=True)
class TypeLearning:
    """How far a task type is.

    What is fixed once, by the first requests: baseline, grader and candidates. Nothing of it, and no size,
    hangs on how candidates did.

    Attributes:
        task_type: Its name.
        baseline: What most of its requests ask for; None until that is chosen.
        grader: Its grader; None until chosen, or where none fits.
        arms: Candidates that are asked.
        note: Why nothing is asked, or empty.
        planned: Pairs that are wanted.
        is_ready: Whether they are there.
        prompts: Prompts with a pair.
        seen: Prompts that were taken up; each counts once.
        on_their_way: Prompts that are being asked.
        pairs: Pairs by candidate.
        first: Requests that wait for the choice.
    """

    task_type: str
    baseline: Candidate | None = None
    grader: Grader | None = None
    arms: tuple[Candidate, ...] = ()
    note: str = ""
    planned: int = 0
    is_ready: bool = False
    prompts: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    on_their_way: int = 0
    pairs: Counter[Candidate] = field(default_factory=Counter)
    first: list[Sample] = field(default_factory=list)

    @property
    def state(self) -> str:
        """In a word."""
        if self.note:
            return NO_GRADER
        if self.grader is None:
            return CHOOSING
        return READY if self.is_ready else SAMPLING

    @property
    def wants_more(self) -> bool:
        """Whether another request would serve it."""
        return not self.note and not self.is_ready

    @property
    def has_room(self) -> bool:
        """Whether another prompt may be asked now without passing what was planned."""
        return self.wants_more and len(self.prompts) + self.on_their_way < self.planned

    def take(self, sample: Sample) -> list[Sample]:
        """Take up a request.

        Returns:
            Requests to be asked now: none while the first are waited for, then all of them at once.
        """
        self.seen.add(sample.recorded.prompt_id)
        if self.grader is not None:
            return [sample] if sample.asked == self.baseline else []
        self.first.append(sample)
        return []

    @property
    def can_choose(self) -> bool:
        """Whether its first requests are there."""
        return self.grader is None and not self.note and len(self.first) >= FIRST

    @property
    def waiting_bytes(self) -> int:
        """Text of the requests that wait for the choice."""
        return sum(sample.size_bytes for sample in self.first)

    def choose(self, ask: LearnAsk) -> list[Sample]:
        """Choose baseline and grader by the first requests.

        Returns:
            Those of them that ask for the baseline; they are let go of here.
        """
        asked = Counter(sample.asked for sample in self.first)
        self.baseline = min(asked, key=lambda candidate: (-asked[candidate], str(candidate)))
        held = [sample for sample in self.first if sample.asked == self.baseline]
        self.first = []
        named = ask.graders.get(self.task_type, ask.graders.get(""))
        if named is not None:
            self.grader = parse(named).grader
        else:
            choice = choose([held_against(sample.recorded) for sample in held], self.task_type)
            if isinstance(choice, NoGrader):
                # How to go on is another thing in flight than in a replay.
                self.refuse(f"{choice.why.partition('; ')[0]}; {_NAME_ONE.format(self.task_type)}")
                return []
            self.grader = choice.grader
        return held

    def refuse(self, why: str) -> None:
        """Learn nothing of it, and let go of what was held."""
        self.note = why
        self.grader = None
        self.first = []

    def plan(self, pairs: int) -> None:
        """Want another number of pairs; who has seen the first ones pays for more with the next attempt."""
        self.planned = pairs
        self.is_ready = len(self.prompts) >= pairs

    def count(self, prompt_id: str, answered: Sequence[Candidate]) -> None:
        """Count the pairs of one prompt.

        Args:
            prompt_id: The prompt.
            answered: Candidates with an outcome, the baseline among them or not.
        """
        others = [one for one in answered if one != self.baseline]
        if others:
            self.seen.add(prompt_id)
            self.prompts.add(prompt_id)
            self.pairs.update(others)

    def status(self) -> dict[str, Any]:
        """Return how far it is, and nothing of how candidates did, as plain JSON."""
        return {
            "task_type": self.task_type,
            "state": self.state,
            "baseline": None if self.baseline is None else str(self.baseline),
            "candidates": {str(arm): self.pairs[arm] for arm in self.arms},
            "grader": None if self.grader is None else self.grader.spec,
            "waiting": len(self.first),
            "pairs": len(self.prompts),
            "planned": self.planned,
            "note": self.note,
        }

    def settings(self) -> dict[str, Any]:
        """Return what was chosen, as plain JSON."""
        return {
            "baseline": None if self.baseline is None else str(self.baseline),
            "grader": None if self.grader is None else self.grader.spec,
            "arms": [str(one) for one in self.arms],
            "note": self.note,
            "planned": self.planned,
            "ready": self.is_ready,
        }

    @classmethod
    def of(cls, task_type: str, settings: Mapping[str, Any]) -> "TypeLearning":
        """Read what `settings` has written."""
        baseline, grader = settings["baseline"], settings["grader"]
        return cls(
            task_type=task_type,
            baseline=None if baseline is None else Candidate.parse(baseline),
            grader=None if grader is None else parse(grader).grader,
            arms=tuple(map(Candidate.parse, settings["arms"])),
            note=settings["note"],
            planned=settings["planned"],
            is_ready=settings["ready"],
        )
