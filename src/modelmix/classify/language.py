"""Language: which language a text is written in, where that can be told."""

import re
from functools import cache
from typing import Any, Final

CONFIDENCE: Final = 0.5
"""Least probability, over all languages that are known, with which a language counts as told."""

LONGEST: Final = 600
"""Characters that are looked at: beyond them the answer changes no more, only the time."""

_FEWEST_LETTERS: Final = 12
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")
# Names, keys and addresses look like words of some language, and are of none.
_NO_WORDS: Final = re.compile(r"\S*(?:[\d_@/\\<>{}=]|\w\.\w)\S*")


def language_of(text: str) -> str:
    """Return the ISO 639-1 code of a text's language, or nothing where it cannot be told.

    Twelve letters are needed, outside of numbers, addresses and code: shorter texts are told by chance.

    Source: py3langid 0.4 (M. Lui and T. Baldwin, langid.py, ACL 2012), 97 languages.

    >>> language_of("Where has my order been for the last three weeks?")
    'en'
    >>> language_of("order_id=8812 sku=AA-12 qty=4")
    ''
    """
    words = _NO_WORDS.sub(" ", text[:LONGEST])
    letters = _NO_LETTERS.sub("", words)
    # Signs that stand for a syllable or a word say as much as several letters.
    if len(letters.encode("utf-8", "ignore")) < _FEWEST_LETTERS:
        return ""
    code, probability = _identifier().classify(words)
    return str(code) if probability >= CONFIDENCE else ""


@cache
def _identifier() -> Any:  # noqa: ANN401 - the library has no types
    # Loaded once, when the first text is looked at: it takes half a second and 60 MB.
    from py3langid import langid

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
