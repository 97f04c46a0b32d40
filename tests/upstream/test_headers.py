"""Headers of one connection stay, all others pass."""

from hypothesis import given
from hypothesis import strategies as st

from modelmix.upstream.headers import HOP_BY_HOP, first, inward, outward

NAME = st.sampled_from(
    [b"X-A", b"x-a", b"Connection", b"TE", b"Host", b"Content-Length", b"modelmix-task", b"Expect"]
)
PAIRS = st.lists(st.tuples(NAME, st.binary(max_size=6)), max_size=8)


@given(PAIRS)
def test_nothing_of_the_connection_or_ours_goes_upstream(pairs: list[tuple[bytes, bytes]]) -> None:
    """Whatever the values, hop-by-hop headers, the host, the length and ours are dropped."""
    names = {name.lower().encode() for name in outward(pairs)}
    assert not names & (HOP_BY_HOP | {b"host", b"content-length", b"expect", b"modelmix-task"})


@given(PAIRS)
def test_nothing_of_the_connection_or_ours_comes_back(pairs: list[tuple[bytes, bytes]]) -> None:
    """A response keeps its length and everything else, in order."""
    kept = inward(pairs)
    assert [pair for pair in pairs if pair in kept] == kept
    assert not {name.lower() for name, _ in kept} & (HOP_BY_HOP | {b"modelmix-task"})


def test_duplicates_and_values_stay() -> None:
    """Two headers of one name are two headers; text in UTF-8 stays, other bytes cannot be written."""
    sent = outward(
        [(b"a", b"1"), (b"a", "é".encode()), (b"b", b"\xff"), (b"content-length", b"5")], keep_length=True
    )
    assert list(sent.items()) == [("a", "1"), ("a", "é"), ("content-length", "5")]


def test_headers_that_the_connection_names_stay_with_it() -> None:
    """The ``Connection`` header may name more of its own."""
    pairs = [
        (b"Connection", b"close, X-Hop"),
        (b"x-hop", b"1"),
        (b"connection", b"x-b"),
        (b"X-B", b"2"),
        (b"x-c", b"3"),
    ]
    assert list(outward(pairs)) == ["x-c"]
    assert inward(pairs) == [(b"x-c", b"3")]
    assert inward([(b"connection", b"close"), (b"close", b"1")]) == [(b"close", b"1")]


def test_the_first_value_is_found_whatever_its_case() -> None:
    """Odd bytes are replaced, an absent header is empty."""
    assert first([(b"Request-Id", b"r\xff"), (b"request-id", b"s")], b"request-id") == "r�"
    assert first([], b"request-id") == ""
