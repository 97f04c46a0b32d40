"""Thinking: signatures of thinking blocks, who reads whose, and what a block is bound to."""

import base64
import hashlib
import json
from dataclasses import dataclass

_5_2 = frozenset({"claude-fable-5-2", "claude-mythos-5-2"})
_5_1 = frozenset({"claude-fable-5-1", "claude-mythos-5-1"})
_BEFORE_5_5 = frozenset(
    {
        "claude-opus-5",
        "claude-opus-4-8",
        "claude-opus-4-7",
        "claude-opus-4-6",
        "claude-opus-4-5-20251101",
        "claude-sonnet-5",
        "claude-sonnet-4-6",
        "claude-sonnet-4-5-20250929",
        "claude-haiku-4-5-20251001",
    }
)
_5_5 = frozenset({"claude-sonnet-5-5", "claude-haiku-5-5"})
_READS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_5_2, _5_2),
    **dict.fromkeys(_5_1, _5_1 | {"claude-opus-5-5", "claude-fable-5", "claude-mythos-5"} | _BEFORE_5_5),
    "claude-opus-5-5": _BEFORE_5_5 | _5_5,
    "claude-sonnet-5-5": frozenset(
        {
            "claude-sonnet-5",
            "claude-opus-4-8",
            "claude-opus-4-7",
            "claude-opus-4-6",
            "claude-opus-4-5-20251101",
            "claude-sonnet-4-6",
            "claude-sonnet-4-5-20250929",
            "claude-haiku-4-5-20251001",
            "claude-haiku-5-5",
        }
    ),
}
_BOUND = _5_2 | {"claude-fable-5-1", "claude-opus-5-5"} | _5_5
_KEY = b"practice signature"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature of the practice API says.

    Attributes:
        maker: Model that wrote the block.
        prefix: Digest of everything that stood before the block.
    """

    maker: str
    prefix: str


def sign(maker: str, prefix: str, text: str) -> str:
    """Sign a thinking block.

    Args:
        maker: Model that writes it.
        prefix: Digest of everything that stands before it.
        text: Its visible text.
    """
    payload = json.dumps([maker, prefix, _seal(maker, prefix, text)])
    return base64.b64encode(payload.encode()).decode()


def read(signature: str, text: str) -> Signature | None:
    """Read a signature; None if it is not one of ours or the text is not the text it was made for."""
    try:
        maker, prefix, seal = json.loads(base64.b64decode(signature, validate=True))
    except (ValueError, TypeError, RecursionError):
        return None
    if not isinstance(maker, str) or not isinstance(prefix, str) or seal != _seal(maker, prefix, text):
        return None
    return Signature(maker, prefix)


def reads(reader: str, maker: str) -> bool:
    """Say whether a model can read another's thinking; a pair that is not documented counts as no.

    Source: preserved thinking (2026-10).
    """
    return reader == maker or maker in _READS.get(reader, frozenset())


def is_bound(reader: str) -> bool:
    """Say whether a reader rejects a block whose prefix was edited, for an account opened since 2026-08-31.

    Source: preserved thinking (2026-10).
    """
    return reader in _BOUND


def _seal(maker: str, prefix: str, text: str) -> str:
    content = f"{maker}\x1f{prefix}\x1f{text}".encode(errors="surrogatepass")
    return hashlib.blake2b(content, key=_KEY, digest_size=12).hexdigest()
