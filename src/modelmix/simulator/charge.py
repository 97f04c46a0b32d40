"""Charge: one billed call, the event that bill, usage report and rate limits are all made from."""

from dataclasses import dataclass

from modelmix.simulator.cache import Split

_SHORT_PROMPT_TOKENS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One billed call.

    Attributes:
        request_id: Its request id.
        at: Seconds at which it was accepted, by the clock of the practice API.
        model: Model that served it.
        api_key_id: Public id of the key that it was made with.
        workspace_id: Workspace that it named, or None for the default one.
        inference_geo: Where it ran: ``global``, ``us`` or ``not_available``.
        speed: ``standard`` or ``fast``.
        service_tier: ``standard`` or ``batch``.
        split: Its prompt by bucket.
        output_tokens: Its output, thinking included.
    """

    request_id: str
    at: float
    model: str
    api_key_id: str
    workspace_id: str | None
    inference_geo: str
    speed: str
    split: Split
    output_tokens: int
    service_tier: str = "standard"

    @property
    def context_window(self) -> str:
        """The class of its prompt's length: ``0-200k`` or ``200k-1M``."""
        return "0-200k" if self.split.total <= _SHORT_PROMPT_TOKENS else "200k-1M"
