"""Findings: what labels show of each candidate, of the judge, and of people among themselves."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from statistics import fmean, median

import numpy as np

from modelmix.core.candidate import Candidate
from modelmix.core.label import DIFFER, Label
from modelmix.evaluate.agreement import PASSES, rate_loss, skill, together, weighted_share
from modelmix.evaluate.corrected import ONE_SIDED
from modelmix.evaluate.labelled import FEWEST_LABELS, PairLabels
from modelmix.pipeline.label.population import Answer, Population, is_same, stratum_of
from modelmix.pipeline.label.words import Words
from modelmix.report.label_report import ArmFindings, LabelReport, LossShown, People, Rates

TWO_SIDED = 1.959963984540054
"""Critical value of a two-sided 95 % interval."""


def findings(people: Population, said: Words, baselines: Mapping[str, Candidate]) -> LabelReport:
    """Gather what labels show.

    Args:
        people: Graded answers.
        said: What people say of them.
        baselines: Task type → whose answers the others are held against.
    """
    arms = []
    for task_type, prompts in sorted(people.items()):
        baseline = baselines.get(task_type)
        candidates = {one for answers in prompts.values() for one in answers} - {baseline}
        for candidate in sorted(candidates, key=str):
            if baseline is not None:
                pairs = list(_pairs(task_type, candidate, baseline, prompts, said))
                if pairs:
                    arms.append(_arm(task_type, candidate, baseline, pairs))
    seconds = [label.seconds for label in said.labels if label.seconds is not None]
    return LabelReport(
        arms=tuple(arms),
        people=tuple(_people(said.labels)),
        labels=len(said.labels),
        by_person=_by_person(said.labels),
        stale=said.stale,
        unknown=said.unknown,
        seconds_per_label=median(seconds) if seconds else None,
        fewest=FEWEST_LABELS,
    )


class _Pair:
    """Two answers to one prompt, and what people say of them."""

    __slots__ = ("answer", "baseline", "drawn", "human", "human_baseline")

    def __init__(self, answer: Answer, baseline: Answer) -> None:
        self.answer, self.baseline = answer, baseline
        self.human: float | None = None
        self.human_baseline: float | None = None
        self.drawn = False

    @property
    def is_labelled(self) -> bool:
        """Whether people have said something of both."""
        return self.human is not None and self.human_baseline is not None

    @property
    def judge(self) -> float:
        """The grader's difference."""
        return self.answer.score - self.baseline.score

    @property
    def said(self) -> float:
        """People's difference, NaN where they said nothing."""
        if self.human is None or self.human_baseline is None:
            return math.nan
        return self.human - self.human_baseline


def _pairs(
    task_type: str,
    candidate: Candidate,
    baseline: Candidate,
    prompts: Mapping[str, Mapping[Candidate, Answer]],
    said: Words,
) -> Iterator[_Pair]:
    for prompt_id, answers in prompts.items():
        if candidate in answers and baseline in answers:
            pair = _Pair(answers[candidate], answers[baseline])
            pair.human = said.scores.get((task_type, prompt_id, candidate))
            pair.human_baseline = said.scores.get((task_type, prompt_id, baseline))
            pair.drawn = said.drawn.get((task_type, prompt_id, candidate)) == pair.answer.grader
            yield pair


def _arm(task_type: str, candidate: Candidate, baseline: Candidate, pairs: list[_Pair]) -> ArmFindings:
    drawn = [
        pair for pair in pairs if pair.is_labelled and pair.drawn and not is_same(pair.answer, pair.baseline)
    ]
    weights = _weights(pairs, drawn)
    judge = np.array([pair.judge for pair in pairs])
    human = np.array([pair.said if pair.drawn else math.nan for pair in pairs])
    same = np.array([is_same(pair.answer, pair.baseline) for pair in pairs])
    units = [pair.answer.unit for pair in pairs]
    corrected = PairLabels(human, same).corrected(judge, units)
    agree = weighted_share([np.sign(pair.judge) == np.sign(pair.said) for pair in drawn], weights)
    is_judged = any(pair.answer.is_judged for pair in pairs)
    return ArmFindings(
        task_type=task_type,
        candidate=str(candidate),
        baseline=str(baseline),
        grader=next((pair.answer.grader for pair in pairs if pair.answer.grader), ""),
        is_judged=is_judged,
        prompts=len(pairs),
        same=int(same.sum()),
        differ=int(((judge != 0.0) & ~same).sum()),
        labels=sum(pair.is_labelled for pair in pairs),
        drawn=len(drawn),
        drawn_differ=sum(stratum_of(pair.answer, pair.baseline) == DIFFER for pair in drawn),
        agreement=agree,
        rates=_rates(
            drawn, weights, [pair for pair, is_one in zip(pairs, same, strict=True) if not is_one], len(pairs)
        )
        if drawn and _is_absolute(pairs)
        else None,
        loss=corrected.judge_loss,
        corrected=LossShown(corrected.loss, corrected.bound(-TWO_SIDED), corrected.bound(TWO_SIDED))
        if drawn and is_judged
        else None,
        upper=corrected.bound(ONE_SIDED) if drawn and is_judged else None,
        worth=corrected.worth().n if drawn and is_judged else None,
        relabelled_loss=None
        if is_judged
        else -fmean(pair.said if pair.is_labelled else pair.judge for pair in pairs),
    )


def _weights(pairs: list[_Pair], drawn: list[_Pair]) -> list[float]:
    """Say of each drawn pair how many it stands for: those of its stratum over those of them labelled."""
    whole: dict[str, int] = defaultdict(int)
    labelled: dict[str, int] = defaultdict(int)
    for pair in pairs:
        if not is_same(pair.answer, pair.baseline):
            whole[stratum_of(pair.answer, pair.baseline)] += 1
    for pair in drawn:
        labelled[stratum_of(pair.answer, pair.baseline)] += 1
    names = [stratum_of(pair.answer, pair.baseline) for pair in drawn]
    return [whole[name] / labelled[name] for name in names]


def _is_absolute(pairs: Iterable[_Pair]) -> bool:
    # A comparison gives every baseline one half: it says nothing of a single answer.
    return all("pairwise" not in pair.answer.grader for pair in pairs)


def _rates(drawn: list[_Pair], weights: list[float], pairs: list[_Pair], n: int) -> Rates:
    """Gather rates of single answers over pairs of different text; those of the same differ by nothing."""
    ours = skill(
        [pair.human or 0.0 for pair in drawn],
        [pair.answer.score for pair in drawn],
        weights,
        [pair.answer.score for pair in pairs],
    )
    theirs = skill(
        [pair.human_baseline or 0.0 for pair in drawn],
        [pair.baseline.score for pair in drawn],
        weights,
        [pair.baseline.score for pair in pairs],
    )
    ours_corrected, theirs_corrected = ours.corrected(), theirs.corrected()
    loss = None
    if ours_corrected is not None and theirs_corrected is not None:
        found = rate_loss(theirs_corrected, ours_corrected)
        part = len(pairs) / n
        loss = LossShown(found.loss * part, found.low * part, found.high * part)
    return Rates(ours.sensitivity, ours.specificity, theirs.sensitivity, theirs.specificity, loss)


def _people(labels: Iterable[Label]) -> Iterator[People]:
    """Hold every two people against each other on the pairs that both have labelled."""
    by_person: dict[str, dict[tuple[str, ...], tuple[bool, bool | None]]] = defaultdict(dict)
    for label in labels:
        if label.score is not None:
            theirs = None if label.baseline_score is None else label.baseline_score >= PASSES
            by_person[label.who][label.key[1:]] = (label.score >= PASSES, theirs)
    for one, other in combinations(sorted(by_person), 2):
        both = [key for key in by_person[one] if key in by_person[other]]
        if both:
            found = together([(by_person[one][key], by_person[other][key]) for key in both])
            yield People(one, other, found.same, None if math.isnan(found.kappa) else found.kappa)


def _by_person(labels: Iterable[Label]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for label in labels:
        found[label.who] += 1
    return dict(sorted(found.items()))
