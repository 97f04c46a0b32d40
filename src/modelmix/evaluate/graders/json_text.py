"""JSON text: an answer decoded strictly, or why it is not JSON that every program reads alike."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from modelmix.evaluate.graders.plain_text import trimmed

Json = dict[str, Any] | list[Any] | str | Decimal | bool | None
"""A decoded value; all numbers are finite Decimals."""

MAX_CHARACTERS = 2_000_000
"""Longest text that is read: more than 128,000 tokens, the longest answer of any model, can hold."""
MAX_DEPTH = 64
"""Deepest nesting that is read; programs differ beyond a hundred levels or so."""

_LONGEST_NUMBER = 400
_FENCE = "```"
_BLOCK = re.compile(r"```(?:json)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)


def decode(text: str, *, in_prose: bool = False) -> Json:
    """Read an answer as JSON.

    A fenced block is read like its content. Not JSON are NaN and infinities, numbers beyond a double, and
    objects that use a name twice: programs differ on what those mean.

    Args:
        text: The answer, at most 2,000,000 characters and 64 levels deep.
        in_prose: Whether there may be prose around the only fenced block, or around the outermost brackets.

    Raises:
        ValueError: It is not; the message begins with ``not JSON`` and quotes nothing.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError("not JSON: too long")
    body = _unfenced(trimmed(text))
    if in_prose:
        body = _out_of_prose(body)
    try:
        value: Json = _DECODER.decode(body)
    except RecursionError:
        raise ValueError("not JSON: nested too deeply") from None
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None
    if _is_deeper(value):
        raise ValueError("not JSON: nested too deeply")
    return value


def native(value: Json) -> Any:  # noqa: ANN401 - any JSON
    """Return a decoded value with numbers as int and float, as other libraries want them."""
    if isinstance(value, dict):
        return {name: native(member) for name, member in value.items()}
    if isinstance(value, list):
        return [native(element) for element in value]
    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    return value


def _unfenced(text: str) -> str:
    if not (text.startswith(_FENCE) and text.endswith(_FENCE)):
        return text
    language, _, body = text.partition("\n")
    return body.removesuffix(_FENCE) if language.strip("` \t").casefold() in {"", "json"} else text


def _out_of_prose(text: str) -> str:
    blocks = _BLOCK.findall(text)
    if blocks:
        return str(blocks[0]) if len(blocks) == 1 else ""
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    if not starts:
        return text
    start = min(starts)
    return text[start : text.rfind("}" if text[start] == "{" else "]") + 1]


def _is_deeper(value: Json) -> bool:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        holders = [one for one in level if isinstance(one, dict | list)]
        level = [member for one in holders for member in (one.values() if isinstance(one, dict) else one)]
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("not JSON: a name twice")
    return members


def _number(text: str) -> Decimal:
    if len(text) > _LONGEST_NUMBER or abs(float(text)) == float("inf"):
        raise ValueError("not JSON: a number out of range")
    # An exponent beyond what Decimal can hold is that of zero here: float() has seen that it is not infinite.
    digits, mark, exponent = text.lower().partition("e")
    return Decimal(digits + mark + exponent) if len(exponent) <= len("-00999") else Decimal(0)


def _constant(_: str) -> NoReturn:
    raise ValueError("not JSON: a number out of range")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_number, parse_int=_number, parse_constant=_constant
)
