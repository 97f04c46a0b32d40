"""A reply is whole where the model said all that it meant to."""

import pytest

from modelmix.core.reply import Reply


@pytest.mark.parametrize(
    ("stop_reason", "whole"),
    [
        ("end_turn", True), ("stop_sequence", True), ("tool_use", True), ("", True), ("max_tokens", False),
        ("refusal", False), ("pause_turn", False), ("model_context_window_exceeded", False),
        ("a reason of next year", False),
    ],
)  # fmt: skip
def test_a_reply_is_whole_unless_it_was_cut_off_or_refused(stop_reason: str, whole: bool) -> None:
    """Reasons that nobody knows count as cut off: doubt does not make an answer right."""
    assert whole is Reply("text", stop_reason=stop_reason).is_whole
