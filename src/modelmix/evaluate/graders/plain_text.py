"""Plain text: answers and names brought to the form in which they are compared or shown."""

import unicodedata

_BLANK = "".join(char for char in map(chr, range(0x3001)) if char.isspace()) + "\ufeff\u200b"
"""White space of all scripts, the byte order mark and the space without width."""


def trimmed(text: str) -> str:
    r"""Return a text in Unicode NFC, without white space at its ends and with one kind of line break.

    >>> trimmed("\ufeff cafe\u0301\r\n")
    'café'
    """
    # Lone surrogates, which JSON can spell, go through unchanged.
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip(_BLANK)


def caseless(text: str) -> str:
    """Return a text without difference of case, in NFC again.

    Source: Unicode Standard 15, 3.13, definition D145.
    """
    return unicodedata.normalize("NFC", text.casefold())


def shown(name: str, width: int) -> str:
    r"""Write a name in printable ASCII, shortened at its end.

    >>> shown("größe", 40), shown("a\nb", 40), shown("purchase_order", 9)
    ('gr\\xf6\\xdfe', 'a\\nb', 'purcha...')
    """
    head = name[: width + 1].encode("unicode_escape").decode("ascii")
    return head if len(head) <= width else head[: width - 3] + "..."
