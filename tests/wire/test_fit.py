"""A route whose request the target would reject is not taken."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix import settings
from modelmix.core.candidate import Effort
from modelmix.core.capabilities import Capability
from modelmix.wire.fit import NEUTRAL_FIELDS, reject_reason
from modelmix.wire.request import read

TABLE = settings.load().capabilities()


def capability(model: str) -> Capability:
    """Look a model up."""
    found = TABLE.find(model)
    assert found is not None
    return found


def reason(
    model: str, fields: Mapping[str, Any], effort: Effort | None = None, tokens: int = 0
) -> str | None:
    """Ask for a request with a few fields beside the usual ones."""
    body = {
        "model": "claude-opus-5-5",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }
    return reject_reason(read(json.dumps(body).encode()), capability(model), effort, tokens)


@pytest.mark.parametrize(
    ("model", "fields", "effort", "expected"),
    [
        ("claude-haiku-5-5", {}, Effort.LOW, None),
        ("claude-haiku-4-5", {}, Effort.LOW, "effort low"),
        ("claude-opus-4-6", {}, Effort.XHIGH, "effort xhigh"),
        ("claude-haiku-5-5", {"temperature": 1}, None, None),
        ("claude-haiku-5-5", {"temperature": 0.5}, None, "temperature"),
        ("claude-haiku-5-5", {"temperature": [1]}, None, "temperature"),
        ("claude-haiku-5-5", {"top_k": 3}, None, "top_k"),
        ("claude-haiku-4-5", {"temperature": 0.5, "top_p": 0.9}, None, None),
        ("claude-haiku-5-5", {"messages": [{"role": "assistant", "content": "{"}]}, None, "prefill"),
        ("claude-haiku-4-5", {"messages": [{"role": "assistant", "content": "{"}]}, None, None),
        ("claude-haiku-4-5", {"messages": [{"role": "system", "content": ""}]}, None, "system message"),
        (
            "claude-haiku-5-5",
            {"messages": [{"role": "system", "output_config": {}}]},
            None,
            "message output_config",
        ),
        (
            "claude-haiku-5-5",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            None,
            "thinking enabled",
        ),
        ("claude-haiku-4-5", {"thinking": {"type": "adaptive"}}, None, "thinking adaptive"),
        ("claude-haiku-5-5", {"thinking": {"type": ["?"]}}, None, "thinking unknown"),
        ("claude-haiku-5-5", {"thinking": {"type": "disabled"}}, Effort.HIGH, None),
        ("claude-haiku-5-5", {"thinking": {"type": "disabled"}}, None, None),
        (
            "claude-haiku-5-5",
            {"thinking": {"type": "disabled"}},
            Effort.MAX,
            "thinking disabled at effort max",
        ),
        ("claude-opus-5-5", {"thinking": {"type": "disabled"}}, None, "thinking disabled"),
        ("claude-sonnet-5-5", {"thinking": {"type": "between_tools"}}, Effort.LOW, None),
        ("claude-sonnet-5-5", {"tool_choice": {"type": "tool", "name": "x"}}, None, "forced tool"),
        ("claude-haiku-5-5", {"tool_choice": {"type": "any"}}, None, None),
        ("claude-haiku-5-5", {"tools": [{"name": "x"}, {"type": "custom", "name": "y"}]}, None, None),
        ("claude-haiku-5-5", {"tools": [{"type": "computer_20251124"}]}, None, "tool computer_20251124"),
        ("claude-haiku-5-5", {"max_tokens": 64001}, None, None),
        ("claude-haiku-4-5", {"max_tokens": 64001}, None, "max_tokens"),
        ("claude-haiku-4-5", {"inference_geo": "us"}, None, "inference_geo"),
        ("claude-haiku-5-5", {"speed": "fast"}, None, "speed fast"),
        ("claude-haiku-5-5", {"output_config": {"effort": "low", "format": {}}}, None, None),
        ("claude-haiku-5-5", {"output_config": {"task_budget": 5}}, None, "output_config task_budget"),
        ("claude-haiku-5-5", {"thread": {"type": "create"}}, None, "field thread"),
        ("claude-haiku-5-5", {"a\r\nb: c": 1}, None, "field abc"),
    ],
)
def test_each_documented_rejection(
    model: str, fields: Mapping[str, Any], effort: Effort | None, expected: str | None
) -> None:
    """The obstacle is named in stable words; what the target takes is no obstacle."""
    assert reason(model, fields, effort) == expected


def test_a_prompt_that_may_be_too_long_is_an_obstacle() -> None:
    """An estimate may fall short, so it is taken with its excess."""
    assert reason("claude-haiku-4-5", {}, None, 150_000) is None
    assert reason("claude-haiku-4-5", {}, None, 160_000) == "prompt length"


@given(
    st.dictionaries(
        st.sampled_from(sorted(NEUTRAL_FIELDS - {"model"})),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["type", "role", "effort", "x"]), inner, max_size=3)
            ),
        ),
    )
)
def test_any_request_is_judged(fields: dict[str, object]) -> None:
    """Fields of another type than documented raise nothing, and the words can stand in a header."""
    for model in ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-haiku-4-5"):
        said = reason(model, fields)
        assert said is None or (said.isascii() and said.isprintable())
