"""The same cache: what a candidate would pay for a call, had its prompt been cached as the recorded one was.

A replay asks in a burst and finds its own prefixes in the cache; live traffic comes as it comes. So the split
of the prompt into fresh, read and written tokens is taken from the recorded call, its length and the answer
from the replay.
"""

from dataclasses import replace
from typing import Final

from modelmix.core.usage import Usage

_BUCKETS: Final = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")


def cached_as(recorded: Usage, replayed: Usage) -> Usage:
    """Return the replayed usage with the prompt split as the recorded one's.

    Args:
        recorded: Tokens of the recorded call, counted by its own model.
        replayed: Tokens of the candidate's call on the same request.

    Returns:
        As many prompt tokens as the candidate counted, in the shares of the recorded call, each to within one
        token (largest remainders). Output and searches are the candidate's. A recorded call without a prompt,
        or with sub-inferences of its own, tells no shares: the replayed usage is then returned as it is.
    """
    whole, prompt = recorded.prompt_tokens, replayed.prompt_tokens
    if not whole or recorded.iterations or replayed.iterations:
        return replayed
    shares = {name: divmod(getattr(recorded, name) * prompt, whole) for name in _BUCKETS}
    missing = prompt - sum(count for count, _ in shares.values())
    by_remainder = sorted(_BUCKETS, key=lambda name: -shares[name][1])
    larger = frozenset(by_remainder[:missing])
    return replace(replayed, **{name: count + (name in larger) for name, (count, _) in shares.items()})
