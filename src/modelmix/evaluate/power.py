"""Power: the chance that a planned paired test clears its margin."""

import math

from scipy.special import bdtr, ndtr, ndtri

from modelmix.evaluate.paired import Pairs, fewest_pairs

_TAIL_SD = 8.0


def power(n: int, margin: float, discordance: float, alpha: float, loss: float = 0.0) -> float:
    """Chance of clearing a margin with ``n`` pairs, by the formula that plans their number.

    The inverse of :func:`modelmix.evaluate.paired.pairs_needed`, good to 0.05 from about 15 discordant pairs
    up; with fewer it promises too much, and `power_exact` counts.

    Args:
        n: Pairs, ≥ 0.
        margin: Largest tolerable loss, a share in (0, 1).
        discordance: Share of pairs that differ, in [0, 1], at least the size of ``loss``.
        alpha: One-sided level of the test.
        loss: True loss assumed; positive is worse.

    Returns:
        A probability: Φ((margin - loss) √(n / (discordance - loss²)) - z_{1-alpha}). Without discordance it
        is 1 from the fewest pairs up that clear with no regression, and 0 below.

    Source: the normal approximation of paired proportions, solved for the power: T. Tango, Statistics in
    Medicine 17 (1998), with the variance at the assumed loss.
    """
    variance = discordance - loss * loss
    if variance <= 0.0:
        return float(loss < margin and n >= fewest_pairs(margin, alpha))
    return float(ndtr((margin - loss) * math.sqrt(n / variance) - float(ndtri(1.0 - alpha))))


def power_exact(n: int, margin: float, discordance: float, alpha: float, loss: float = 0.0) -> float:
    """Chance that the test itself clears the margin, counted over all outcomes of ``n`` pairs.

    The number K of discordant pairs is binomial, and so are the losses among them. With K given, the p-value
    grows with the losses, so that those which clear are the ones up to a largest number.

    Args:
        n: Pairs, ≥ 0.
        margin: Largest tolerable loss, a share in (0, 1).
        discordance: Share of pairs that differ, in [0, 1], at least the size of ``loss``.
        alpha: One-sided level of the test.
        loss: True loss assumed; positive is worse.

    Returns:
        A probability, to within 1e-9. It rises with n in steps, not smoothly: counts are whole numbers.
    """
    if not n:
        return 0.0
    losses_share = (1.0 + loss / discordance) / 2.0 if discordance else 0.0
    spread = _TAIL_SD * math.sqrt(n * discordance * (1.0 - discordance)) + _TAIL_SD**2
    first = max(0, math.floor(n * discordance - spread))
    last = min(n, math.ceil(n * discordance + spread))
    total = 0.0
    for k in range(first, last + 1):
        most = _most_losses(k, n, margin, alpha)
        if most >= 0:
            chance = float(bdtr(k, n, discordance)) - (float(bdtr(k - 1, n, discordance)) if k else 0.0)
            total += chance * float(bdtr(most, k, losses_share))
    return min(total, 1.0)


def _most_losses(k: int, n: int, margin: float, alpha: float) -> int:
    """Return the most losses among ``k`` discordant pairs with which the test clears, -1 if it never does."""
    low, high = -1, k
    while low < high:
        middle = (low + high + 1) // 2
        if Pairs(k - middle, middle, n).p_value(margin) <= alpha:
            low = middle
        else:
            high = middle - 1
    return low
