"""Asking: the demo's HTTP client, which talks to a gateway or to the practice API alike."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from modelmix.errors import UpstreamError

_TIMEOUT_S = 30
_OK = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a client sees it.

    Attributes:
        body: The message; for a stream, put together from its events.
        served_model: What the gateway says answered; empty without a gateway.
        reason: What it says of why.
    """

    body: Mapping[str, Any]
    served_model: str = ""
    reason: str = ""

    @property
    def text(self) -> str:
        """Text of the answer."""
        return "".join(block.get("text", "") for block in self.body["content"] if block["type"] == "text")


class Client:
    """A keep-alive connection to an API on loopback.

    Args:
        url: Base URL.
    """

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def ask(self, body: Mapping[str, Any], *, task_type: str = "") -> Answer:
        """Send a Messages request and read the answer, streamed if the body says so.

        Raises:
            UpstreamError: The answer is an error.
        """
        headers = {
            "x-api-key": "practice",
            "anthropic-version": "2023-06-01",
            "content-type": "application/json",
        }
        if task_type:
            headers["modelmix-task"] = task_type
        self._connection.request("POST", "/v1/messages", json.dumps(body), headers)
        response = self._connection.getresponse()
        raw = response.read()
        if response.status != _OK:
            request_id = response.headers.get("request-id", "")
            raise UpstreamError(f"the practice API answered {response.status}", request_id=request_id)
        message = _assembled(raw) if body.get("stream") else json.loads(raw)
        told = response.headers
        return Answer(message, told.get("modelmix-served-model", ""), told.get("modelmix-reason", ""))


def _assembled(stream: bytes) -> dict[str, Any]:
    """Put the text of a stream's message together; the demo reads no more of it than that."""
    text: list[str] = []
    for line in stream.splitlines():
        if line.startswith(b"data:"):
            delta = json.loads(line[5:]).get("delta") or {}
            text.append(delta.get("text", "") if delta.get("type") == "text_delta" else "")
    return {"content": [{"type": "text", "text": "".join(text)}]}
