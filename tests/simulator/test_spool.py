"""A spool: parts come back as they went in, in memory and beyond it."""

from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator.spool import Spool


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(1, 50), st.data())
def test_parts_come_back_as_they_went_in(parts: list[bytes], size: int, data: st.DataObject) -> None:
    """Each by its place, all of them in pieces of any size, and the first few of them."""
    spool = Spool()
    for part in parts:
        spool.append(part)
    assert len(spool) == len(parts)
    assert [spool[at] for at in range(len(parts))] == parts
    pieces = list(spool.pieces(size))
    assert b"".join(pieces) == b"".join(parts)
    assert all(len(piece) == size for piece in pieces[:-1])
    few = data.draw(st.integers(0, len(parts) + 2))
    assert b"".join(spool.pieces(size, few)) == b"".join(parts[:few])


def test_what_is_too_much_for_memory_lies_in_a_file() -> None:
    """Three megabytes, read while more comes."""
    spool = Spool()
    parts = [bytes([at]) * 1024 * 1024 for at in range(3)]
    for part in parts:
        spool.append(part)
    pieces = spool.pieces(700_000)
    first = next(pieces)
    spool.append(b"more")
    assert first + b"".join(pieces) == b"".join(parts)
    assert spool[3] == b"more"
