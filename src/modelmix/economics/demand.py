"""Demand: how much list spend a term may bring, and with what chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

_SAME: Final = 1e-9
"""Relative difference below which two amounts are one: a kink and the commitment that sits on it."""
_ROUNDING: Final = 1e-12
"""What sums of probabilities may be off."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One possible list spend over a term: a fixed amount, or a lognormal one.

    Attributes:
        probability: Its chance, in (0, 1].
        mean_usd: Its mean, 0 or more.
        cv: Coefficient of variation, standard deviation over mean; 0 for a fixed amount.
    """

    probability: float
    mean_usd: float
    cv: float = 0.0

    @property
    def is_fixed(self) -> bool:
        """Whether it can only be its mean."""
        return self.cv == 0 or self.mean_usd == 0

    @property
    def log_sigma(self) -> float:
        """Standard deviation of its logarithm."""
        return math.sqrt(math.log1p(self.cv * self.cv))

    @property
    def log_mean(self) -> float:
        """Mean of its logarithm; the volume is not 0."""
        return math.log(self.mean_usd) - self.log_sigma**2 / 2

    def below(self, usd: float) -> float:
        """Return the chance that it stays below an amount; a fixed one within rounding of it does not."""
        if self.is_fixed:
            return float(self.mean_usd < usd * (1 - _SAME))
        return float(ndtr((math.log(usd) - self.log_mean) / self.log_sigma)) if usd > 0 else 0.0

    def excess_usd(self, usd: float) -> float:
        """Return the mean of what exceeds an amount.

        Source: the lognormal loss function, M Phi((mu + s^2 - ln V) / s) - V Phi((mu - ln V) / s), with
        s^2 = ln(1 + cv^2) and mu = ln M - s^2 / 2; it is the Black-Scholes call without discounting.
        """
        if self.is_fixed or usd <= 0:
            return max(0.0, self.mean_usd - usd)
        z = (self.log_mean - math.log(usd)) / self.log_sigma
        return float(self.mean_usd * ndtr(z + self.log_sigma) - usd * ndtr(z))

    def lack_usd(self, usd: float) -> float:
        """Return the mean of what is missing up to an amount."""
        if self.is_fixed or usd <= 0:
            return max(0.0, usd - self.mean_usd)
        z = (self.log_mean - math.log(usd)) / self.log_sigma
        return float(usd * ndtr(-z) - self.mean_usd * ndtr(-z - self.log_sigma))

    def quantile_usd(self, share: float) -> float:
        """Return the amount that it stays at or below with a chance in [0, 1)."""
        return (
            self.mean_usd if self.is_fixed else math.exp(self.log_mean + self.log_sigma * float(ndtri(share)))
        )


@dataclass(frozen=True, slots=True)
class Demand:
    """The list spend over a term as a mixture of possible volumes.

    Attributes:
        volumes: What it may be; probabilities sum to 1.
    """

    volumes: tuple[Volume, ...]

    def __post_init__(self) -> None:
        if abs(math.fsum(volume.probability for volume in self.volumes) - 1) > _SAME:
            raise ValueError("the probabilities of a demand sum to 1")

    @classmethod
    def lognormal(cls, mean_usd: float, cv: float) -> "Demand":
        """Return a lognormal demand."""
        return cls((Volume(1.0, mean_usd, cv),))

    @property
    def mean_usd(self) -> float:
        """Expected list spend."""
        return self._mean([volume.mean_usd for volume in self.volumes])

    def below(self, usd: float) -> float:
        """Return the chance that it stays below an amount."""
        return self._mean([volume.below(usd) for volume in self.volumes])

    def excess_usd(self, usd: float) -> float:
        """Return the mean of what exceeds an amount."""
        return self._mean([volume.excess_usd(usd) for volume in self.volumes])

    def lack_usd(self, usd: float) -> float:
        """Return the mean of what is missing up to an amount."""
        return self._mean([volume.lack_usd(usd) for volume in self.volumes])

    def _mean(self, values: Sequence[float]) -> float:
        return math.fsum(
            volume.probability * value for volume, value in zip(self.volumes, values, strict=True)
        )

    def quantile_usd(self, share: float) -> float:
        """Return the smallest amount that it stays at or below with at least a given chance.

        Args:
            share: The chance, in [0, 1).
        """
        own = [volume.quantile_usd(share) for volume in self.volumes]
        low, high = min(own), max(own)
        for at in sorted({volume.mean_usd for volume in self.volumes if volume.is_fixed}):
            if self._at_most(at) >= share - _ROUNDING:
                if all(volume.is_fixed for volume in self.volumes) or self.below(at) < share:
                    return at
                high = min(high, at)
                break
            low = max(low, at)
        return self._between(low, high, share)

    def _between(self, low_usd: float, high_usd: float, share: float) -> float:
        """Halve an interval without a fixed volume inside it until it is narrow around the quantile."""
        spread = [volume for volume in self.volumes if not volume.is_fixed]
        mu, sigma = np.array([v.log_mean for v in spread]), np.array([v.log_sigma for v in spread])
        weight = np.array([v.probability for v in spread])
        passed = math.fsum(v.probability for v in self.volumes if v.is_fixed and v.mean_usd <= low_usd)
        while high_usd - low_usd > high_usd * _ROUNDING:
            middle = (low_usd + high_usd) / 2
            if passed + weight @ ndtr((math.log(middle) - mu) / sigma) >= share:
                high_usd = middle
            else:
                low_usd = middle
        return high_usd

    def _at_most(self, usd: float) -> float:
        return self._mean(
            [
                float(volume.mean_usd <= usd) if volume.is_fixed else volume.below(usd)
                for volume in self.volumes
            ]
        )
