"""Template: the stable part of a system prompt, as a fingerprint and a readable label.

Two requests of one program carry the same instructions with other dates, names of files and numbers in them.
What such things look like is taken out, the rest is hashed. Every step is linear in the length of the text,
and only the head of the text is looked at.
"""

import hashlib
import re
from dataclasses import dataclass

HEAD_WORDS = 1000
"""How many words of the stable text are looked at. Instructions come first; what is pasted in (a document, a
customer's record) comes last, and must not make a new type of every request."""

HEAD_CHARACTERS = 64 * 1024
"""How much of the raw text is looked at to find those words."""

LABEL_CHARACTERS = 40
LABEL_WORDS = 4
UNREADABLE_LABEL = "prompt"
"""Label of a template whose first words give none, such as one in another script."""

_BILLING = "x-anthropic-billing-header:"
"""Opening of the attribution block that Claude Code puts first; its values change with each call.

Source: code.claude.com/docs/en/llm-gateway-protocol (2026-10)."""

_PASTED = frozenset({
    "context", "conversation", "data", "date", "document", "documents", "env", "environment", "history",
    "input", "memory", "system-reminder", "transcript", "user_info", "user_profile",
})  # fmt: skip
"""Tags and headings whose content is of this request, not of the template."""

_TAIL_MARKS = ("gitstatus:",)
"""Openings of lines after which nothing belongs to the template any more."""

_CALENDAR = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue",
    "wed", "thu", "fri", "sat", "sun", "am", "pm", "utc", "gmt", "cet", "cest", "est", "edt", "pst", "pdt",
})  # fmt: skip

_SAYS_NOTHING = frozenset({
    "a", "acting", "act", "agent", "ai", "all", "an", "and", "any", "are", "as", "assistant", "at", "based",
    "be", "bot", "by", "can", "claude", "each", "expert", "follow", "following", "for", "from", "given",
    "have", "help", "helpful", "helps", "i", "if", "in", "into", "is", "it", "its", "job", "model", "must",
    "of", "on", "or", "our", "please", "role", "s", "should", "skilled", "system", "task", "that", "the",
    "them", "then", "these", "they", "this", "to", "tool", "use", "user", "users", "using", "very", "want",
    "we", "when", "which", "who", "will", "with", "would", "you", "your",
    "one", "two", "three", "four", "five", "six", "seven", "eight",
    "nine", "ten", "today", "date", "time", "current", "now", "don", "t", "re", "ll",
})  # fmt: skip

_SECRET_AHEAD = frozenset({
    "apikey", "authorization", "bearer", "credential", "credentials", "key", "passphrase", "passwd",
    "password", "pin", "secret", "token", "tokens",
})  # fmt: skip
"""Words after which a secret may stand: nothing after them comes into a label."""

_SECRET_OPENINGS = ("sk-", "pk-", "ghp", "xox")

_URL = re.compile(r"\w{2,10}://\S+")
_BREAKS = re.compile(r"[\s\"'<>()\[\]{},;|`*=]+")
_TAG = re.compile(r"<([A-Za-z_-]{1,40})>")
_ODD = re.compile(r"[\d@/\\~]")
_LETTERS_OF_HEX = re.compile(r"[A-Fa-f]{8,}")
_LABEL_WORD = re.compile(r"(?:[A-Z]?[a-z]{2,17}|[A-Z]{2,6})(?:-[a-z]{2,17})?")
_PUNCTUATION = ".,:;!?-_#"
_SENTENCE_ENDS = (".", "!", "?", ":")
_LONGEST_WORD = 40
_LABEL_WITHIN_WORDS = 60


@dataclass(frozen=True, slots=True)
class Template:
    """The stable part of a system prompt; holds none of its text but the label.

    Attributes:
        sha: Fingerprint of 16 hex digits; empty where there is no system prompt.
        label: A few words of its first sentence in kebab-case, at most 40 characters; empty with the sha.
    """

    sha: str = ""
    label: str = ""


NO_TEMPLATE = Template()
"""What a request without a system prompt has."""


def fingerprint(system: object) -> Template:
    """Take the fingerprint of a system prompt.

    Dates, times, numbers, identifiers, hex, e-mail addresses, URLs, paths and white space change nothing, nor
    does the content of sections that are pasted in (``<env>``, ``<document>``, ``# Environment``), nor Claude
    Code's attribution block, nor anything behind the first 1,000 words of the rest.

    Args:
        system: The request's ``system``: text, or a list of blocks; anything else has no template.
    """
    return of_texts(texts(system))


def texts(system: object) -> tuple[str, ...]:
    """Return the texts of a ``system`` value in order, without the attribution block."""
    if isinstance(system, str):
        rest = system.partition("\n")[2] if _is_billing(system) else system
        return (rest,) if rest else ()
    if not isinstance(system, list | tuple):
        return ()
    found = (block.get("text") if isinstance(block, dict) else block for block in system)
    return tuple(text for text in found if isinstance(text, str) and text and not _is_billing(text))


def of_texts(parts: tuple[str, ...]) -> Template:
    """Take the fingerprint of texts as ``texts`` returns them."""
    text = _head(parts)
    # A prompt that is nothing but pasted sections is better told by them than not at all.
    words = _stable_words(_without_pasted(text)) or _stable_words(text)
    if not words:
        return NO_TEMPLATE
    digest = hashlib.blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=8)
    return Template(digest.hexdigest(), _label(words))


def _is_billing(text: str) -> bool:
    return text[: len(_BILLING)].lower() == _BILLING


def _head(parts: tuple[str, ...]) -> str:
    return "\n".join(part[:HEAD_CHARACTERS] for part in parts[:HEAD_WORDS])[:HEAD_CHARACTERS]


def _without_pasted(text: str) -> str:
    kept: list[str] = []
    pasted = _Pasted()
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.lower().startswith(_TAIL_MARKS):
            break
        kept.append(pasted.rest_of(stripped))
    return "\n".join(kept)


class _Pasted:
    """Follows the lines of a text and knows whether they stand in a section that is pasted in."""

    __slots__ = ("_closing", "_level")

    def __init__(self) -> None:
        self._closing = ""  # the tag that ends the section
        self._level = 0  # depth of the heading that opened it

    def rest_of(self, line: str) -> str:
        """Return what of the next line belongs to the template."""
        if self._closing:
            if self._closing in line.lower():
                self._closing = ""
            return ""
        if line.startswith("#"):
            self._pass_heading(line)
        if self._level:
            return ""
        for tag in _TAG.finditer(line):
            name = tag.group(1).lower()
            if name in _PASTED:
                end = f"</{name}>"
                self._closing = "" if end in line.lower() else end
                return line[: tag.start()]
        return line

    def _pass_heading(self, line: str) -> None:
        title = line.lstrip("#")
        level = len(line) - len(title)
        if not self._level or level <= self._level:
            self._level = level if title.strip(" :*").lower() in _PASTED else 0


def _stable_words(text: str) -> list[str]:
    words: list[str] = []
    for word in _BREAKS.split(_URL.sub(" ", text)):
        if word and not _is_volatile(word):
            words.append(word)
            if len(words) == HEAD_WORDS:
                break
    return words


def _is_volatile(word: str) -> bool:
    if len(word) > _LONGEST_WORD or not any(map(str.isalpha, word)):
        return True
    if _ODD.search(word):
        # A slash between two words ("and/or") is prose; digits, addresses and paths are not.
        one, slash, other = word.strip(_PUNCTUATION).partition("/")
        return not (slash and one.isalpha() and other.isalpha())
    bare = word.strip(_PUNCTUATION)
    return bare.lower() in _CALENDAR or _LETTERS_OF_HEX.fullmatch(bare) is not None


def _label(words: list[str]) -> str:
    chosen: list[str] = []
    opens_sentence = True
    for word in words[:_LABEL_WITHIN_WORDS]:
        bare = word.strip(_PUNCTUATION)
        if bare.lower() in _SECRET_AHEAD:
            break
        if _may_be_shown(bare, opens_sentence=opens_sentence) and bare.lower() not in chosen:
            chosen.append(bare.lower())
        opens_sentence = word.endswith(_SENTENCE_ENDS)
        if len(chosen) >= LABEL_WORDS or (opens_sentence and len(chosen) > 1):
            break
    while len("-".join(chosen)) > LABEL_CHARACTERS:
        chosen.pop()
    return "-".join(chosen) or UNREADABLE_LABEL


def _may_be_shown(word: str, *, opens_sentence: bool) -> bool:
    if not _LABEL_WORD.fullmatch(word) or word.lower() in _SAYS_NOTHING:
        return False
    # Capitals within a sentence are mostly names, of people too.
    is_name = word[0].isupper() and not word.isupper() and not opens_sentence
    return not is_name and not word.lower().startswith(_SECRET_OPENINGS)
