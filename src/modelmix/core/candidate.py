"""A candidate: the model and effort that a policy may choose."""

import re
from dataclasses import dataclass
from enum import StrEnum

_CONTEXT_SUFFIX = re.compile(r"\[[0-9a-z]+\]$")


class Effort(StrEnum):
    """Effort level of the Messages API (``output_config.effort``), lowest first.

    Source: platform.claude.com/docs/en/build-with-claude/effort (2026-10-08).
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


def plain_model_id(model: str) -> str:
    """Strip the context suffix that clients add to a model ID.

    >>> plain_model_id("claude-opus-5-5[1m]")
    'claude-opus-5-5'
    """
    return _CONTEXT_SUFFIX.sub("", model.strip())


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A model and an effort: the thing that is chosen.

    Attributes:
        model: Model ID on the wire, without a context suffix.
        effort: Effort level, or None for the model's default.
    """

    model: str
    effort: Effort | None = None

    def __str__(self) -> str:
        return self.model if self.effort is None else f"{self.model}@{self.effort}"

    @classmethod
    def parse(cls, text: str) -> "Candidate":
        """Read ``MODEL`` or ``MODEL@EFFORT``.

        Raises:
            ValueError: The model is empty or the effort is not a level of the API.

        >>> Candidate.parse("claude-haiku-5-5@low").effort.value
        'low'
        """
        model, at, level = text.strip().partition("@")
        model = plain_model_id(model)
        if not model:
            raise ValueError(f"{text!r} names no model; write MODEL or MODEL@EFFORT")
        if not at:
            return cls(model)
        try:
            return cls(model, Effort(level))
        except ValueError:
            levels = ", ".join(Effort)
            raise ValueError(f"{level!r} in {text!r} is not an effort; write one of {levels}") from None
