"""Prompts that were drawn, and what their answers are held against."""

from datetime import UTC, datetime

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.core.recorded import Recorded
from modelmix.core.reply import Reply, ToolCall
from modelmix.core.usage import Usage
from modelmix.pipeline.replay.prompt import prompt_of

CALL = Call(
    call_id="c",
    at=datetime(2026, 11, 1, tzinfo=UTC),
    source="messages",
    model_requested="claude-opus-5-5",
    model_served="claude-opus-5-5",
    usage=Usage(),
)
LOOK, MAIL = ToolCall("look", {"order": 7}), ToolCall("mail", {"to": "x"})


def _hash(*calls: ToolCall) -> str:
    request = {"tools": [{"name": "look"}, {"name": "mail"}]}
    recorded = Recorded(prompt_id="p", call=CALL, request=request, reply=Reply("", calls, "tool_use"))
    return prompt_of(recorded, Candidate("claude-opus-5-5")).reference_sha256


def test_what_is_held_against_is_known_by_every_call() -> None:
    """Grades that were held against other calls, or another order of them, are not taken for these."""
    assert len({_hash(LOOK), _hash(MAIL), _hash(LOOK, MAIL), _hash(MAIL, LOOK), _hash(LOOK, LOOK)}) == 5
    assert _hash(LOOK, MAIL) == _hash(LOOK, MAIL)


def test_one_call_has_the_hash_that_it_always_had() -> None:
    """Grades that are kept by it stay of use."""
    assert _hash(LOOK) == "14a886a3d2a195c03df938dcaaf866b59be775218380b4515595a6f952d3f084"
