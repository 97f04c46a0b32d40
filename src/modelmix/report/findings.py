"""Findings: what graders found wrong, counted; and how often the baseline disagrees with itself."""

from collections import Counter
from dataclasses import dataclass, field

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.evaluate.paired import Pairs

_MOST_KINDS = 2000
_SHOWN = 8
_SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of error of one candidate.

    Attributes:
        what: The grader's words.
        answers: Prompts whose answer has it; each counts once.
        of: Prompts whose answer was graded: those of the slice, where the error occurs in one slice only.
        slice_name: That slice, the narrowest of several, or empty.
        baseline_answers: The same error in the baseline's answers, of that slice where it is one.
    """

    what: str
    answers: int
    of: int
    slice_name: str
    baseline_answers: int


@dataclass(slots=True)
class _Counts:
    graded: int = 0
    graded_in: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    found_in: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        self.graded += 1
        self.graded_in.update(outcome.slices)
        for what in dict.fromkeys(part for part in outcome.why.split(_SEPARATOR) if part):
            # A judge's free words may all differ: beyond so many kinds there is nothing to group.
            if what in self.found or len(self.found) < _MOST_KINDS:
                self.found[what] += 1
                self.found_in.setdefault(what, Counter()).update(outcome.slices)

    def only_in(self, what: str) -> str:
        """Return the narrowest slice that every answer with a finding lies in, or nothing."""
        holding = [
            (self.graded_in[name], name)
            for name, answers in self.found_in[what].items()
            if answers == self.found[what]
        ]
        return min(holding)[1] if holding else ""


class Findings:
    """Counts findings by task type and candidate, and pairs repeated answers.

    Each prompt counts once for a candidate, by the first answer that comes of it: a second replay of the same
    prompts holds the answers of the first.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Candidate], _Counts] = {}
        self._graders: dict[str, set[str]] = {}
        self._imports: dict[tuple[str, Candidate, str], str] = {}
        self._last: dict[tuple[str, Candidate, str], float] = {}
        self._repeats: dict[tuple[str, Candidate], Pairs] = {}

    def add(self, outcome: Outcome, import_id: str) -> None:
        """Count one outcome.

        Args:
            outcome: The outcome, its candidate with its effective effort.
            import_id: Where it comes from. Two answers to a prompt in one import are two samples; in two
                imports they may be the same answer twice, and those of the first import stand.
        """
        if outcome.grader:
            self._graders.setdefault(outcome.task_type, set()).add(outcome.grader)
        who = outcome.task_type, outcome.candidate
        prompt = (*who, outcome.prompt_id)
        if prompt not in self._imports:
            self._imports[prompt] = import_id
            self._counts.setdefault(who, _Counts()).add(outcome)
        elif self._imports[prompt] != import_id:
            return
        before = self._last.pop(prompt, None)
        if before is None:
            self._last[prompt] = outcome.score
        else:
            change = outcome.score - before
            once = Pairs(max(change, 0.0), max(-change, 0.0), 1.0)
            self._repeats[who] = self._repeats.get(who, Pairs(0.0, 0.0, 0.0)) + once

    def of(self, task_type: str, candidate: Candidate, baseline: Candidate) -> tuple[Finding, ...]:
        """Return what was found of a candidate, most frequent first."""
        counts = self._counts.get((task_type, candidate), _Counts())
        other = self._counts.get((task_type, baseline), _Counts())
        rows = []
        for what, answers in sorted(counts.found.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]:
            only = counts.only_in(what)
            of = counts.graded_in[only] if only else counts.graded
            also = other.found_in.get(what, Counter())[only] if only else other.found[what]
            rows.append(Finding(what, answers, of, only, also))
        return tuple(rows)

    def graders(self, task_type: str) -> tuple[str, ...]:
        """Return the names of the graders of a type, in order."""
        return tuple(sorted(self._graders.get(task_type, ())))

    def repeats(self, task_type: str, candidate: Candidate) -> Pairs | None:
        """Return how a candidate's second answers compare with its first ones; None without any."""
        return self._repeats.get((task_type, candidate))
