"""The API key: read from the environment, for commands that send requests of their own."""

import os

_PRACTICE_KEY = "practice"


def key_of(upstream: str, advice: str) -> str:
    """Return the API key; on a practice API any will do.

    Args:
        upstream: Base URL of the API.
        advice: What to do without a key, as the rest of a sentence.

    Raises:
        ConfigError: There is none, or it holds what no key does.
    """
    from modelmix.errors import ConfigError
    from modelmix.upstream.messages import is_loopback

    key = os.environ.get("ANTHROPIC_API_KEY", "")
    if not key and is_loopback(upstream):
        return _PRACTICE_KEY
    if not key:
        raise ConfigError(advice)
    if not key.isascii() or not key.isprintable():
        raise ConfigError("ANTHROPIC_API_KEY holds characters that no key has; export it anew")
    return key
