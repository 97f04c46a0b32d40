"""Population: every graded answer in the lake by task type and prompt, without its text."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.label import ALIKE, DIFFER
from modelmix.core.outcome import Outcome

JUDGE = "judge"
"""How the name of a grader begins that is a model."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One graded answer.

    Attributes:
        score: Its grade.
        grader: Who gave it, or empty.
        sha256: Hash of its text; empty where none was kept.
        unit: Unit of evidence that its prompt belongs to.
    """

    score: float
    grader: str
    sha256: str
    unit: str

    @property
    def is_judged(self) -> bool:
        """Whether a model gave the grade."""
        return self.grader.startswith(JUDGE)


Prompts = Mapping[str, Mapping[Candidate, Answer]]
"""Prompt → candidate → its answer."""

Population = Mapping[str, Prompts]
"""Task type → its prompts."""


def answer_sha256(text: str) -> str:
    """Hash the text of an answer; nothing for none."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() if text else ""


def outcomes_of(
    rows: Iterable[Outcome | BadRow], capabilities: CapabilityTable | None = None
) -> Iterator[Outcome]:
    """Yield the rows that can be read, each under the effort that its candidate answers with."""
    for row in rows:
        if not isinstance(row, BadRow):
            effective = row.candidate if capabilities is None else capabilities.effective(row.candidate)
            yield row if effective == row.candidate else replace(row, candidate=effective)


def population(rows: Iterable[Outcome]) -> Population:
    """Arrange outcomes; of several answers of one candidate to one prompt the first counts."""
    found: dict[str, dict[str, dict[Candidate, Answer]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        sha256 = answer_sha256(row.response if row.prompt else "")
        answer = Answer(row.score, row.grader, sha256, row.unit)
        found[row.task_type][row.prompt_id].setdefault(row.candidate, answer)
    return found


def is_same(one: Answer, other: Answer) -> bool:
    """Say whether two answers are known to be the same text: then both are right or neither is."""
    return bool(one.sha256) and one.sha256 == other.sha256


def stratum_of(answer: Answer, baseline: Answer) -> str:
    """Name the stratum that a pair falls into by its grades."""
    return DIFFER if answer.score != baseline.score else ALIKE
