"""Headers on their way through: what belongs to one connection stays, all else passes."""

from collections.abc import Iterable

from multidict import CIMultiDict

Headers = list[tuple[bytes, bytes]]
"""Names and values as on the wire, in order, duplicates kept."""

HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
    b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
"""Headers of one connection. Source: RFC 9110, section 7.6.1; RFC 7230, section 6.1."""

OURS = b"modelmix-"
"""Prefix of headers that are between a client and modelmix, in both directions."""

_REQUEST_ONLY = HOP_BY_HOP | {b"host", b"content-length", b"expect"}


def outward(headers: Iterable[tuple[bytes, bytes]], *, keep_length: bool = False) -> CIMultiDict[str]:
    """Select the request headers that go upstream, as the HTTP client wants them.

    Dropped are those of the connection, those that the ``Connection`` header names, ``host``, ``expect``,
    ``content-length`` unless kept, ours, and values that are not UTF-8: the client library cannot write them.

    Args:
        headers: Names and values as they came.
        keep_length: Keep ``content-length``, for a body that is passed on as it comes.
    """
    pairs = list(headers)
    dropped = _REQUEST_ONLY | _named_by_connection(pairs)
    passed: CIMultiDict[str] = CIMultiDict()
    for raw_name, value in pairs:
        name = raw_name.lower()
        if (name in dropped and not (keep_length and name == b"content-length")) or name.startswith(OURS):
            continue
        try:
            passed.add(name.decode("ascii"), value.decode())
        except UnicodeDecodeError:
            continue
    return passed


def inward(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Select the response headers that go to the client: all but the connection's and ours."""
    pairs = list(headers)
    dropped = HOP_BY_HOP | _named_by_connection(pairs)
    return [
        (name, value)
        for name, value in pairs
        if (low := name.lower()) not in dropped and not low.startswith(OURS)
    ]


def first(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """Return the first value of a header, empty where there is none; odd bytes are replaced."""
    for key, value in headers:
        if key.lower() == name:
            return value.decode("utf-8", "replace")
    return ""


def _named_by_connection(pairs: Headers) -> frozenset[bytes]:
    for name, value in pairs:
        if name.lower() == b"connection" and value.lower() not in {b"keep-alive", b"close"}:
            return frozenset(
                token.strip().lower()
                for key, tokens in pairs
                if key.lower() == b"connection"
                for token in tokens.split(b",")
            )
    return frozenset()
