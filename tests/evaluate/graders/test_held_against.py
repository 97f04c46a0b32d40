"""What a recorded prompt's replies are held against."""

from datetime import UTC, datetime
from typing import Any

import pytest

from modelmix.core.call import Call
from modelmix.core.recorded import Recorded
from modelmix.core.reply import Reply, ToolCall
from modelmix.core.usage import Usage
from modelmix.evaluate.graders.grade import Reference
from modelmix.evaluate.graders.held_against import held_against

CALL = Call(
    call_id="c",
    at=datetime(2026, 11, 1, tzinfo=UTC),
    source="messages",
    model_requested="claude-opus-5-5",
    model_served="claude-opus-5-5",
    usage=Usage(),
)
SCHEMA = {"type": "object"}
FORMAT = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
TOOLS = {"tools": [{"name": "record", "input_schema": SCHEMA}]}
CALLS = (ToolCall("record", {"a": 1}),)
CALLED = Reply("", CALLS, "tool_use")
TWICE = (*CALLS, ToolCall("other", {}))


@pytest.mark.parametrize(
    ("request_body", "reply", "expected", "reference"),
    [
        ({}, Reply("yes"), None, Reference("yes")),
        ({}, Reply("yes"), "no", Reference("no", None, is_known=True)),
        ({}, Reply("ye", (), "max_tokens"), None, Reference(None)),
        ({}, Reply(" "), None, Reference(None)),
        (FORMAT, Reply("{}"), None, Reference("{}", SCHEMA)),
        ({"output_config": {"format": 1}}, Reply("{}"), None, Reference("{}")),
        (
            {**TOOLS, "tool_choice": {"type": "tool", "name": "record"}},
            CALLED,
            None,
            Reference('{"a":1}', SCHEMA, tool="record", calls=CALLS),
        ),
        (
            {**TOOLS, "tool_choice": {"type": "any"}},
            Reply("no call"),
            None,
            Reference(None, SCHEMA, tool="record"),
        ),
        (
            {**TOOLS, "tool_choice": {"type": "any"}},
            CALLED,
            '{"a": 2}',
            Reference('{"a": 2}', SCHEMA, is_known=True, tool="record"),
        ),
        (
            {"tools": [1, *TOOLS["tools"], {"name": "other"}], "tool_choice": {"type": "any"}},
            Reply("x"),
            "x",
            Reference("x", None, is_known=True, is_free=True),
        ),
        (TOOLS, CALLED, None, Reference('{"a":1}', SCHEMA, tool="record", calls=CALLS, is_free=True)),
        ({"tools": 1}, CALLED, None, Reference('{"a":1}', None, tool="record", calls=CALLS)),
        (
            TOOLS,
            Reply("Both.", TWICE, "tool_use"),
            None,
            Reference('{"a":1}', SCHEMA, tool="record", calls=TWICE, is_free=True),
        ),
        (TOOLS, Reply("No need."), None, Reference("No need.", calls=(), is_free=True)),
        (TOOLS, Reply(" "), None, Reference(None, is_free=True)),
        (TOOLS, Reply("No n", (), "max_tokens"), None, Reference(None, is_free=True)),
        (TOOLS, Reply("", CALLS, "max_tokens"), None, Reference(None, SCHEMA, tool="record", is_free=True)),
        ({**TOOLS, "tool_choice": {"type": "none"}}, Reply("No."), None, Reference("No.")),
    ],
)
def test_references_of_recorded_prompts(
    request_body: dict[str, Any], reply: Reply, expected: str | None, reference: Reference
) -> None:
    """The known answer, else what was answered whole; with the schema and tool that the request asks for."""
    recorded = Recorded(prompt_id="p", call=CALL, request=request_body, reply=reply, expected=expected)
    assert reference == held_against(recorded)
