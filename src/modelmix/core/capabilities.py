"""Capabilities: what each model accepts, as dated data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from modelmix.core.candidate import Candidate, Effort, plain_model_id
from modelmix.errors import ConfigError


class ModelTier(IntEnum):
    """The class a model belongs to, cheapest first."""

    HAIKU = 1
    SONNET = 2
    OPUS = 3
    FABLE = 4
    MYTHOS = 5


@dataclass(frozen=True, slots=True)
class Capability:
    """What one model accepts.

    Attributes:
        model: Model ID.
        tier: Its class.
        released: First day it could be called.
        retires: Day on which it stops, or None while no day is fixed.
        efforts: Accepted effort levels, lowest first; empty if the parameter is rejected.
        default_effort: Level that an absent effort equals, or None where there is none.
        thinking: Accepted values of ``thinking.type``; an absent one always is.
        thinking_off_max_effort: Highest effort at which thinking may be ``disabled`` or
            ``between_tools``, or None without a limit.
        sampling: Whether ``temperature``, ``top_p`` and ``top_k`` may differ from their defaults.
        prefill: Whether the last message may be the assistant's.
        forced_tools: Whether ``tool_choice`` may be ``any`` or ``tool``.
        context_tokens: Longest prompt.
        max_output_tokens: Largest ``max_tokens``.
        min_cacheable_tokens: Shortest prefix that is cached.
        tokenizer: Tokenizer family; counts of one family do not hold for another.
        inference_geo: Whether ``inference_geo`` is accepted.
        fast: Whether ``speed: fast`` is accepted.
        system_messages: Whether a message may have the role ``system``.
    """

    model: str
    tier: ModelTier
    released: date
    retires: date | None
    efforts: tuple[Effort, ...]
    default_effort: Effort | None
    thinking: frozenset[str]
    thinking_off_max_effort: Effort | None
    sampling: bool
    prefill: bool
    forced_tools: bool
    context_tokens: int
    max_output_tokens: int
    min_cacheable_tokens: int
    tokenizer: str
    inference_geo: bool
    fast: bool
    system_messages: bool

    def effective(self, effort: Effort | None) -> Effort | None:
        """Return the level that is in force when a request asks for this one or for none."""
        return self.default_effort if effort is None else effort


@dataclass(frozen=True, slots=True)
class CapabilityTable:
    """Capabilities of all known models.

    Attributes:
        as_of: Day on which the table was last checked.
        models: Model ID → capability.
        aliases: Moving alias → model ID.
    """

    as_of: date
    models: Mapping[str, Capability]
    aliases: Mapping[str, str]

    @classmethod
    def parse(cls, document: bytes) -> "CapabilityTable":
        """Read the table from TOML.

        Raises:
            ConfigError: The document is not TOML, or a row lacks a key or has a wrong value.
        """
        try:
            table = tomllib.loads(document.decode())
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"the capability file is not valid TOML: {error}") from error
        models: dict[str, Capability] = {}
        aliases: dict[str, str] = {}
        rows = table.get("model", [])
        if not isinstance(rows, list):
            raise ConfigError("the capability file's model is not a list of tables; write [[model]]")
        for row in rows:
            capability = _capability(row)
            models[capability.model] = capability
            aliases.update(dict.fromkeys(row.get("aliases", ()), capability.model))
        return cls(table.get("as_of", date.min), models, aliases)

    def find(self, model: str) -> Capability | None:
        """Return what a model accepts, or None for a model that is not in the table."""
        plain = plain_model_id(model)
        return self.models.get(self.aliases.get(plain, plain))

    def effective(self, candidate: Candidate) -> Candidate:
        """Return the candidate with alias resolved and its effective effort filled in.

        An unknown model is returned with its suffix stripped and its effort as it stands.
        """
        capability = self.find(candidate.model)
        if capability is None:
            return Candidate(plain_model_id(candidate.model), candidate.effort)
        return Candidate(capability.model, capability.effective(candidate.effort))


def _capability(row: Any) -> Capability:  # noqa: ANN401 - whatever stands in the file
    name = row.get("id", "?") if isinstance(row, Mapping) else row
    try:
        return Capability(
            model=str(row["id"]),
            tier=ModelTier[str(row["tier"]).upper()],
            released=_day(row, "released"),
            retires=_day(row, "retires") if "retires" in row else None,
            efforts=tuple(Effort(level) for level in row["efforts"]),
            default_effort=_level(row, "default_effort"),
            thinking=frozenset(row["thinking"]),
            thinking_off_max_effort=_level(row, "thinking_off_max_effort"),
            sampling=_flag(row, "sampling"),
            prefill=_flag(row, "prefill"),
            forced_tools=_flag(row, "forced_tools"),
            context_tokens=_count(row, "context_tokens"),
            max_output_tokens=_count(row, "max_output_tokens"),
            min_cacheable_tokens=_count(row, "min_cacheable_tokens"),
            tokenizer=str(row["tokenizer"]),
            inference_geo=_flag(row, "inference_geo"),
            fast=_flag(row, "fast"),
            system_messages=_flag(row, "system_messages"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"capabilities of {name!r}: {error} is missing or not a known value; correct it"
        ) from error


def _level(row: Mapping[str, Any], key: str) -> Effort | None:
    return Effort(row[key]) if key in row else None


def _day(row: Mapping[str, Any], key: str) -> date:
    value = row[key]
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{key} = {value!r}")  # noqa: TRY004 - a wrong value in a file, not a wrong call
    return value


def _flag(row: Mapping[str, Any], key: str) -> bool:
    value = row[key]
    if not isinstance(value, bool):
        raise ValueError(f"{key} = {value!r}")  # noqa: TRY004 - a wrong value in a file, not a wrong call
    return value


def _count(row: Mapping[str, Any], key: str) -> int:
    value = row[key]
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{key} = {value!r}")
    return value
