"""How alike two texts are: word overlap, the longest common subsequence, and edits."""

import re
import string
from collections import Counter
from collections.abc import Hashable, Sequence

from modelmix.evaluate.graders.plain_text import trimmed

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"[^\W_]+")


def token_f1(one: str, other: str) -> float:
    """Return the harmonic mean of precision and recall over words, each as often as it stands, in [0, 1].

    Case, ASCII punctuation and English articles are dropped first. Of two texts one of which has no words,
    the similarity is 1 if neither has.

    Source: Rajpurkar et al., SQuAD (2016), evaluation script 1.1; texts without words as in 2.0.

    >>> round(token_f1("The cat sat.", "a cat sat down"), 3)
    0.8
    """
    first, second = _squad_words(one), _squad_words(other)
    return _f1(sum((Counter(first) & Counter(second)).values()), len(first), len(second))


def rouge_l(one: str, other: str) -> float:
    """Return ROUGE-L: the harmonic mean of the longest common subsequence's share of either text, in [0, 1].

    Words are runs of letters and digits of any script, in lower case, not stemmed; both shares weigh
    the same.

    Source: Lin, ROUGE (2004), section 3.1, over the text as one sentence.

    >>> rouge_l("police killed the gunman", "police kill the gunman")
    0.75
    """
    first, second = _WORD.findall(one.lower()), _WORD.findall(other.lower())
    return _f1(common_length(first, second), len(first), len(second))


def edit_similarity(one: str, other: str) -> float:
    """Return 1 less Levenshtein's distance by the longer length, over characters in NFC, in [0, 1].

    >>> edit_similarity("kitten", "sitting") == 1 - 3 / 7
    True
    """
    first, second = trimmed(one), trimmed(other)
    longer = max(len(first), len(second))
    return 1.0 - edits(first, second) / longer if longer else 1.0


def common_length(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Return the length of the longest common subsequence; one row of the table is one whole number.

    Source: Hyyrö, Bit-parallel LCS-length computation revisited (2004).
    """
    places = _places(one)
    mask = (1 << len(one)) - 1
    row = mask
    for element in other:
        matches = row & places.get(element, 0)
        row = ((row + matches) | (row - matches)) & mask
    return len(one) - row.bit_count()


def edits(one: str, other: str) -> int:
    """Return Levenshtein's distance; one column of the table is two whole numbers.

    Source: Hyyrö, Explaining and extending the bit-parallel approximate string matching algorithm of Myers
    (2001), figure 9, for the distance between whole texts.
    """
    if not one:
        return len(other)
    places = _places(one)
    mask, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, distance = mask, 0, len(one)
    for char in other:
        matches = places.get(char, 0)
        diagonal = (((matches & up) + up) ^ up) | matches | down
        right_up = down | ~(diagonal | up) & mask
        right_down = diagonal & up
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = (right_up << 1) | 1
        up = ((right_down << 1) | ~(diagonal | right_up)) & mask
        down = right_up & diagonal & mask
    return distance


def _places(elements: Sequence[Hashable]) -> dict[Hashable, int]:
    bits: dict[Hashable, bytearray] = {}
    for index, element in enumerate(elements):
        bits.setdefault(element, bytearray((len(elements) >> 3) + 1))[index >> 3] |= 1 << (index & 7)
    return {element: int.from_bytes(some, "little") for element, some in bits.items()}


def _squad_words(text: str) -> list[str]:
    return _ARTICLE.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()


def _f1(n_common: int, n_one: int, n_other: int) -> float:
    if not (n_one and n_other):
        return float(n_one == n_other)
    return 2 * n_common / (n_one + n_other)
