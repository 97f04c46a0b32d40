"""Words: what all labels together say of answers, as far as the answers are still what people saw."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.label import Label
from modelmix.pipeline.label.population import Answer, Population

Key = tuple[str, str, Candidate]
"""Task type, prompt and candidate."""


@dataclass(frozen=True, slots=True)
class Words:
    """People's grades, averaged over people.

    Attributes:
        scores: Task type, prompt and candidate → grade.
        drawn: Task type, prompt and candidate → grader by whose word its pair was drawn at random.
        baselines: Task type, prompt → whose answer stood beside the others.
        labels: Labels that count.
        stale: Labels of answers that are others now.
        unknown: Labels of answers that are not in the lake.
    """

    scores: Mapping[Key, float]
    drawn: Mapping[Key, str]
    baselines: Mapping[tuple[str, str], Candidate]
    labels: tuple[Label, ...]
    stale: int
    unknown: int


def words(labels: Iterable[Label], people: Population, capabilities: CapabilityTable | None = None) -> Words:
    """Gather what people say of answers that are here.

    A label without a task type is of every type that has its prompt. One that was given to another text than
    the answer has now counts for nothing, and neither does a pair that was passed over.

    Args:
        labels: Labels, oldest first.
        people: Graded answers.
        capabilities: Tells the effort that an absent one stands for; None takes candidates as they are named.
    """
    scores: dict[Key, list[float]] = defaultdict(list)
    drawn: dict[Key, str] = {}
    baselines: dict[tuple[str, str], Candidate] = {}
    counted: list[Label] = []
    stale = unknown = 0
    for given in labels:
        label = given if capabilities is None else _effective(given, capabilities)
        if label.score is None:
            continue
        names = [label.task_type] if label.task_type else list(people)
        found = [name for name in names if label.candidate in people.get(name, {}).get(label.prompt_id, {})]
        if not found:
            unknown += 1
            continue
        fresh = [name for name in found if _is_fresh(label, people[name][label.prompt_id])]
        if not fresh:
            stale += 1
            continue
        counted.append(label)
        for name in fresh:
            scores[name, label.prompt_id, label.candidate].append(label.score)
            if label.baseline is not None and label.baseline_score is not None:
                scores[name, label.prompt_id, label.baseline].append(label.baseline_score)
                baselines[name, label.prompt_id] = label.baseline
                if label.stratum:
                    drawn[name, label.prompt_id, label.candidate] = label.drawn_by
    means = {key: fmean(said) for key, said in scores.items()}
    return Words(means, drawn, baselines, tuple(counted), stale, unknown)


def _effective(label: Label, capabilities: CapabilityTable) -> Label:
    baseline = None if label.baseline is None else capabilities.effective(label.baseline)
    return replace(label, candidate=capabilities.effective(label.candidate), baseline=baseline)


def _is_fresh(label: Label, answers: Mapping[Candidate, Answer]) -> bool:
    pairs = [(label.answer_sha256, answers.get(label.candidate))]
    if label.baseline is not None:
        pairs.append((label.baseline_sha256, answers.get(label.baseline)))
    return all(
        answer is not None and (not sha256 or not answer.sha256 or sha256 == answer.sha256)
        for sha256, answer in pairs
    )
