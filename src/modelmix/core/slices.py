"""Slices: names of parts of a task type that are held to its margin by themselves (``field absent``).

A prompt may lie in several: an invoice in German, of one tenant, on which a field is absent. They are
written as one text, parted by semicolons.
"""

SEPARATOR = "; "


def parted(text: str) -> tuple[str, ...]:
    """Return the names in a text, each once, in order.

    >>> parted("field absent; language de")
    ('field absent', 'language de')
    """
    names = (name.strip() for name in text.split(SEPARATOR.strip()))
    return tuple(dict.fromkeys(name for name in names if name))


def together(*texts: str) -> str:
    """Write the names of several texts as one.

    >>> together("tenant acme", "", "field absent; tenant acme")
    'tenant acme; field absent'
    """
    return SEPARATOR.join(parted(SEPARATOR.join(texts)))
