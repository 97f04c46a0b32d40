"""The plan: what is asked of whom, what it costs at most, and what it can prove, before anything is sent."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.economics.quote import Quote
from modelmix.evaluate.graders.grader import Grader
from modelmix.pipeline.replay.ask import Ask
from modelmix.pipeline.replay.bar import PlannedBar
from modelmix.pipeline.replay.prompt import Prompt
from modelmix.pipeline.replay.recordings import Recordings
from modelmix.pipeline.replay.traffic import Traffic
from modelmix.wire.fitting import Change

_NOTHING: Final = Quote()


@dataclass(frozen=True, slots=True)
class Item:
    """One request to be sent.

    Attributes:
        prompt: Index of its prompt.
        candidate: Who is asked.
        answer_id: What is asked, of whom and where; the same question has the same.
        quote: What it will cost.
        input_tokens: Its prompt's length, as recorded.
        again: Whether the baseline is asked again, to measure its difference from itself.
        changes: What was changed of the request so that the candidate takes it.
        judging: What it costs to have its answer judged, and the recorded one beside it; nothing where rules
            grade.
    """

    prompt: int
    candidate: Candidate
    answer_id: str
    quote: Quote
    input_tokens: int
    again: bool = False
    changes: tuple[Change, ...] = ()
    judging: Quote = _NOTHING

    @property
    def whole(self) -> Quote:
        """What it will cost until its answer is graded."""
        return self.quote + self.judging


@dataclass(frozen=True, slots=True, kw_only=True)
class TypePlan:
    """What is planned for one task type.

    Attributes:
        task_type: Its name.
        baseline: What most of its requests ask for today.
        arms: Candidates that are asked.
        available: Distinct prompts that ask for the baseline.
        others: Distinct prompts that ask for something else; they are explicit choices, and stay.
        drawn: Prompts that are asked again.
        known: Those of the drawn whose right answer is known.
        grader: Name of its grader, with its options; empty where none fits.
        note: What is to be said of the grader, or why nothing is asked.
        margin: Largest loss that it has to clear by itself.
        needed: Prompts with which no loss at all clears that margin four times out of five.
        errors: Share of its prompts on which the baseline errs; None where right answers are not all known.
    """

    task_type: str
    baseline: Candidate
    arms: tuple[Candidate, ...]
    available: int
    others: int
    drawn: int
    known: int
    grader: str
    note: str
    margin: float
    needed: int
    errors: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a replay will do.

    Attributes:
        ask: What was asked.
        day: UTC day whose prices are quoted.
        recordings: What the logs hold.
        types: By task type, in order of name.
        prompts: The prompts that were drawn.
        graders: Task type → its grader.
        items: What is sent, in order; any beginning of it is a sample of the whole.
        traffic: What the calls of the log cost, and would cost with each candidate.
        rejected: Candidate and reason → prompts that it would reject as they stand.
        ungradable: Reason → prompts that no answer could be held against, and that are not asked.
        scaled: Whether fewer prompts are drawn than are needed, so that it fits the spend cap.
        by_batch: Whether it is sent as message batches, and quoted at their price.
    """

    ask: Ask
    day: date
    recordings: Recordings
    types: tuple[TypePlan, ...]
    prompts: tuple[Prompt, ...]
    graders: Mapping[str, Grader]
    items: tuple[Item, ...]
    traffic: Traffic
    rejected: Mapping[tuple[str, str], int] = field(default_factory=dict)
    ungradable: Mapping[str, int] = field(default_factory=dict)
    scaled: bool = False
    by_batch: bool = False

    @property
    def bar(self) -> PlannedBar:
        """What its types are held to."""
        return PlannedBar(self.ask, len(self.graders) or 1)

    def type_of(self, item: Item) -> str:
        """Return the task type of a request."""
        return self.prompts[item.prompt].recorded.call.task_type

    def grader_of(self, item: Item) -> Grader:
        """Return what grades the answer to a request."""
        return self.graders[self.type_of(item)]

    def counted(self) -> "Plan":
        """Return it with the prompts of each type counted."""
        drawn = Counter(one.recorded.call.task_type for one in self.prompts)
        known = Counter(one.recorded.call.task_type for one in self.prompts if one.reference.is_known)
        types = (replace(one, drawn=drawn[one.task_type], known=known[one.task_type]) for one in self.types)
        return replace(self, types=tuple(types))

    def quote(self, known: Collection[str] = ()) -> Quote:
        """Return what all of its requests cost, without the answers that are there already."""
        return sum((item.whole for item in self.items if item.answer_id not in known), Quote())
