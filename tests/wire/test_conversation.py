"""A request is known as the last turn of a conversation, whatever its shape."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.wire.conversation import is_last_turn

USER = {"role": "user", "content": "Go on."}
TOLD = {"role": "assistant", "content": "Done."}
CALLED = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "bash", "input": {}}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("messages", "is_turn"),
    [
        ([USER], False),
        ([USER, TOLD, USER], False),
        ([USER, TOLD, USER, TOLD, USER], False),
        ([USER, TOLD, USER, TOLD, USER, TOLD, USER], True),
        ([USER, CALLED, USER], True),
        ([], False),
        (None, False),
        (["text", {"role": "assistant"}, {"role": "assistant", "content": ["x", {"type": "text"}]}], False),
    ],
)
def test_what_goes_on_with_a_conversation(messages: Any, is_turn: bool) -> None:  # noqa: ANN401 - any JSON, as a table of cases
    """An agent's request after a tool call, or after three answers, is a last turn; a first one is not."""
    assert is_last_turn({"messages": messages}) is is_turn


@given(st.dictionaries(st.sampled_from(["messages", "tools"]), JSON, max_size=2))
def test_any_request_is_one_or_the_other(request: dict[str, Any]) -> None:
    """No shape raises."""
    assert is_last_turn(request) in {True, False}


@given(st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": JSON})))
def test_any_history_is_one_or_the_other(messages: list[Any]) -> None:
    """No content raises."""
    assert is_last_turn({"messages": messages}) in {True, False}
