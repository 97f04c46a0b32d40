"""Features describe a request in numbers, whatever its shape."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.classify.features import TOKENS_PER_IMAGE, features
from modelmix.classify.fingerprints import Fingerprints
from modelmix.classify.template import fingerprint
from modelmix.core.candidate import Candidate
from modelmix.core.task import Features

OPUS = Candidate("claude-opus-5-5")
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 4000}}
PDF = {"type": "document", "source": {"type": "base64", "data": "A" * 80_000}}
BODY = {
    "model": "claude-opus-5-5",
    "system": "Extract the fields of the form.",
    "max_tokens": 500,
    "stream": True,
    "tools": [{"name": "a"}, {"name": "b"}],
    "tool_choice": {"type": "tool", "name": "a"},
    "output_config": {"format": {"type": "json_schema"}},
    "messages": [
        {"role": "user", "content": "text"},
        {"role": "user", "content": [{"type": "text", "text": "x"}, IMAGE, PDF]},
        {"role": "user", "content": [{"type": "tool_result", "content": [IMAGE]}, {"type": "tool_result"}]},
    ],
}


def test_everything_is_counted() -> None:
    """Messages, tools, media inside tool results, limits and switches arrive; no text does."""
    size = len(json.dumps(BODY))
    text_bytes = size - 8000 - 80_000
    assert features(BODY, OPUS, tag="forms", size_bytes=size, fingerprints=Fingerprints()) == Features(
        requested=OPUS,
        tag="forms",
        template=fingerprint(BODY["system"]).sha,
        input_tokens=int(text_bytes / 2.5) + 2 * TOKENS_PER_IMAGE + 2000,
        max_tokens=500,
        messages=3,
        tools=2,
        images=2,
        documents=1,
        stream=True,
        has_schema=True,
        forced_tool=True,
    )


def test_without_a_size_the_body_is_measured() -> None:
    """The estimate does not hang on the caller; what cannot be measured counts as nothing."""
    body = {"messages": [{"role": "user", "content": "x" * 2500}]}
    assert 1000 <= features(body, OPUS).input_tokens <= 1040
    assert features({"odd": object()}, OPUS).input_tokens == 0


def test_an_empty_body_has_empty_features() -> None:
    """Where nothing is asked for, nothing is counted, and an invalid tag is none."""
    assert features({}, OPUS, tag="not a tag", size_bytes=1) == Features(requested=OPUS)


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"output_format": {"type": "json_schema"}}, "has_schema", True),
        ({"output_config": {"effort": "low"}}, "has_schema", False),
        ({"tool_choice": {"type": "any"}}, "forced_tool", True),
        ({"tool_choice": {"type": "auto"}}, "forced_tool", False),
        ({"max_tokens": True}, "max_tokens", 0),
        ({"max_tokens": -1}, "max_tokens", 0),
        ({"stream": "true"}, "stream", False),
        ({"messages": {"a": 1}}, "messages", 0),
        ({"messages": ["a", {"content": ["b"]}]}, "messages", 2),
        (
            {"messages": [{"content": [{"type": "image", "source": {"type": "url"}}, {"type": "image"}]}]},
            "images",
            2,
        ),
        (
            {"messages": [{"content": [{"type": "image", "source": {"type": "base64", "data": 5}}]}]},
            "images",
            1,
        ),
    ],
)
def test_shapes_at_the_border(body: dict[str, Any], field: str, value: object) -> None:
    """Each switch is read from exactly the values that set it."""
    assert getattr(features(body, OPUS, size_bytes=10), field) == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "content", "source", "data", "text", "format"]) | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*BODY, "output_format"]), JSON), JSON)
def test_no_shape_raises(changes: dict[str, Any], tag: object) -> None:
    """Any JSON in any field gives features with counts that are not negative."""
    found = features({**BODY, **changes}, OPUS, tag=tag)
    assert (
        min(found.input_tokens, found.max_tokens, found.messages, found.tools, found.images, found.documents)
        >= 0
    )
