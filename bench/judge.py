"""What a judge's verdicts say of a loss: read as they are, and corrected by a few human labels.

Simulated pairs with a known true loss of two points. The judge tells good answers from bad with some
reliability, and passes a bad answer of the candidate more readily than one of the baseline. 200 pairs are
labelled by people, 2,000 more are judged only. Coverage is the share of runs whose 95 % interval holds the
truth.

    python bench/judge.py [RUNS]
"""

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from modelmix.errors import EvidenceError
from modelmix.evaluate.judge_correction import (
    Count,
    Estimate,
    Judged,
    corrected_rate,
    labels_alone,
    ppi,
    ppi_plus,
)

RUNS, SEED = 2_000, 20261124
LABELLED, JUDGED = 200, 2_000
BASELINE_RIGHT, GAINED, LOST = 0.88, 0.04, 0.06
RELIABLE = (0.95, 0.90, 0.80, 0.60)
LENIENT = 0.10
"""By how much more often a bad answer passes if it is the candidate's."""
CONFIDENCE, SLACK = 0.95, 0.015

Masks = NDArray[np.bool_]
WAYS: dict[str, Callable[[Judged], Estimate]] = {"labels": labels_alone, "ppi": ppi, "ppi++": ppi_plus}


def verdicts(chance: np.random.Generator, right: Masks, reliable: float, lenient: float) -> Masks:
    """Let a judge pass or fail answers."""
    passes = np.where(right, reliable, 1.0 - reliable + lenient)
    return chance.random(right.size) < passes


def draw(chance: np.random.Generator, reliable: float) -> tuple[Judged, Judged]:
    """Draw one run: the candidate's and the baseline's scores on the same prompts."""
    n = LABELLED + JUDGED
    base = chance.random(n) < BASELINE_RIGHT
    flip = chance.random(n) < np.where(base, LOST / BASELINE_RIGHT, GAINED / (1.0 - BASELINE_RIGHT))
    sides = []
    for right, lenient in ((base ^ flip, LENIENT), (base, 0.0)):
        judged = verdicts(chance, right, reliable, lenient)
        sides.append(Judged.of(right[:LABELLED], judged[:LABELLED], judged[LABELLED:]))
    return sides[0], sides[1]


def rate_is_covered(scores: Judged) -> bool:
    """Say whether the interval of the candidate's corrected pass rate holds the truth, if there is one."""
    good = scores.human > 0
    passed = Count(int(scores.judge_alone.sum()), scores.judge_alone.size)
    tell_good = Count(int(scores.judge[good].sum()), int(good.sum()))
    tell_bad = Count(int((~good).sum() - scores.judge[~good].sum()), int((~good).sum()))
    try:
        found = corrected_rate(passed, tell_good, tell_bad)
    except EvidenceError:  # a judge no better than a coin is refused, and nothing is promised
        return True
    return bool(found.low <= BASELINE_RIGHT + GAINED - LOST <= found.high)


def main(runs: int) -> int:
    """Print a row per judge, and return 1 where an interval covers less than it says."""
    truth, held = GAINED - LOST, True
    print(f"true loss {-truth:.0%}; {LABELLED} labels, {JUDGED:,} verdicts; {runs:,} runs")
    head = "".join(f"{name + ' width':>14}{'covers':>8}" for name in WAYS)
    print(f"{'judge':<8}{'naive bias':>12}{'covers':>8}{head}{'rate covers':>14}")
    for reliable in RELIABLE:
        chance = np.random.default_rng([SEED, round(100 * reliable)])
        found: dict[str, list[Estimate]] = {name: [] for name in WAYS}
        naive, naive_covers, rates = [], 0, 0
        for _ in range(runs):
            candidate, baseline = draw(chance, reliable)
            pair = candidate.minus(baseline)
            for name, way in WAYS.items():
                found[name].append(way(pair))
            read = pair.judge_alone.mean() - truth
            naive.append(read)
            naive_covers += abs(read) <= 1.96 * pair.judge_alone.std() / JUDGED**0.5
            rates += rate_is_covered(candidate)
        row = f"{reliable:<8.0%}{100 * np.mean(naive):>+9.1f} pt{naive_covers / runs:>8.1%}"
        for estimates in found.values():
            covers = np.mean([e.low <= truth <= e.high for e in estimates])
            row += f"{np.mean([e.high - e.low for e in estimates]):>14.3f}{covers:>8.1%}"
            held &= bool(covers >= CONFIDENCE - SLACK)
        print(f"{row}{rates / runs:>14.1%}")
        held &= rates / runs >= CONFIDENCE - SLACK
    return int(not held)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
