"""A reply: what a model said in one answer, as far as it can be graded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one of the caller's own tools.

    Attributes:
        name: The tool.
        arguments: Its input.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model said, thinking left out; holds text and lives no longer than its grading.

    Attributes:
        text: All text blocks, joined.
        tool_calls: Calls of the caller's tools, in order.
        stop_reason: Why it stopped, or empty.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the model said all it meant to: it was neither cut off nor refused."""
        return self.stop_reason in {"", "end_turn", "stop_sequence", "tool_use"}
