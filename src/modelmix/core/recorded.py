"""A recorded pair: a request as it was sent, with the answer that it got."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelmix.core.call import Call
from modelmix.core.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded request with its answer: what a replay asks other candidates again.

    Attributes:
        prompt_id: Identity of the prompt: the same request has the same, whichever model it named.
        call: What was metered of it: model, effort, tokens, task type, session.
        request: The body as sent, decoded; holds the client's text.
        reply: What was answered.
        expected: The known right answer, or None where nobody tells.
        all_wrong: Whether a reviewer found no answer right that was shown.
        slice_name: Named slices that the log puts it in (``tenant acme; long``), or empty.
        cluster_id: Prompts that are not independent share it (same session, same document); empty if none.
        betas: Value of the ``anthropic-beta`` header that it was sent with, or empty.
    """

    prompt_id: str
    call: Call
    request: Mapping[str, Any]
    reply: Reply
    expected: str | None = None
    all_wrong: bool = False
    slice_name: str = ""
    cluster_id: str = ""
    betas: str = ""
