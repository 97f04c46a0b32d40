"""Corrected pairs: a judge's verdicts on all pairs, put right by people's labels on a random part of them.

The pairs are parted by what the judge says of them, and people label a random part of each stratum: what it
calls alike is looked at as well as what it calls different. In each stratum the loss is that of the judge
plus what people find it wrong by (PPI++), and strata count by their size. The bound does not lean on a
variance estimated from a few labels that all agree: each stratum's reach is that of the paired score test,
and reaches are added in squares (MOVER).

Sources: Fisch et al., Stratified prediction-powered inference (2024), arXiv:2406.04291; Angelopoulos, Duchi
and Zrnic, PPI++ (2023), arXiv:2311.01453; Zou and Donner, Statistics in Medicine 27 (2008), on adding limits;
Cochran, Sampling Techniques (1977), chapter 12, on labels that are a part of what the judge has seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelmix.evaluate.paired import Pairs

Floats = NDArray[np.float64]

ONE_SIDED = 1.6448536269514722
"""Critical value of a one-sided 95 % bound."""

_FEWEST_TUNED = 10
"""Labels of a stratum below which the judge's own spread in it is not leaned on."""

_BISECTIONS = 60
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class Part:
    """One stratum of the pairs of a candidate and the baseline; differences are candidate minus baseline.

    Attributes:
        judge: The judge's difference on every unit; shape (N,), each in [-1, 1].
        labelled: The judge's difference on the units that people labelled; shape (n,).
        human: People's difference on the same units in the same order; shape (n,).
        is_same: Whether the answers are the same texts: then the difference is nil, and nobody need look.
    """

    judge: Floats
    labelled: Floats
    human: Floats
    is_same: bool = False

    def __post_init__(self) -> None:
        if self.labelled.shape != self.human.shape or self.human.size > self.judge.size:
            raise ValueError(
                "every label needs the judge's verdict on the same pair, and is one of all pairs"
            )

    @property
    def weight(self) -> float:
        """How much of the judge is used: its power tuning, from 0 (none of it) to 1."""
        spread = float(self.labelled.var()) if self.human.size >= _FEWEST_TUNED else 0.0
        if self.is_same or spread <= _NOTHING:
            return 0.0
        together = float(np.mean((self.human - self.human.mean()) * (self.labelled - self.labelled.mean())))
        return min(max(together / spread, 0.0), 1.0)

    @property
    def loss(self) -> float:
        """Corrected loss; that of the judge where nobody labelled anything."""
        if self.is_same or not self.judge.size:
            return 0.0
        if not self.human.size:
            return -float(self.judge.mean())
        weight = self.weight
        return -float(weight * self.judge.mean() + (self.human - weight * self.labelled).mean())

    @property
    def discordance(self) -> float:
        """Share of pairs that differ in people's eyes, or in the judge's where nobody labelled."""
        if self.is_same or not self.judge.size:
            return 0.0
        return float(np.abs(self.human if self.human.size else self.judge).mean())

    def reach(self, z: float) -> float:
        """How far above the corrected loss its upper bound at ``z`` lies; below it, for a negative ``z``."""
        if self.is_same or not self.judge.size:
            return 0.0
        if not self.human.size:
            return abs(math.copysign(1.0, z) - self.loss)
        weight, seen = self.weight, self.human.size / self.judge.size
        most = 1.0 + weight * float(np.abs(self.judge).max())
        rest = _reach(self.human - weight * self.labelled, z, most)
        whole = _reach(self.human, z, 1.0)
        return math.sqrt((1.0 - seen) * rest**2 + seen * whole**2)


def _reach(differences: Floats, z: float, most: float) -> float:
    """Distance from the mean loss to the score test's bound; no difference is larger than ``most``."""
    scaled = differences / most
    gains, losses = float(scaled[scaled > 0].sum()), float(-scaled[scaled < 0].sum())
    pairs = Pairs(gains, losses, float(scaled.size))
    bound = pairs.upper_bound(z) if z > 0 else pairs.lower_bound(-z)
    return most * abs(bound - pairs.loss)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A corrected comparison.

    Attributes:
        parts: Its strata; at least one holds a pair.
    """

    parts: tuple[Part, ...]

    @property
    def n(self) -> int:
        """Units that the judge has seen."""
        return sum(part.judge.size for part in self.parts)

    @property
    def labels(self) -> int:
        """Units that people have labelled."""
        return sum(part.human.size for part in self.parts)

    @property
    def judge_loss(self) -> float:
        """Loss by the judge's word alone."""
        return -float(np.concatenate([part.judge for part in self.parts]).mean())

    @property
    def loss(self) -> float:
        """Corrected loss: the baseline's quality minus the candidate's, as people see it."""
        return math.fsum(share * part.loss for share, part in self._shares())

    @property
    def bias(self) -> float:
        """What the judge's loss is wrong by: its word minus the corrected loss."""
        return self.judge_loss - self.loss

    @property
    def discordance(self) -> float:
        """Share of pairs that differ in people's eyes."""
        return math.fsum(share * part.discordance for share, part in self._shares())

    def bound(self, z: float = ONE_SIDED) -> float:
        """Bound of the loss at ``z``, in [-1, 1]: upper for a positive one, lower for a negative one."""
        loss = self.loss
        square = sum((share * part.reach(z)) ** 2 for share, part in self._shares())
        # How many pairs fall into which stratum is chance as well.
        square += z**2 * sum(share * (part.loss - loss) ** 2 for share, part in self._shares()) / self.n
        return min(max(loss + math.copysign(math.sqrt(square), z), -1.0), 1.0)

    def worth(self, z: float = ONE_SIDED) -> Pairs:
        """Return the counts of a plain sample, wholly graded by people, that would say as much.

        Its loss and discordance are the corrected ones, and it has as many pairs as give the same upper bound
        at ``z``: never more than there are. Tests of pairs take it as they take any other.
        """
        loss, bound = self.loss, self.bound(z)
        differ = min(max(self.discordance, abs(loss)), 1.0)
        most = float(self.n)
        if bound >= 1.0 or _sample(loss, differ, most).upper_bound(z) >= bound:
            return _sample(loss, differ, most) if bound < 1.0 else Pairs(0.0, 0.0, 0.0)
        low, high = 0.0, most
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2.0
            if _sample(loss, differ, middle).upper_bound(z) > bound:
                low = middle
            else:
                high = middle
        return _sample(loss, differ, high)

    def _shares(self) -> Sequence[tuple[float, Part]]:
        whole = self.n
        return [(part.judge.size / whole, part) for part in self.parts]


def _sample(loss: float, differ: float, n: float) -> Pairs:
    return Pairs(max(n * (differ - loss) / 2.0, 0.0), max(n * (differ + loss) / 2.0, 0.0), n)
