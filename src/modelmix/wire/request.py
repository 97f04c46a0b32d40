"""A Messages request as far as routing needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from modelmix.core.candidate import Effort

_EFFORTS = {effort.value: effort for effort in Effort}
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Request:
    """A decoded request; holds the client's text and lives no longer than its call.

    Attributes:
        model: Model it names.
        stream: Whether the answer is to be streamed.
        effort: Effort level it names, or None where it names none, or none that is known.
        fields: The whole body, decoded.
    """

    model: str
    stream: bool
    effort: Effort | None
    fields: Mapping[str, Any]

    @property
    def messages(self) -> Sequence[Mapping[str, Any]]:
        """The messages that are objects, in order."""
        messages = self.fields.get("messages")
        return [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []

    def object_at(self, key: str) -> Mapping[str, Any]:
        """Return the object that a field holds, empty where it holds none."""
        value = self.fields.get(key)
        return value if isinstance(value, dict) else {}


def read(body: bytes) -> Request:
    """Decode a request.

    Args:
        body: Its body, a JSON object.

    Raises:
        ValueError: The body is not a JSON object in UTF-8, is nested too deeply, or names no model.
    """
    try:
        fields = _decode(body)
    except RecursionError:
        raise ValueError("the request is nested too deeply") from None
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise ValueError("the request names no model")
    config = fields.get("output_config")
    level = config.get("effort") if isinstance(config, dict) else None
    effort = _EFFORTS.get(level) if isinstance(level, str) else None
    return Request(model, fields.get("stream") is True, effort, fields)
