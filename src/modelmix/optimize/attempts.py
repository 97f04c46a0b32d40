"""Attempts: how the error budget is spent over tries on the same rows.

Trying margins, graders and candidates on the same rows until one certifies is choosing on the certifying
rows by another name. So each attempt gets its own part of alpha, and the parts sum to alpha.
"""

from collections.abc import Sequence
from dataclasses import dataclass

FIRST_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Try:
    """One run of the optimiser on some rows.

    Attributes:
        settings_sha256: Hash of everything that was asked: margins, arms, baseline, prices, seed.
        evidence_sha256: Hash of the rows.
        imports: Imports that the rows came from.
    """

    settings_sha256: str
    evidence_sha256: str
    imports: frozenset[str]


def number_of_attempt(this: Try, earlier: Sequence[Try]) -> int:
    """Number this attempt among those on the same rows, counted from 1.

    The same question on the same rows is the same attempt however often it is asked. Another question, or
    the same one after rows were added, is a new attempt if it shares an import with an earlier one.

    Args:
        this: The attempt.
        earlier: Attempts on record, oldest first.
    """
    distinct: list[Try] = []
    for other in earlier:
        if other.imports & this.imports and not any(_same(other, seen) for seen in distinct):
            distinct.append(other)
    for number, other in enumerate(distinct, 1):
        if _same(this, other):
            return number
    return len(distinct) + 1


def _same(one: Try, other: Try) -> bool:
    return (one.settings_sha256, one.evidence_sha256) == (other.settings_sha256, other.evidence_sha256)


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
