"""Names that others chose, made safe to show: a log may hold terminal controls or markup."""

_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def printable(text: str, width: int | None = None) -> str:
    r"""Replace what a terminal would obey rather than show, and shorten in the middle.

    Args:
        text: Any text.
        width: Most characters to keep, at least 1; None keeps all.

    >>> printable("claude-opus\x1b[31m", 12)
    'claude…�[31m'
    """
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    if width is None or len(shown) <= width:
        return shown
    tail = (width - 1) // 2
    head = width - 1 - tail
    return shown[:head] + _ELLIPSIS + (shown[-tail:] if tail else "")


def printable_lines(text: str) -> str:
    r"""Replace what a terminal or a page would obey rather than show, and keep line ends and tabs.

    >>> printable_lines("a\tb\r\nc\x1b[31m")
    'a\tb\nc�[31m'
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(printable(part) for part in line.split("\t")) for line in lines)


def ending(path: str, width: int) -> str:
    """Shorten a path from the left: its end tells most.

    >>> ending("/home/dev/.claude/projects/app/session.jsonl", 20)
    '…s/app/session.jsonl'
    """
    shown = printable(path)
    return shown if len(shown) <= width else _ELLIPSIS + shown[len(shown) - width + 1 :]


def counted(number: int, one: str, many: str = "") -> str:
    """Write a count with its noun.

    >>> counted(1, "call"), counted(1200, "call"), counted(2, "copy", "copies")
    ('1 call', '1,200 calls', '2 copies')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
