"""Sample: which recorded prompts are asked again; stratified, and fixed by a seed."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """What is known of a prompt when it is drawn.

    Attributes:
        prompt_id: Its identity.
        task_type: Its task type.
        prompt_tokens: Its length.
        tools: Whether tools are offered.
        slice_name: Named slice, or empty.
    """

    prompt_id: str
    task_type: str
    prompt_tokens: int
    tools: bool = False
    slice_name: str = ""


def draw(units: Sequence[Unit], sizes: Mapping[str, int], seed: int) -> list[int]:
    """Draw prompts of each task type, in proportion over strata of length, tools and slice.

    Within a stratum the order follows from seed and identity alone, so that a larger draw of the same traffic
    holds nearly all of a smaller one, and answers that were paid for are used again.

    Args:
        units: All prompts, each identity once.
        sizes: Task type → prompts wanted; types that are not named are not drawn.
        seed: Seed of the order.

    Returns:
        Indexes into ``units``, types and strata mixed by the same order: any beginning of the list is itself
        a sample of about the same proportions.
    """
    by_type: dict[str, list[int]] = defaultdict(list)
    for index, unit in enumerate(units):
        by_type[unit.task_type].append(index)
    drawn: list[int] = []
    for task_type, indexes in by_type.items():
        wanted = max(0, min(sizes.get(task_type, 0), len(indexes)))
        for members, size in _shared(_strata(units, indexes), wanted):
            drawn += sorted(members, key=lambda index: _order(units[index].prompt_id, seed))[:size]
    return sorted(drawn, key=lambda index: _order(units[index].prompt_id, seed))


def _strata(units: Sequence[Unit], indexes: Iterable[int]) -> list[list[int]]:
    """Part the prompts of a type by slice, tools and third of length."""
    ordered = sorted(indexes, key=lambda index: (units[index].prompt_tokens, units[index].prompt_id))
    strata: dict[tuple[str, bool, int], list[int]] = defaultdict(list)
    for place, index in enumerate(ordered):
        unit = units[index]
        strata[unit.slice_name, unit.tools, place * _PARTS // len(ordered)].append(index)
    return [strata[key] for key in sorted(strata)]


def _shared(strata: Sequence[list[int]], wanted: int) -> list[tuple[list[int], int]]:
    """Share a size among strata in proportion, by largest remainders."""
    whole = sum(map(len, strata))
    shares = [divmod(len(members) * wanted, whole) for members in strata]
    sizes = [size for size, _ in shares]
    by_remainder = sorted(range(len(strata)), key=lambda at: (-shares[at][1], at))
    for at in by_remainder[: wanted - sum(sizes)]:
        sizes[at] += 1
    return list(zip(strata, sizes, strict=True))


def _order(prompt_id: str, seed: int) -> tuple[bytes, str]:
    text = f"{seed}\0{prompt_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).digest(), prompt_id
