"""The grader of normalised text: the same words, however they are written."""

import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.grade import NO_ANSWER, NO_REFERENCE, Grade, Reference, Ungradable
from modelmix.evaluate.graders.no_answer import says_no_answer
from modelmix.evaluate.graders.plain_text import caseless, trimmed

_ARTICLES = frozenset({"a", "an", "the"})
_SENTENCE = ".,;:!?'\"\N{HORIZONTAL ELLIPSIS}"
_KEPT = "%\N{PER MILLE SIGN}#&@*/\\"
_DIGITS_APART = ("<super>", "<sub>", "<fraction>")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u200b\ufeff\u00ad", None),
    }
)


@dataclass(frozen=True, slots=True)
class SameText:
    """Right if reply and reference are the same words in the same order, as `normal_words` writes them.

    Attributes:
        articles: Whether the English articles a, an and the make no difference.
    """

    name: ClassVar[str] = "text@1"

    articles: bool = False

    @property
    def spec(self) -> str:
        """Name, version and options."""
        return self.name + (":articles" if self.articles else "")

    @property
    def bounds_loss(self) -> bool:
        """To have one normal form is an equivalence."""
        return True

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Compare the normal forms."""
        expected = reference.expected or ""
        words = self._words(expected)
        if not words:
            return Ungradable(NO_REFERENCE)
        why = shortcoming(reply, reference.tool)
        if not why and self._words(answer_text(reply)) != words:
            why = "other text"
        slice_name = NO_ANSWER if says_no_answer(expected) else ""
        return Grade(score=float(not why), grader=self.name, slice_name=slice_name, why=why)

    def _words(self, text: str) -> list[str]:
        words = normal_words(text)
        return [word for word in words if word not in _ARTICLES] or words if self.articles else words


def normal_words(text: str) -> list[str]:
    r"""Return the words of a text in the form in which they are compared.

    Characters are taken to Unicode NFKC, except raised and lowered ones and fractions, which would become
    other numbers; quotes and dashes to one form each; case is folded. Words are parted at white space.
    Punctuation at the ends of a word is dropped, but for ``% # & @ * / \\``, and in one with a digit only
    quotes around it and sentence marks behind it are: ``-5``, ``(5)`` and ``.5`` are not ``5``. A word of
    punctuation alone is dropped.

    >>> normal_words("\u201cThe  ANSWER\u201d \u2014 is \ufb01ve: -5!")
    ['the', 'answer', 'is', 'five', '-5']
    """
    plain = "".join(map(_compatible, trimmed(text))).translate(_ALIKE)
    words = map(_bare, caseless(plain).split())
    return [word for word in words if word]


def _compatible(char: str) -> str:
    if char.isascii() or unicodedata.decomposition(char).startswith(_DIGITS_APART):
        return char
    return unicodedata.normalize("NFKC", char)


def _bare(word: str) -> str:
    if any(map(str.isnumeric, word)):
        return word.rstrip(_SENTENCE).lstrip("'\"")
    start, end = 0, len(word)
    while start < end and _is_dropped(word[start]):
        start += 1
    while end > start and _is_dropped(word[end - 1]):
        end -= 1
    return word[start:end]


def _is_dropped(char: str) -> bool:
    return char not in _KEPT and unicodedata.category(char).startswith("P")
