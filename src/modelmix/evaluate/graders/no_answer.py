"""No answer: references that say that there is nothing to answer."""

from modelmix.evaluate.graders.plain_text import caseless, trimmed

_MARKS = " \t\n.,;:!?()[]{}<>\"'`*_"
_WORDS = frozenset({
    "-", "\N{EN DASH}", "\N{EM DASH}", "absent", "cannot be answered", "cannot be determined", "missing",
    "n/a", "n.a", "na", "nil", "no answer", "no data", "no information", "no_answer", "none",
    "not answerable", "not applicable", "not available", "not contained in the document", "not found",
    "not given", "not in the document", "not in the text", "not mentioned", "not present", "not provided",
    "not specified", "not stated", "not stated in the document", "null", "unanswerable", "undefined",
    "unknown", "unspecified",
})  # fmt: skip
_LONGEST = 60


def says_no_answer(text: str, own_word: str = "") -> bool:
    """Say whether a text means that there is no answer.

    Args:
        text: A reference, or a reply to one.
        own_word: The one word that means it, or empty for the common ones: ``NO ANSWER``, ``not stated``,
            ``none``, ``unknown``, ``n/a``.
    """
    if own_word:
        return _plain(text) == _plain(own_word)
    return len(text) <= _LONGEST and _plain(text) in _WORDS


def _plain(text: str) -> str:
    return caseless(trimmed(text)).strip(_MARKS)
