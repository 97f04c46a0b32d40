"""Cells of the policy file: how each kind of value is read, rounded and described."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic import WithJsonSchema as Schema
from pydantic_core import CoreSchema, core_schema

from modelmix.core.candidate import Candidate, Effort, plain_model_id
from modelmix.errors import ConfigError
from modelmix.policy.share import parse_share, plain

MOST_DAYS = 366
"""Longest grace period."""
MOST_CHARACTERS = 2_000
"""Longest text in a policy file."""

_LARGEST = Decimal(10) ** 12
_STEP = Decimal("0.000001")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|z|[+-]\d{2}:\d{2})", re.ASCII)

_Read = TypeVar("_Read")
_Given = TypeVar("_Given")


def as_value_error(read: Callable[[_Given], _Read], given: _Given) -> _Read:
    """Call a reader and turn its ConfigError into the ValueError that pydantic collects."""
    try:
        return read(given)
    except ConfigError as error:
        raise ValueError(str(error)) from error


def text(value: object) -> str:
    """Read a text: printable characters, at least one.

    Raises:
        ValueError: It is a number, a list or a mapping, empty, too long, or holds control characters.
    """
    if not isinstance(value, str):
        raise ValueError(f"must be a text, not {value!r:.40}; write it in quotes")  # noqa: TRY004 - pydantic's form
    if not value.strip() or len(value) > MOST_CHARACTERS:
        raise ValueError(f"must have between 1 and {MOST_CHARACTERS:,} characters, not {len(value):,}")
    if not value.isprintable():
        raise ValueError("holds a line break or another character that cannot be printed; take it out")
    return str(value)


def sha256(value: object) -> str:
    """Read a SHA-256 in lower-case hexadecimal."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value, re.ASCII):
        raise ValueError(f"must be 64 hexadecimal digits in quotes, not {value!r:.80}")
    return value


def pair(value: object) -> object:
    """Let a list of two stand for a pair."""
    return tuple(value) if isinstance(value, list) else value


def one_or_more(value: object) -> object:
    """Let one candidate stand for a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


def _finite(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"must be a number, not {value!r:.40}")  # noqa: TRY004 - pydantic's form
    # float() first: the repr of numpy's float64, a float, is not a number.
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise ValueError(f"must be a number below {_LARGEST:,}, not {value!r:.40}")
    return number


def _rounded(rounding: str, lowest: int, highest: int) -> Callable[[object], Decimal]:
    def read(value: object) -> Decimal:
        number = _finite(value)
        if not lowest <= number <= highest:
            raise ValueError(f"must lie between {lowest:,} and {highest:,}, not {number}")
        return plain(number.quantize(_STEP, rounding))

    return read


def _margin(value: object) -> Decimal:
    number = as_value_error(parse_share, value) if isinstance(value, str) else plain(_finite(value))
    if not 0 < number <= 1:
        raise ValueError(
            f"must lie above 0 and at most at 1, not {number}; write two points as 0.02, 2pp or 2%"
        )
    return number


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError(f"must be a day such as 2026-11-23, not {value!r:.40}")


def _instant(value: object) -> datetime:
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        value = datetime.fromisoformat(value.upper())
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"must be an instant such as 2026-11-23T10:00:00Z, not {value!r:.60}")
    try:
        return value.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise ValueError(f"{value.isoformat()} lies outside the calendar in UTC; correct it") from error


def _number(rounding: str, lowest: int, highest: int) -> tuple[BeforeValidator, Schema]:
    reader = BeforeValidator(_rounded(rounding, lowest, highest))
    return reader, Schema({"type": "number", "minimum": lowest, "maximum": highest})


_MARGIN_FORMS = [
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    {"type": "string", "pattern": r"^\d*\.?\d+\s*(pp|%)?$"},
]

Text: TypeAlias = Annotated[
    str, BeforeValidator(text), Schema({"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS})
]
Margin: TypeAlias = Annotated[Decimal, BeforeValidator(_margin), Schema({"anyOf": _MARGIN_FORMS})]
Fraction: TypeAlias = Annotated[Decimal, *_number(ROUND_HALF_EVEN, 0, 1)]
Loss: TypeAlias = Annotated[Decimal, *_number(ROUND_HALF_EVEN, -1, 1)]
Bound: TypeAlias = Annotated[Decimal, *_number(ROUND_CEILING, -1, 1)]
Saving: TypeAlias = Annotated[Decimal, *_number(ROUND_HALF_EVEN, -(10**6), 1)]
SavingBound: TypeAlias = Annotated[Decimal, *_number(ROUND_FLOOR, -(10**6), 1)]
PerThousand: TypeAlias = Annotated[Decimal, *_number(ROUND_HALF_EVEN, 0, 1000)]
Usd: TypeAlias = Annotated[Decimal, *_number(ROUND_HALF_EVEN, 0, 10**12)]
UsdChange: TypeAlias = Annotated[Decimal, *_number(ROUND_HALF_EVEN, -(10**12), 10**12)]
UsdLow: TypeAlias = Annotated[Decimal, *_number(ROUND_FLOOR, -(10**12), 10**12)]
UsdHigh: TypeAlias = Annotated[Decimal, *_number(ROUND_CEILING, -(10**12), 10**12)]
Ms: TypeAlias = Annotated[Decimal, *_number(ROUND_CEILING, 0, 10**9)]
Day: TypeAlias = Annotated[date, BeforeValidator(_day), Schema({"type": "string", "format": "date"})]
Instant: TypeAlias = Annotated[
    datetime, BeforeValidator(_instant), Schema({"type": "string", "format": "date-time"})
]


def is_model_id(name: str) -> bool:
    """Say whether a name can be a model ID on the wire."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}", name, re.ASCII) is not None


def _model(value: str) -> str:
    name = plain_model_id(value)
    if not is_model_id(name):
        raise ValueError(f"{value!r:.80} is not a model ID; write one such as claude-haiku-5-5")
    return name


def _effort(value: object) -> Effort:
    if isinstance(value, str) and value in list(Effort):
        return Effort(value)
    raise ValueError(f"{value!r:.40} is not an effort; write one of {', '.join(Effort)}")


class _Chosen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    model: Annotated[Text, AfterValidator(_model)]
    effort: Annotated[Effort, BeforeValidator(_effort)] | None = None


CANDIDATE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "model": {"type": "string", "minLength": 1, "description": "Model ID on the wire."},
        "effort": {"enum": [str(level) for level in Effort], "description": "Absent: the model's default."},
    },
    "required": ["model"],
    "additionalProperties": False,
}


class CandidateKeys:
    """How pydantic reads and writes a candidate: a mapping of model and effort, or the noun itself."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read a mapping by its keys, so that an error names the key."""
        keys = core_schema.no_info_after_validator_function(_chosen, handler.generate_schema(_Chosen))
        writer = core_schema.plain_serializer_function_ser_schema(_as_mapping)
        return core_schema.no_info_before_validator_function(_as_mapping, keys, serialization=writer)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: object) -> dict[str, Any]:
        """Describe it by the one schema of a candidate."""
        return CANDIDATE_SCHEMA


def _chosen(keys: _Chosen) -> Candidate:
    return Candidate(keys.model, keys.effort)


def _as_mapping(value: object) -> Mapping[str, object]:
    if isinstance(value, Candidate):
        effort = {} if value.effort is None else {"effort": str(value.effort)}
        return {"model": value.model, **effort}
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"must be a mapping such as {{model: claude-haiku-5-5, effort: low}}, not {value!r:.40}")
