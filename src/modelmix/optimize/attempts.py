"""Attempts: how the error budget is spent over tries on the same rows.

Trying margins, graders and candidates on the same rows until one certifies is choosing on the certifying
rows by another name. So each attempt gets its own part of alpha, and the parts sum to alpha.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

FIRST_SHARE = 0.8

_SKETCHED = 4096
_HASH_BYTES = 6


@dataclass(frozen=True, slots=True)
class Try:
    """One run of the optimiser on some rows.

    Attributes:
        settings_sha256: Hash of everything that was asked: margins, arms, baselines, volumes, prices, seed.
        evidence_sha256: Hash of the rows.
        prompts: Their prompts, by :func:`sketch`.
    """

    settings_sha256: str
    evidence_sha256: str
    prompts: frozenset[str]


def sketch(prompt_ids: Iterable[str]) -> frozenset[str]:
    """Return the hashes by which prompts are known again, in whichever table, task type or cluster they come.

    All of them up to 4,096, beyond that the 4,096 smallest. Two sets of which the smaller shares s prompts
    with the larger, out of N in all, then share a hash with a chance of about 1 - exp(-4096 s / N): a
    thousandth of the prompts is found again in 98 cases of 100. Two different prompts have the same hash
    with a chance of 2^-48.

    Source: A. Broder, On the resemblance and containment of documents (1997).
    """
    hashes = {_hash(prompt_id) for prompt_id in prompt_ids}
    return frozenset(nsmallest(_SKETCHED, hashes))


def _hash(prompt_id: str) -> str:
    data = prompt_id.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=_HASH_BYTES).hexdigest()


def number_of_attempt(this: Try, earlier: Iterable[Try]) -> int:
    """Number this attempt among those that share prompts with it, counted from 1.

    The same question on the same rows is the same attempt however often it is asked. Another question, or
    the same one on other rows, is a new attempt if any of its prompts was looked at before.

    Args:
        this: The attempt.
        earlier: Attempts on record, oldest first.
    """
    distinct: list[Try] = []
    for other in earlier:
        if other.prompts & this.prompts and not any(_same(other, seen) for seen in distinct):
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
    any false certificate over all attempts is at most alpha, however many there are. That holds for
    questions that were not picked by what an earlier attempt showed of the same rows; those need new ones.

    Args:
        alpha: Level over all attempts, in (0, 1).
        attempt: Number of the attempt, counted from 1.

    Raises:
        ValueError: The number is below 1.
    """
    if attempt < 1:
        raise ValueError(f"attempt is {attempt}; attempts are counted from 1")
    return float(alpha * FIRST_SHARE * (1.0 - FIRST_SHARE) ** (attempt - 1))
