"""Evidence: what people say put into what is tested, over rules at once and over judges by correction.

A person's word on an answer that a rule has graded takes the rule's place. A judge's verdicts stay, since the
pairs that people have labelled are no plain sample of all: labels of a random part correct what the judge
says of the whole (``evaluate.corrected``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from modelmix.core.call import BadRow
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.label import HUMAN
from modelmix.core.outcome import Outcome
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.evaluate.labelled import FEWEST_LABELS, PairLabels
from modelmix.pipeline.label.population import Answer, Population, is_same
from modelmix.pipeline.label.words import Key, Words


def overrides(people: Population, said: Words) -> dict[Key, float]:
    """Return the grades that people's words put in place of rules' own.

    An answer of the same text as one that a person has graded is graded alike. On a prompt whose baseline's
    answer people grade otherwise than the rule did, the others keep their distance from it as the rule saw
    it: nobody has looked at them, and nothing is gained or lost by that.
    """
    found: dict[Key, float] = {}
    for task_type, prompt_id in sorted({key[:2] for key in said.scores}):
        answers = people[task_type][prompt_id]
        graded = {
            candidate: score
            for candidate, answer in answers.items()
            if not answer.is_judged
            and (score := _score(candidate, answer, answers, task_type, prompt_id, said)) is not None
        }
        baseline = said.baselines.get((task_type, prompt_id))
        shift = 0.0
        if baseline is not None and baseline in graded:
            shift = graded[baseline] - answers[baseline].score
        for candidate, answer in answers.items():
            if candidate in graded:
                found[task_type, prompt_id, candidate] = graded[candidate]
            elif shift and not answer.is_judged:
                found[task_type, prompt_id, candidate] = min(max(answer.score + shift, 0.0), 1.0)
    return found


def _score(
    candidate: Candidate,
    answer: Answer,
    answers: Mapping[Candidate, Answer],
    task_type: str,
    prompt_id: str,
    said: Words,
) -> float | None:
    own = said.scores.get((task_type, prompt_id, candidate))
    if own is not None:
        return own
    alike = (
        said.scores.get((task_type, prompt_id, c)) for c, other in answers.items() if is_same(answer, other)
    )
    return next((score for score in alike if score is not None), None)


def overridden(
    rows: Iterable[Outcome | BadRow], scores: Mapping[Key, float], capabilities: CapabilityTable | None
) -> Iterator[Outcome | BadRow]:
    """Yield rows with people's grades in place of rules' own."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        candidate = row.candidate if capabilities is None else capabilities.effective(row.candidate)
        score = scores.get((row.task_type, row.prompt_id, candidate))
        if score is None:
            yield row
        else:
            yield replace(row, score=score, grader=HUMAN, why=row.why if score < 1.0 else "")


@dataclass(frozen=True, slots=True)
class Labelled:
    """Evidence with people's labels beside what judges say.

    Attributes:
        types: The evidence.
        corrected: Task types in which a judge is corrected.
        too_few: Task type and candidate → labels, too few of them to correct its judge.
    """

    types: tuple[TypeEvidence, ...]
    corrected: frozenset[str]
    too_few: Mapping[tuple[str, str], int]


def labelled(types: Sequence[TypeEvidence], people: Population, said: Words) -> Labelled:
    """Put labels of judged pairs beside them.

    Only labels of pairs that were drawn at random by the same judge's word count here; fewer than
    ``FEWEST_LABELS`` of a candidate correct nothing.
    """
    found: list[TypeEvidence] = []
    too_few: dict[tuple[str, str], int] = {}
    for evidence in types:
        pairs: dict[tuple[int, int], PairLabels] = {}
        for base, baseline in enumerate(evidence.arms):
            for arm, candidate in enumerate(evidence.arms):
                labels = _labels(evidence, candidate, baseline, people, said) if arm != base else None
                if labels is not None and labels.n >= FEWEST_LABELS:
                    pairs[arm, base] = labels
                elif labels is not None and labels.n:
                    too_few[evidence.task_type, str(candidate)] = labels.n
        found.append(replace(evidence, people=pairs) if pairs else evidence)
    corrected = frozenset(evidence.task_type for evidence in found if evidence.people)
    return Labelled(tuple(found), corrected, too_few)


def _labels(
    evidence: TypeEvidence, candidate: Candidate, baseline: Candidate, people: Population, said: Words
) -> PairLabels | None:
    name = evidence.task_type
    prompts = people.get(name, {})
    human = np.full(len(evidence.prompts), np.nan)
    same = np.zeros(len(evidence.prompts), dtype=np.bool_)
    for row, prompt_id in enumerate(evidence.prompts):
        answers = prompts.get(prompt_id, {})
        answer, theirs = answers.get(candidate), answers.get(baseline)
        if answer is None or theirs is None:
            continue
        same[row] = is_same(answer, theirs)
        key = (name, prompt_id, candidate)
        drawn = answer.is_judged and said.drawn.get(key) == answer.grader
        if drawn and said.baselines.get((name, prompt_id)) == baseline:
            human[row] = said.scores[key] - said.scores[name, prompt_id, baseline]
    return None if np.isnan(human).all() else PairLabels(human, same)
