"""Examples: prompts that the baseline gets right and the candidate wrong, the worst first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import TypeEvidence

LONGEST_TEXT = 20_000
"""Characters of a text that are shown; how many were cut is said."""
_COMPUTED = frozenset({"longest tenth"})


@dataclass(frozen=True, slots=True)
class Text:
    """A captured text.

    Attributes:
        shown: Its beginning.
        cut: Characters that are left out.
    """

    shown: str
    cut: int

    @classmethod
    def of(cls, text: str) -> "Text":
        """Cut a text to what is shown."""
        return cls(text[:LONGEST_TEXT], max(0, len(text) - LONGEST_TEXT))


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt with both answers.

    Attributes:
        task_type: Name of the type's entry.
        prompt_id: Identity of the prompt.
        slice_name: Slice it lies in, or empty.
        candidate: Who is wrong.
        baseline: Who is right.
        candidate_score: Grade of the candidate's answer.
        baseline_score: Grade of the baseline's.
        why: What the grader found wrong, or empty.
        grader: Who graded, or empty.
        prompt: The prompt.
        expected: What the answers were held against.
        candidate_answer: The candidate's answer.
        baseline_answer: The baseline's answer.
    """

    task_type: str
    prompt_id: str
    slice_name: str
    candidate: Candidate
    baseline: Candidate
    candidate_score: float
    baseline_score: float
    why: str
    grader: str
    prompt: Text
    expected: Text
    candidate_answer: Text
    baseline_answer: Text


@dataclass(frozen=True, slots=True)
class Wanted:
    """A prompt whose answers are to be shown.

    Attributes:
        entry: Name of the type's entry in the policy.
        task_type: Task type of its rows.
        prompt_id: Identity of the prompt.
        slice_name: Slice it lies in, or empty.
        candidate: The candidate.
        baseline: The baseline.
    """

    entry: str
    task_type: str
    prompt_id: str
    slice_name: str
    candidate: Candidate
    baseline: Candidate


def worst(
    entry: str, evidence: TypeEvidence, candidate: Candidate, baseline: Candidate, most: int
) -> list[Wanted]:
    """Pick the prompts on which a candidate loses most against the baseline.

    Prompts of named slices come first, those of a slice that is computed after them, then all others; within
    each the largest loss first, then by identity.

    Args:
        entry: Name of the type's entry in the policy.
        evidence: The type's evidence.
        candidate: Who loses.
        baseline: Against whom.
        most: Largest number of them.
    """
    if candidate not in evidence.arms or baseline not in evidence.arms:
        return []
    lost = (
        evidence.score[:, evidence.arms.index(baseline)] - evidence.score[:, evidence.arms.index(candidate)]
    )
    picked = []
    for row, prompt_id in enumerate(evidence.prompts):
        if lost[row] > 0:
            names = [name for name, mask in evidence.slices.items() if mask[row]]
            names.sort(key=lambda name: (name in _COMPUTED, name))
            name = names[0] if names else ""
            rank = 2 if not name else int(name in _COMPUTED)
            picked.append(((rank, -float(lost[row]), prompt_id), name))
    picked.sort()
    return [
        Wanted(entry, evidence.task_type, key[2], name, candidate, baseline) for key, name in picked[:most]
    ]


@dataclass(slots=True)
class _Answers:
    wanted: Wanted
    right: Outcome | None = None
    wrong: Outcome | None = None


class Examples:
    """Collects the answers to prompts that are wanted.

    Args:
        wanted: The prompts, in the order in which they are to be shown; several candidates may want the same.
    """

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        self._wanted = [_Answers(one) for one in wanted]
        self._found: dict[tuple[str, str, Candidate], list[_Answers]] = {}
        for answers in self._wanted:
            one = answers.wanted
            for who in (one.candidate, one.baseline):
                self._found.setdefault((one.task_type, one.prompt_id, who), []).append(answers)

    def offer(self, outcome: Outcome) -> None:
        """Take an outcome if it is wanted: of several answers the baseline's best, the candidate's worst."""
        if not (outcome.prompt or outcome.response or outcome.expected):
            return
        for answers in self._found.get((outcome.task_type, outcome.prompt_id, outcome.candidate), ()):
            if outcome.candidate == answers.wanted.baseline:
                if answers.right is None or outcome.score > answers.right.score:
                    answers.right = outcome
            elif answers.wrong is None or outcome.score < answers.wrong.score:
                answers.wrong = outcome

    def of(self, entry: str, candidate: Candidate, most: int) -> tuple[Example, ...]:
        """Return the examples of one candidate of which both answers were captured, in the order wanted.

        Args:
            entry: Name of the type's entry in the policy.
            candidate: The candidate.
            most: Largest number of them.
        """
        return tuple(islice(self._captured(entry, candidate), most))

    def _captured(self, entry: str, candidate: Candidate) -> Iterator[Example]:
        for answers in self._wanted:
            wanted, right, wrong = answers.wanted, answers.right, answers.wrong
            is_wanted = (wanted.entry, wanted.candidate) == (entry, candidate)
            if is_wanted and right is not None and wrong is not None:
                yield _example(wanted, right, wrong)


def _example(wanted: Wanted, right: Outcome, wrong: Outcome) -> Example:
    return Example(
        task_type=wanted.entry,
        prompt_id=wanted.prompt_id,
        slice_name=wanted.slice_name,
        candidate=wanted.candidate,
        baseline=wanted.baseline,
        candidate_score=wrong.score,
        baseline_score=right.score,
        why=wrong.why,
        grader=wrong.grader,
        prompt=Text.of(wrong.prompt or right.prompt),
        expected=Text.of(wrong.expected or right.expected),
        candidate_answer=Text.of(wrong.response),
        baseline_answer=Text.of(right.response),
    )
