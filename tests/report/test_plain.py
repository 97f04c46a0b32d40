"""Names that others chose are made safe to show."""

from hypothesis import given
from hypothesis import strategies as st

from modelmix.report.plain import counted, ending, printable


@given(st.text(), st.integers(1, 40))
def test_nothing_but_printable_text_is_left(text: str, width: int) -> None:
    """No control character survives, and the width holds."""
    for shown in (printable(text, width), ending(text, width)):
        assert shown == "" or shown.isprintable()
        assert len(shown) <= width


@given(st.text(st.characters(categories=["L", "N", "P"])))
def test_printable_text_is_left_alone(text: str) -> None:
    """Text without controls is shown as it is."""
    assert text == printable(text) == printable(text, max(1, len(text))) == ending(text, max(1, len(text)))


def test_shortening_keeps_what_tells_most() -> None:
    """Names keep both ends, paths their end."""
    assert printable("abcdefghij", 5) == "ab\N{HORIZONTAL ELLIPSIS}ij"
    assert printable("abcdefghij", 1) == "\N{HORIZONTAL ELLIPSIS}"
    assert ending("abcdefghij", 5) == "\N{HORIZONTAL ELLIPSIS}ghij"
    assert ending("abcdefghij", 1) == "\N{HORIZONTAL ELLIPSIS}"


def test_counts_agree_with_their_noun() -> None:
    """One is singular."""
    assert [counted(number, "file") for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]
