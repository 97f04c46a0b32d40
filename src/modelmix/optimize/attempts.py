"""Attempts: how the error budget is spent over tries on the same rows.

Trying margins, graders and candidates on the same rows until one certifies is choosing on the certifying
rows by another name. So each attempt gets its own part of alpha, and the parts sum to alpha.
"""

FIRST_SHARE = 0.8


def alpha_of_attempt(alpha: float, attempt: int) -> float:
    """Return the level that an attempt may spend: 80 % of what the attempts before it left over.

    0.8 alpha for the first, 0.16 alpha for the second, …: the series sums to alpha, so that the chance of
    any false certificate over all attempts is at most alpha, however many there are.

    Args:
        alpha: Level over all attempts, in (0, 1).
        attempt: Number of the attempt, counted from 1.

    Raises:
        ValueError: The number is below 1.
    """
    if attempt < 1:
        raise ValueError(f"attempt is {attempt}; attempts are counted from 1")
    return float(alpha * FIRST_SHARE * (1.0 - FIRST_SHARE) ** (attempt - 1))
