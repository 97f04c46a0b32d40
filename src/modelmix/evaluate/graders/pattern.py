"""A pattern: a regular expression of a user's, and what makes trying it take time without end."""

import math
import re
import warnings
from dataclasses import dataclass

LONGEST_PATTERN = 500
"""Most characters of a pattern."""
MOST_WAYS = 1_000
"""Most ways in which the choices of a pattern can be taken together: ``a?`` has two, ``(a|b|c)`` three."""
MOST_OPEN_REPEATS = 3
"""Most repeats without a small limit in a row; time grows with the length of the text to their power."""
MOST_SIGNS = 10_000
"""Most signs of a pattern with each repeat written out as often as it may be, open ones once."""

_MOST_TIMES = 100
_TOKEN = re.compile(
    r"""
      (?P<escape>\\(?:(?P<number>[1-9]\d*)|.))
    | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<named>\(\?P=)
    | (?P<comment>\(\?\#)
    | (?P<condition>\(\?\()
    | (?P<flags>\(\?[aiLmsux]*x[aiLmsux]*-?[imsx]*[:)])
    | (?P<opened>\((?:\?(?:P<\w+>|[a-zA-Z-]*[:)]|<?[=!]|>))?)
    | (?P<closed>\))
    | (?P<choice>\|)
    | (?P<repeat>[*+?]|\{(?:\d+(?:,\d*)?|,\d*)\})(?P<mode>[+?])?
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REFUSED = {
    "number": "it refers back to a group; write what the group matches again",
    "named": "it refers back to a group; write what the group matches again",
    "comment": "it holds a comment (?#...); leave it out",
    "condition": "it holds a condition (?(...)...); write two patterns with | instead",
    "flags": "it is written in verbose form (?x); write it in one piece",
}
_NESTED = (
    "the pattern could take time without end: it repeats a part that itself repeats or offers a choice, as "
    "(a+)+ does; repeat a part of fixed length, or a set such as [ab]"
)


def danger_of(pattern: str) -> str:
    r"""Say why a pattern is not tried, in one sentence; empty if it may be.

    Refused are what is no regular expression or has more than 500 characters, and what could be tried in so
    many ways that it never ends: a repeat of a part that itself repeats or offers a choice, as in ``(a+)+``
    or ``(a|b)*``, more than 1,000 ways to take its choices, more than three open repeats, more than 10,000
    signs once repeats are written out, references back, and forms in which that cannot be told. Some of what
    is refused would do no harm.

    What is left takes time that grows with the fourth power of the text's length at most.

    >>> danger_of(r"^INV-\d{4}$")
    ''
    """
    if not pattern or len(pattern) > LONGEST_PATTERN:
        return f"a pattern has from 1 to {LONGEST_PATTERN} characters; this one has {len(pattern)}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        # The library's words name the fault and where it stands.
        return f"the pattern is no regular expression ({error})"
    return _danger(pattern)


@dataclass(slots=True)
class _Part:
    """A group, or the whole pattern, as far as it has been read.

    Attributes:
        ways: Ways in which the choices of the branch that is read can be taken together.
        others: Ways of the branches before it, added up.
        opens: Open repeats of the branch that is read.
        most_opens: Most open repeats of the branches before it.
        signs: Signs of all branches, each as often as it may be taken, open repeats once.
        is_varied: Whether it holds a repeat or a choice.
    """

    ways: int = 1
    others: int = 0
    opens: int = 0
    most_opens: int = 0
    signs: int = 0
    is_varied: bool = False

    def split(self) -> None:
        """Begin the next branch."""
        self.others, self.ways = self.others + self.ways, 1
        self.most_opens, self.opens = max(self.opens, self.most_opens), 0
        self.is_varied = True

    def take(self, inner: "_Part") -> None:
        """Take what was read as one item of this part."""
        self.ways *= inner.ways + inner.others
        self.opens += max(inner.opens, inner.most_opens)
        self.signs += inner.signs + 1
        self.is_varied = self.is_varied or inner.is_varied


def _danger(pattern: str) -> str:
    parts, last = [_Part()], _Part()
    for match in _TOKEN.finditer(pattern):
        refused = next((why for kind, why in _REFUSED.items() if match[kind]), "")
        if refused:
            return f"the pattern is not tried: {refused}"
        if match["repeat"]:
            least, most = _times(match["repeat"])
            if last.is_varied and most > 1:
                return _NESTED
            _repeat(parts[-1], last, least, most)
        elif match["opened"] and not match["opened"].endswith(")"):
            parts.append(_Part())
        elif match["choice"]:
            parts[-1].split()
        else:
            last = parts.pop() if match["closed"] else _Part()
            parts[-1].take(last)
    return _too_many(parts[0])


def _times(repeat: str) -> tuple[int, float]:
    """Return how often a part is repeated at least and at most."""
    if repeat in "*+?":
        return int(repeat == "+"), 1 if repeat == "?" else math.inf
    least, comma, most = repeat[1:-1].partition(",")
    return int(least or 0), int(most) if most else math.inf if comma else int(least)


def _repeat(part: _Part, last: _Part, least: int, most: float) -> None:
    part.signs += (last.signs + 1) * (max(least, 1 if most == math.inf else int(most)) - 1)
    if most > least:
        part.is_varied = True
    if most - least > _MOST_TIMES:
        part.opens += 1
    else:
        part.ways *= int(most - least) + 1


def _too_many(whole: _Part) -> str:
    if whole.ways + whole.others > MOST_WAYS:
        return (
            f"the pattern could take time without end: its choices can be taken in more than {MOST_WAYS:,} "
            "ways; offer fewer"
        )
    if whole.signs > MOST_SIGNS:
        return (
            f"the pattern could take time without end: with its repeats written out it has more than "
            f"{MOST_SIGNS:,} signs; repeat less often"
        )
    if max(whole.opens, whole.most_opens) > MOST_OPEN_REPEATS:
        return (
            f"the pattern could take time without end: it has more than {MOST_OPEN_REPEATS} repeats such as "
            "* and + in a row; use fewer"
        )
    return ""
