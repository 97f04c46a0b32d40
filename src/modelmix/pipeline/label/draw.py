"""Drawing: which pairs of answers people are asked about, and in which order.

Pairs are parted by whether their grades differ. In each part the order is chance, by a hash of the seed, so
that those labelled so far are a random part of it whenever people stop, and a larger sample goes on where a
smaller one ended. Pairs of the same text are not shown: nothing can lie between them.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from modelmix.core.candidate import Candidate
from modelmix.core.label import ALIKE, DIFFER, Label
from modelmix.core.outcome import Outcome
from modelmix.pipeline.label.population import Answer, Population, is_same, stratum_of

_TURNS_OF_A_JUDGE = (DIFFER, ALIKE)
"""A judge may be wrong where it sees a difference and where it sees none."""

_TURNS_OF_A_RULE = (DIFFER, DIFFER, DIFFER, ALIKE)
"""A rule that finds two answers equal is seldom wrong; a few of those are looked at all the same."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One pair that a person is asked about.

    Attributes:
        task_type: Its task type.
        prompt_id: Its prompt.
        candidate: One side.
        baseline: The other.
        answer: The candidate's answer.
        baseline_answer: The baseline's.
        stratum: Part of the pairs that it was drawn from.
    """

    task_type: str
    prompt_id: str
    candidate: Candidate
    baseline: Candidate
    answer: Answer
    baseline_answer: Answer
    stratum: str

    @property
    def pair_id(self) -> str:
        """Short name of the pair; it tells nothing of who answered."""
        return _pair_id(self.task_type, self.prompt_id, self.candidate, self.baseline)

    @property
    def drawn_by(self) -> str:
        """Grader by whose word it fell into its stratum."""
        return self.answer.grader

    def is_answered(self, label: Label) -> bool:
        """Say whether a label is a word on this pair, its answers being what they were."""
        return (
            pair_id_of(label) == self.pair_id
            and label.answer_sha256 == self.answer.sha256
            and label.baseline_sha256 == self.baseline_answer.sha256
        )


def pair_id_of(label: Label) -> str:
    """Return the name of the pair that a label is on."""
    return _pair_id(label.task_type, label.prompt_id, label.candidate, label.baseline)


def _pair_id(task_type: str, prompt_id: str, candidate: Candidate, baseline: Candidate | None) -> str:
    return _hash(task_type, prompt_id, str(candidate), str(baseline)).hex()


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn, and what there was to draw from.

    Attributes:
        pairs: The pairs, type by type.
        without_text: Pairs whose text was not kept.
        same: Pairs of the same text.
        no_baseline: Task types without an answer of their baseline.
    """

    pairs: tuple[Drawn, ...]
    without_text: int
    same: int
    no_baseline: tuple[str, ...]


@dataclass(slots=True)
class _Arm:
    parts: dict[str, list[Drawn]] = field(default_factory=lambda: {DIFFER: [], ALIKE: []})

    def queue(self, seed: int) -> Iterator[Drawn]:
        """Yield its pairs, part by part in turn, each part in an order of chance."""
        waiting = {
            name: iter(sorted(part, key=lambda one: _rank(seed, one))) for name, part in self.parts.items()
        }
        judged = any(one.answer.is_judged for part in self.parts.values() for one in part)
        turns = _TURNS_OF_A_JUDGE if judged else _TURNS_OF_A_RULE
        while waiting:
            for name in turns:
                if name not in waiting:
                    continue
                following = next(waiting[name], None)
                if following is None:
                    del waiting[name]
                else:
                    yield following


def draw(
    people: Population,
    baselines: Mapping[str, Candidate],
    most: int,
    seed: int = 0,
    candidates: Collection[Candidate] = (),
) -> Sample:
    """Draw pairs to be labelled.

    Args:
        people: Graded answers.
        baselines: Task type → whose answers the others are held against.
        most: Pairs at most; every candidate of every type has its turn.
        seed: Seed of the order.
        candidates: Those wanted; all if empty.
    """
    arms: dict[tuple[str, str], _Arm] = {}
    without_text = same = 0
    missing: list[str] = []
    for task_type, prompts in sorted(people.items()):
        baseline = baselines.get(task_type)
        if baseline is None or not any(baseline in answers for answers in prompts.values()):
            missing.append(task_type)
            continue
        for pair in _pairs(task_type, baseline, prompts):
            if candidates and pair.candidate not in candidates:
                continue
            if not (pair.answer.sha256 and pair.baseline_answer.sha256):
                without_text += 1
            elif is_same(pair.answer, pair.baseline_answer):
                same += 1
            else:
                arm = arms.setdefault((task_type, str(pair.candidate)), _Arm())
                arm.parts[pair.stratum].append(pair)
    drawn = islice(_in_turn([arms[key].queue(seed) for key in sorted(arms)]), most)
    # One type after the other is easier on people; within each part the order stays that of chance.
    ordered = sorted(drawn, key=lambda pair: pair.task_type)
    return Sample(tuple(ordered), without_text, same, tuple(missing))


def _pairs(
    task_type: str, baseline: Candidate, prompts: Mapping[str, Mapping[Candidate, Answer]]
) -> Iterator[Drawn]:
    for prompt_id, answers in prompts.items():
        theirs = answers.get(baseline)
        for candidate, answer in answers.items():
            if theirs is not None and candidate != baseline:
                stratum = stratum_of(answer, theirs)
                yield Drawn(task_type, prompt_id, candidate, baseline, answer, theirs, stratum)


def _in_turn(queues: Sequence[Iterator[Drawn]]) -> Iterator[Drawn]:
    waiting = list(queues)
    while waiting:
        still = []
        for queue in waiting:
            following = next(queue, None)
            if following is not None:
                still.append(queue)
                yield following
        waiting = still


@dataclass(frozen=True, slots=True)
class Shown:
    """A drawn pair with its texts.

    Attributes:
        drawn: The pair.
        prompt: What was asked.
        answer: The candidate's answer.
        baseline_answer: The baseline's.
    """

    drawn: Drawn
    prompt: str
    answer: str
    baseline_answer: str


def with_texts(pairs: Sequence[Drawn], rows: Iterable[Outcome]) -> tuple[Shown, ...]:
    """Put texts beside drawn pairs.

    Args:
        pairs: The pairs, in order.
        rows: Outcomes with their text; read once.
    """
    wanted = {(pair.task_type, pair.prompt_id) for pair in pairs}
    texts: dict[tuple[str, str, Candidate], tuple[str, str]] = {}
    for row in rows:
        if (row.task_type, row.prompt_id) in wanted:
            key = (row.task_type, row.prompt_id, row.candidate)
            texts.setdefault(key, (row.prompt, row.response))
    found = []
    for pair in pairs:
        prompt, answer = texts[pair.task_type, pair.prompt_id, pair.candidate]
        _, baseline_answer = texts[pair.task_type, pair.prompt_id, pair.baseline]
        found.append(Shown(pair, prompt, answer, baseline_answer))
    return tuple(found)


def _rank(seed: int, pair: Drawn) -> bytes:
    return _hash(str(seed), pair.task_type, pair.prompt_id, str(pair.candidate))


def is_turned(pair: Drawn, who: str) -> bool:
    """Say whether a person is shown the candidate's answer on the right; it tells nothing of who gave it."""
    return bool(_hash(who, pair.pair_id)[0] & 1)


def _hash(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
