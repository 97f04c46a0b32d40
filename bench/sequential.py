"""Error, power and pairs of a test with one look, with five looks, and of an e-process watched all the time.

All three see the same simulated pairs. At the boundary, where exactly the margin is lost, every CLEARS is
false; where nothing is lost, CLEARS is power; where twice the margin is lost, pairs are wasted. The fourth
row is what must not be done: the critical value of one look, held against five.

    python bench/sequential.py [RUNS]
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from modelmix.evaluate.eprocess import log_wealth, stop_indices
from modelmix.evaluate.paired import Pairs, pairs_needed
from modelmix.evaluate.proportion import lower_bound, upper_bound
from modelmix.evaluate.sequential import Design, even

RUNS, BLOCK, SEED = 10_000, 1_000, 20261124
PLANS = ((0.03, 0.10), (0.05, 0.10), (0.02, 0.05))
ALPHA, POWER = 0.05, 0.8
LEAST_POWER, MOST_PAIRS, MOST_PAIRS_WORSE = 0.90, 0.75, 0.35
"""Power over that of one look, and pairs over its pairs with no loss and with twice the margin."""

ONE, FIVE, WATCHED, FORBIDDEN = "one look", "five looks", "e-process", "five looks, one's value"


@dataclass
class Tally:
    """What one way did over all runs: how often it cleared, and the pairs it took."""

    cleared: int = 0
    pairs: int = 0
    runs: int = 0

    def add(self, cleared: NDArray[np.bool_], pairs: NDArray[np.int64]) -> None:
        """Add a block of runs."""
        self.cleared += int(cleared.sum())
        self.pairs += int(pairs.sum())
        self.runs += len(pairs)

    @property
    def share(self) -> float:
        """Share of runs that cleared."""
        return self.cleared / self.runs


@dataclass
class Ways:
    """Every way at one plan, with what does not change from run to run."""

    margin: float
    discordance: float
    design: Design = field(init=False)

    def __post_init__(self) -> None:
        n = pairs_needed(self.margin, self.discordance, alpha=ALPHA, power=POWER)
        if n is None:
            raise RuntimeError("the plan has no number of pairs")
        self.design = Design(n, self.margin, ALPHA, POWER)
        self.at = [round(fraction * n) for fraction in even()]
        fractions = self.design.fractions(self.at)
        self.critical, self.futile = self.design.critical(fractions), self.design.futile(fractions)
        self.plain = Design(n, self.margin, ALPHA, POWER, giving_up=0.0).critical((1.0,))[0]

    def blocks(self, loss: float, runs: int) -> Iterator[NDArray[np.float64]]:
        """Draw differences of all pairs planned, a block of runs at a time."""
        chance = np.random.default_rng([SEED, round(1e4 * loss), self.design.pairs])
        rate = max(self.discordance, loss)
        gain, lost = (rate - loss) / 2, (rate + loss) / 2
        for _ in range(runs // BLOCK):
            drawn = chance.random((BLOCK, self.design.pairs))
            yield (drawn < gain).astype(float) - ((drawn >= gain) & (drawn < gain + lost))

    def run(self, loss: float, runs: int) -> dict[str, Tally]:
        """Put the same pairs to every way."""
        tallies = {name: Tally() for name in (ONE, FIVE, WATCHED, FORBIDDEN)}
        for block in self.blocks(loss, runs):
            gains = np.cumsum(block > 0, axis=1)[:, np.array(self.at) - 1]
            losses = np.cumsum(block < 0, axis=1)[:, np.array(self.at) - 1]
            z = np.array(
                [
                    [score(int(g), int(b), n, self.margin) for g, b, n in zip(gs, bs, self.at, strict=True)]
                    for gs, bs in zip(gains, losses, strict=True)
                ]
            )
            full = np.full(len(block), self.design.pairs)
            tallies[ONE].add(z[:, -1] >= self.plain, full)
            tallies[FIVE].add(*self.looks(z, np.array(self.critical), np.array(self.futile)))
            never = np.full(len(self.at), -np.inf)
            tallies[FORBIDDEN].add(*self.looks(z, np.full(len(self.at), self.plain), never))
            tallies[WATCHED].add(*self.watched(block))
        return tallies

    def looks(
        self, z: NDArray[np.float64], critical: NDArray[np.float64], futile: NDArray[np.float64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Stop each run at the first look that clears or is futile, the last at the latest."""
        stops = (z >= critical) | (z < futile)
        stops[:, -1] = True
        at = stops.argmax(axis=1)
        return z[np.arange(len(z)), at] >= critical[at], np.array(self.at)[at]

    def watched(self, block: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Stop each run at the first pair that decides either way."""
        clears = stop_indices(log_wealth(block, self.margin), ALPHA)
        fails = stop_indices(log_wealth(-block, -self.margin), ALPHA)
        clears, fails = (np.where(found > 0, found, block.shape[1] + 1) for found in (clears, fails))
        first = np.minimum(clears, fails)
        return (clears <= block.shape[1]) & (clears < fails), np.minimum(first, block.shape[1])


@cache
def score(gains: int, losses: int, n: int, margin: float) -> float:
    """Compute Tango's statistic once per outcome."""
    return Pairs(gains, losses, n).z(margin)


def main(runs: int) -> int:
    """Print a table per plan, and return 1 where a promise is not held."""
    runs, held = max(BLOCK, runs // BLOCK * BLOCK), True  # whole blocks
    for margin, discordance in PLANS:
        ways = Ways(margin, discordance)
        n = ways.design.pairs
        at_margin, no_loss, twice = (ways.run(loss, runs) for loss in (margin, 0.0, 2 * margin))
        print(
            f"margin {margin:.0%}, {discordance:.0%} of pairs differ, {n} pairs planned, {runs:,} runs each"
        )
        print(f"{'':<24}{'false CLEARS at the margin':>28}{'power':>8}{'pairs':>7}{'pairs at twice':>16}")
        for name, tally in at_margin.items():
            low, high = (bound(tally.cleared, runs, 0.975) for bound in (lower_bound, upper_bound))
            pairs, worse = (t[name].pairs / (n * runs) for t in (no_loss, twice))
            error = f"{tally.share:.2%} ({low:.2%} to {high:.2%})"
            print(f"{name:<24}{error:>28}{no_loss[name].share:>8.1%}{pairs:>7.0%}{worse:>16.0%}")
            if name != FORBIDDEN:
                held &= low <= ALPHA
        ratio = no_loss[FIVE].share / no_loss[ONE].share
        enough = ratio >= LEAST_POWER and no_loss[FIVE].pairs <= MOST_PAIRS * n * runs
        held &= enough and twice[FIVE].pairs <= MOST_PAIRS_WORSE * n * runs
        print(f"{FIVE} have {ratio:.0%} of the power of one\n")
    return int(not held)


if __name__ == "__main__":
    start = time.monotonic()
    code = main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(code)
