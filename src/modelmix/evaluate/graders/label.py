"""The label grader: the same label, apart from case, quotes and the punctuation around it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import NO_ANSWER, NO_REFERENCE, Grade, Reference, Ungradable
from modelmix.evaluate.graders.json_text import decode
from modelmix.evaluate.graders.no_answer import says_no_answer
from modelmix.evaluate.graders.plain_text import caseless, trimmed

LONGEST_TEXT = 20_000
"""Longest text in which a label is looked for."""

# Signs that tell labels apart (`C`, `C++` and `C#`; `A-` and `A`; `<5` and `>5`) stay.
_AROUND = (
    " \t\n.,;:!()[]{}*_`\"'"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}"
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
)
_SETS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Label:
    """Right if the reply is the reference's label.

    The reply is the label alone, or JSON in which it is the one string. With a set of labels it may also
    stand on a line of its own or behind a colon, provided that the reply names no other label of the set: in
    ``This is not billing`` no label stands alone, and ``billing or access`` names two.

    Attributes:
        labels: The closed set of labels, or empty for any.
        no_answer: The label that means that there is no answer, or empty for the common words.
    """

    name: ClassVar[str] = "label@1"

    labels: tuple[str, ...] = ()
    no_answer: str = ""

    def __post_init__(self) -> None:
        known: dict[str, str] = {}
        for label in self.labels:
            plain = plain_label(label)
            if not plain:
                raise ValueError(
                    f"label {label!r} is empty without its punctuation; name it in letters or digits"
                )
            if plain in known:
                raise ValueError(f"labels {known[plain]!r} and {label!r} are the same; name each label once")
            known[plain] = label

    @property
    def spec(self) -> str:
        """Name, version and options."""
        options = [f"labels={'|'.join(map(escaped, self.labels))}"] if self.labels else []
        options += [f"no_answer={escaped(self.no_answer)}"] if self.no_answer else []
        return self.name + (":" + ",".join(options) if options else "")

    @property
    def bounds_loss(self) -> bool:
        """Two answers of the same label are both right or both wrong."""
        return True

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Compare the labels."""
        if not plain_label(reference.expected or ""):
            return Ungradable(NO_REFERENCE)
        known = self._known()
        expected, why = _read(reference.expected or "", known)
        if why:
            return Ungradable(f"reference has {why}")
        is_none = says_no_answer(expected, self.no_answer)
        lacks = shortcoming(reply, reference.tool)
        found, why = ("", lacks) if lacks else _read(answer_text(reply), known)
        checks_ok = not why if lacks or known else None
        if not why and found != expected:
            gave_none = says_no_answer(found, self.no_answer)
            why = "invented an answer" if is_none else "gave no answer" if gave_none else "other label"
        slice_name = NO_ANSWER if is_none else ""
        return Grade(
            score=float(not why), grader=self.name, checks_ok=checks_ok, slice_name=slice_name, why=why
        )

    def _known(self) -> tuple[str, ...]:
        own = (self.no_answer,) if self.labels and self.no_answer else ()
        return tuple(dict.fromkeys(plain_label(label) for label in (*self.labels, *own)))


def plain_label(text: str) -> str:
    r"""Return a label as it is compared: NFC, without case, quotes and punctuation around it.

    >>> plain_label(" **\u201cHow-To\u201d.** ")
    'how-to'
    """
    return " ".join(caseless(trimmed(text)).strip(_AROUND).split())


def escaped(word: str) -> str:
    """Write a word so that it can stand in a list of options."""
    return re.sub(r"[\\,|]", r"\\\g<0>", word)


def _read(text: str, known: tuple[str, ...]) -> tuple[str, str]:
    """Return the label of a text, or why it has none: ``no label`` or ``two labels``."""
    if len(text) > LONGEST_TEXT:
        return "", "no label"
    label = plain_label(_string_of_json(text))
    if label in known or (label and not known):
        return label, ""
    if not known:
        return "", "no label"
    named = {match.group() for match in _pattern(known).finditer(plain_label(text))}
    alone = {line for line in _lines(text) if line in known}
    if len(named | alone) > 1:
        return "", "two labels"
    return (alone.pop(), "") if alone else ("", "no label")


def _string_of_json(text: str) -> str:
    """Return the one string of a JSON object, or the text itself where it is no such object."""
    try:
        value = decode(text)
    except ValueError:
        return text
    strings = (
        [member for member in value.values() if isinstance(member, str)] if isinstance(value, dict) else []
    )
    return strings[0] if len(strings) == 1 else text


def _lines(text: str) -> Iterator[str]:
    for line in trimmed(text).split("\n"):
        yield plain_label(line)
        yield plain_label(line.partition(":")[2])


@lru_cache(maxsize=_SETS_KEPT)
def _pattern(known: tuple[str, ...]) -> re.Pattern[str]:
    # The longest first: `not spam` does not name `spam`.
    words = "|".join(re.escape(label) for label in sorted(known, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{words})(?![\w-])")
