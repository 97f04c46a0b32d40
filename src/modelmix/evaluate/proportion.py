"""One proportion: exact bounds."""

from scipy.special import betaincinv


def lower_bound(passed: int, n: int, confidence: float) -> float:
    """One-sided Clopper-Pearson lower bound of a pass rate.

    Args:
        passed: Number that passed, 0 to n.
        n: Number tried.
        confidence: Confidence of the bound, in (0, 1).

    Source: Clopper and Pearson, Biometrika 26 (1934), by the beta quantile.
    """
    return float(betaincinv(passed, n - passed + 1, 1.0 - confidence)) if passed else 0.0


def upper_bound(passed: int, n: int, confidence: float) -> float:
    """One-sided Clopper-Pearson upper bound of a pass rate; see :func:`lower_bound`."""
    return float(betaincinv(passed + 1, n - passed, confidence)) if passed < n else 1.0
