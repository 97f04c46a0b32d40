"""Secret: what looks like a key, a password or an e-mail address in a text, and the mask in its place.

Best effort: what has the form of a known key, stands where a password stands, or is long and mixed as chance
makes it, is masked. A secret that looks like words is not. A mask has the length of what it hides, so that
the text keeps about its number of tokens, and digits in it, so that no template of a prompt takes it for a
word.
"""

import re
from collections.abc import Callable, Iterator

LEAST_LONG = 32
"""Length from which a run of letters and digits may be a secret by its looks alone."""

MOST_AT_ONCE = 64 * 1024
"""Characters that are looked through in one go; longer texts are cut at white space."""

_LEAST_TURNS, _LEAST_CHANGES = 3, 11
"""How often letters and digits, or all three kinds of characters, take turns within 32 characters of a key.

Random base64 has 8 and 18 on average: of random keys about 2 in 1,000 are missed at 32 characters, 2 in
10,000 at 40. Names in camel case have up to 10 changes, paths and names with a number in them mostly 2 turns.
"""

_NAMED = re.compile(
    r"sk-ant-[A-Za-z0-9_-]{4,}"
    r"|(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA)[A-Z0-9]{12,}"
    r"|(?:(?<![A-Za-z0-9])|(?<=\\[abfnrtv]))(?:"  # an escape within a text opens a word too
    r"(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"
    r"|gh[a-z]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|xox[a-z]-[A-Za-z0-9-]{8,}|AIza[A-Za-z0-9_-]{16,}|ya29\.[A-Za-z0-9_-]{16,}"
    r"|(?:hf|npm|whsec|dop_v1|shpat)_[A-Za-z0-9]{16,}|pypi-[A-Za-z0-9_-]{16,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)?"
    r")"
)
"""Forms of keys that say themselves what they are. Source: GitHub, secret scanning patterns (2026-10)."""

_PEM = re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)([^-]++)")
_IN_URL = re.compile(r"(://[^\s/:@]{1,200}:)([^\s/@]{1,200})(?=@)")
_AFTER_A_NAME = re.compile(
    r"((?:api[_-]?key|secret|token|passwd|password|pwd|credentials?|bearer|authorization)"
    r"""["']?(?:\s?[:=]\s?|\s)(?:bearer\s|basic\s)?["']?)"""
    r"""([^\s"'<>,;{}()\[\]]{8,})""",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)++")
_HEX = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{32,}+")
_MIXED = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}+={0,2}")
_TURN = re.compile(r"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])")
_CHANGE = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])")
_WORD = re.compile(r"\w")
_INK = re.compile(r"\S+")
_STEP = 8

_SECRET_NAME = re.compile(
    r"(?:\w*[_-])?(?:api[_-]?key|secret(?:[_-]?key)?|passw(?:or)?d|pwd|passphrase|authorization"
    r"|(?:access|auth|refresh|bearer|id|session)[_-]?token|private[_-]?key|credentials?)",
    re.IGNORECASE,
)
_LEAST_NAMED = 6


def masked(text: str) -> str:
    """Mask what looks secret in a text.

    Returns:
        A text of the same length; the same text where nothing does.
    """
    if len(text) <= MOST_AT_ONCE:
        return _masked(text)
    return "".join(map(_masked, _pieces(text)))


def masked_keys(text: str) -> str:
    """Mask only keys that say themselves what they are, in what is encoded and long by its nature."""
    return _NAMED.sub(_whole, text)


def masked_value(name: str, text: str) -> str:
    """Mask the value of a field: all of it where the field's name says that it is secret."""
    if len(text) >= _LEAST_NAMED and _SECRET_NAME.fullmatch(name):
        return _INK.sub(_whole, text)
    return masked(text)


def _masked(text: str) -> str:
    for pattern, mask in _STEPS:
        text = pattern.sub(mask, text)
    return text


def _pieces(text: str) -> Iterator[str]:
    """Cut a text at white space; no secret but a private key in lines has any."""
    start = 0
    while start < len(text):
        end = start + MOST_AT_ONCE
        while end < len(text) and not text[end].isspace():
            end += 1
        yield text[start:end]
        start = end


def _mask(length: int) -> str:
    return ("x0" * (length // 2 + 1))[:length]


def _whole(found: re.Match[str]) -> str:
    return _mask(len(found[0]))


def _second(found: re.Match[str]) -> str:
    return found[1] + _INK.sub(_whole, found[2])


def _after_a_name(found: re.Match[str]) -> str:
    # "password: required" is prose; what a machine made has a digit in it.
    is_secret = any(map(str.isdigit, found[2]))
    return found[1] + _mask(len(found[2])) if is_secret else found[0]


def _email(found: re.Match[str]) -> str:
    # A version behind a name (left-pad@1.2.3) has no domain of letters.
    labels = found[0].rpartition("@")[2].split(".")[1:]
    is_address = any(label[:2].isalpha() and len(label) > 1 for label in labels)
    return _WORD.sub("x", found[0]) if is_address else found[0]


def _mixed(found: re.Match[str]) -> str:
    return _whole(found) if _looks_random(found[0]) else found[0]


def _looks_random(run: str) -> bool:
    last = len(run) - LEAST_LONG
    for at in (*range(0, last, _STEP), last):
        window = run[at : at + LEAST_LONG]
        if len(_TURN.findall(window)) >= _LEAST_TURNS or len(_CHANGE.findall(window)) >= _LEAST_CHANGES:
            return True
    return False


_STEPS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_PEM, _second),
    (_IN_URL, _second),
    (_NAMED, _whole),
    (_AFTER_A_NAME, _after_a_name),
    (_EMAIL, _email),
    (_HEX, _whole),
    (_MIXED, _mixed),
)
