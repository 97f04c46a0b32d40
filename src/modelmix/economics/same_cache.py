"""The same cache: what a candidate would pay for a call, had its prompt been cached as the recorded one was.

A replay asks in a burst and finds its own prefixes in the cache; live traffic comes as it comes. So the split
of the prompt into fresh, read and written tokens is taken from the recorded call, its length and the answer
from the replay.
"""

from dataclasses import replace

from modelmix.core.usage import Usage


def cached_as(recorded: Usage, replayed: Usage) -> Usage:
    """Return the replayed usage with the prompt split as the recorded one's.

    Args:
        recorded: Tokens of the recorded call, counted by its own model.
        replayed: Tokens of the candidate's call on the same request.

    Returns:
        As many prompt tokens as the candidate counted, in the shares of the recorded call; rounding goes to
        uncached input. Output and searches are the candidate's. A recorded call without a prompt, or with
        sub-inferences of its own, tells no shares: the replayed usage is then returned as it is.
    """
    whole, prompt = recorded.prompt_tokens, replayed.prompt_tokens
    if not whole or recorded.iterations or replayed.iterations:
        return replayed
    read = recorded.cache_read_tokens * prompt // whole
    writes_5m = recorded.cache_write_5m_tokens * prompt // whole
    writes_1h = recorded.cache_write_1h_tokens * prompt // whole
    return replace(
        replayed,
        input_tokens=prompt - read - writes_5m - writes_1h,
        cache_read_tokens=read,
        cache_write_5m_tokens=writes_5m,
        cache_write_1h_tokens=writes_1h,
    )
