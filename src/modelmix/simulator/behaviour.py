"""Behaviour: what each model of the practice API accepts, in a table of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from modelmix.core.candidate import Effort


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What one model accepts and how it behaves.

    Attributes:
        model: Model ID.
        line: Model line: ``haiku``, ``sonnet``, ``opus``, ``fable`` or ``mythos``.
        name: Display name.
        released: Day of release.
        aliases: Moving aliases of the ID.
        deprecated: Day on which it was deprecated, or None.
        retires: Day from which it is no longer served, or None while none is fixed.
        retired: Whether it is no longer served.
        context_tokens: Longest prompt and output together.
        max_output_tokens: Largest ``max_tokens``.
        efforts: Accepted effort levels; empty where the parameter is rejected.
        default_effort: Level that an absent effort equals, or None.
        thinking: Accepted values of ``thinking.type``.
        thinks_by_default: Whether it thinks when the request does not mention thinking.
        off_max_effort: Highest effort at which thinking may be off, or None without a limit.
        sampling: Whether sampling parameters may differ from their defaults.
        prefill: Whether the conversation may end with the assistant.
        forced_tools: Whether ``tool_choice`` may be ``any`` or ``tool``.
        system_messages: Whether a message may have the role ``system``.
        message_effort: Whether a system message may set the effort (beta).
        inference_geo: Whether ``inference_geo`` is accepted.
        fast: ``yes``, ``no`` (rejected) or ``ignored`` (runs and bills at standard speed).
        min_cacheable_tokens: Shortest prefix that is cached.
        new_tokenizer: Whether it uses the tokenizer introduced with Opus 4.7.
        tool_prompt_tokens: Tokens of the tool-use system prompt for a free and for a forced choice.
        omits_thinking: Whether thinking text is left out unless ``display`` asks for it.
        computer_20251124: Whether that version of the computer tool is accepted.
    """

    model: str
    line: str
    name: str
    released: date
    aliases: tuple[str, ...] = ()
    deprecated: date | None = None
    retires: date | None = None
    retired: bool = False
    context_tokens: int = 1_000_000
    max_output_tokens: int = 128_000
    efforts: tuple[Effort, ...] = tuple(Effort)
    default_effort: Effort | None = Effort.HIGH
    thinking: frozenset[str] = frozenset({"adaptive"})
    thinks_by_default: bool = True
    off_max_effort: Effort | None = None
    sampling: bool = False
    prefill: bool = False
    forced_tools: bool = True
    system_messages: bool = True
    message_effort: bool = False
    inference_geo: bool = True
    fast: str = "no"
    min_cacheable_tokens: int = 512
    new_tokenizer: bool = True
    tool_prompt_tokens: tuple[int, int] = (286, 406)
    omits_thinking: bool = True
    computer_20251124: bool = True


_OFF_OR_ADAPTIVE = frozenset({"disabled", "adaptive"})
_GENERATION_4_6: Mapping[str, Any] = {
    "efforts": (Effort.LOW, Effort.MEDIUM, Effort.HIGH, Effort.MAX),
    "thinking": frozenset({"disabled", "enabled", "adaptive"}),
    "thinks_by_default": False,
    "sampling": True,
    "system_messages": False,
    "new_tokenizer": False,
    "tool_prompt_tokens": (497, 589),
    "omits_thinking": False,
}
_GENERATION_4_5: Mapping[str, Any] = {
    "context_tokens": 200_000,
    "max_output_tokens": 64_000,
    "efforts": (),
    "default_effort": None,
    "thinking": frozenset({"disabled", "enabled"}),
    "thinks_by_default": False,
    "sampling": True,
    "prefill": True,
    "system_messages": False,
    "inference_geo": False,
    "new_tokenizer": False,
    "tool_prompt_tokens": (496, 588),
    "omits_thinking": False,
}
_FABLE_5: Mapping[str, Any] = {"thinking": frozenset({"adaptive"})}
_FABLE_5_1: Mapping[str, Any] = {
    **_FABLE_5,
    "forced_tools": False,
    "message_effort": True,
    "computer_20251124": False,
}
_FABLE_5_2: Mapping[str, Any] = {**_FABLE_5_1, "fast": "yes"}

# Sources: models overview, pricing, effort, thinking and tool-use pages of platform.claude.com (2026-10-08),
# the Fable 5.2 pages (2026-11-09). Mythos models are for verified organisations: the practice one is.
_TABLE = (
    Behaviour(
        model="claude-fable-5-2",
        line="fable",
        name="Claude Fable 5.2",
        released=date(2026, 11, 9),
        **_FABLE_5_2,
    ),
    Behaviour(
        model="claude-mythos-5-2",
        line="mythos",
        name="Claude Mythos 5.2",
        released=date(2026, 11, 9),
        **_FABLE_5_2,
    ),
    Behaviour(
        model="claude-fable-5-1",
        line="fable",
        name="Claude Fable 5.1",
        released=date(2026, 9, 1),
        **_FABLE_5_1,
    ),
    Behaviour(
        model="claude-mythos-5-1",
        line="mythos",
        name="Claude Mythos 5.1",
        released=date(2026, 9, 1),
        **_FABLE_5_1,
    ),
    Behaviour(
        model="claude-fable-5", line="fable", name="Claude Fable 5", released=date(2026, 6, 9), **_FABLE_5
    ),
    Behaviour(
        model="claude-mythos-5", line="mythos", name="Claude Mythos 5", released=date(2026, 6, 9), **_FABLE_5
    ),
    Behaviour(
        model="claude-opus-5-5",
        line="opus",
        name="Claude Opus 5.5",
        released=date(2026, 9, 22),
        default_effort=Effort.MEDIUM,
        forced_tools=False,
        message_effort=True,
        fast="yes",
        computer_20251124=False,
    ),
    Behaviour(
        model="claude-opus-5",
        line="opus",
        name="Claude Opus 5",
        released=date(2026, 7, 24),
        thinking=_OFF_OR_ADAPTIVE,
        off_max_effort=Effort.HIGH,
        message_effort=True,
        fast="yes",
    ),
    Behaviour(
        model="claude-opus-4-8",
        line="opus",
        name="Claude Opus 4.8",
        released=date(2026, 5, 28),
        thinking=_OFF_OR_ADAPTIVE,
        thinks_by_default=False,
        fast="yes",
        min_cacheable_tokens=1024,
        tool_prompt_tokens=(290, 410),
    ),
    Behaviour(
        model="claude-opus-4-7",
        line="opus",
        name="Claude Opus 4.7",
        released=date(2026, 4, 16),
        thinking=_OFF_OR_ADAPTIVE,
        thinks_by_default=False,
        min_cacheable_tokens=2048,
        tool_prompt_tokens=(675, 804),
    ),
    Behaviour(
        model="claude-opus-4-6",
        line="opus",
        name="Claude Opus 4.6",
        released=date(2026, 2, 5),
        fast="ignored",
        min_cacheable_tokens=4096,
        **_GENERATION_4_6,
    ),
    Behaviour(
        model="claude-opus-4-5-20251101",
        line="opus",
        name="Claude Opus 4.5",
        released=date(2025, 11, 24),
        aliases=("claude-opus-4-5",),
        min_cacheable_tokens=4096,
        **{
            **_GENERATION_4_5,
            "efforts": (Effort.LOW, Effort.MEDIUM, Effort.HIGH),
            "default_effort": Effort.HIGH,
        },
    ),
    Behaviour(
        model="claude-opus-4-1-20250805",
        line="opus",
        name="Claude Opus 4.1",
        released=date(2025, 8, 5),
        aliases=("claude-opus-4-1",),
        deprecated=date(2026, 6, 5),
        retires=date(2026, 8, 5),
        retired=True,
        min_cacheable_tokens=1024,
        **{**_GENERATION_4_5, "max_output_tokens": 32_000},
    ),
    Behaviour(
        model="claude-sonnet-5-5",
        line="sonnet",
        name="Claude Sonnet 5.5",
        released=date(2026, 9, 28),
        thinking=frozenset({"adaptive", "between_tools"}),
        off_max_effort=Effort.HIGH,
        forced_tools=False,
        message_effort=True,
        computer_20251124=False,
    ),
    Behaviour(
        model="claude-sonnet-5",
        line="sonnet",
        name="Claude Sonnet 5",
        released=date(2026, 6, 30),
        thinking=_OFF_OR_ADAPTIVE,
        system_messages=False,
        min_cacheable_tokens=1024,
        tool_prompt_tokens=(354, 474),
    ),
    Behaviour(
        model="claude-sonnet-4-6",
        line="sonnet",
        name="Claude Sonnet 4.6",
        released=date(2026, 2, 17),
        min_cacheable_tokens=1024,
        **_GENERATION_4_6,
    ),
    Behaviour(
        model="claude-sonnet-4-5-20250929",
        line="sonnet",
        name="Claude Sonnet 4.5",
        released=date(2025, 9, 29),
        aliases=("claude-sonnet-4-5",),
        deprecated=date(2026, 9, 30),
        retires=date(2026, 11, 30),
        min_cacheable_tokens=1024,
        **_GENERATION_4_5,
    ),
    Behaviour(
        model="claude-haiku-5-5",
        line="haiku",
        name="Claude Haiku 5.5",
        released=date(2026, 10, 7),
        default_effort=Effort.MEDIUM,
        thinking=_OFF_OR_ADAPTIVE,
        off_max_effort=Effort.HIGH,
        message_effort=True,
        computer_20251124=False,
    ),
    Behaviour(
        model="claude-haiku-4-5-20251001",
        line="haiku",
        name="Claude Haiku 4.5",
        released=date(2025, 10, 15),
        aliases=("claude-haiku-4-5",),
        min_cacheable_tokens=4096,
        **_GENERATION_4_5,
    ),
)
MODELS: Mapping[str, Behaviour] = MappingProxyType({row.model: row for row in _TABLE})
"""Every model of the practice API by ID, newest of each line first; retired ones are listed, not served."""

_BY_NAME = {name: row for row in _TABLE for name in (row.model, *row.aliases)}


def find(model: str) -> Behaviour | None:
    """Find a model by ID or alias, retired ones too; None if there is no such model."""
    return _BY_NAME.get(model)
