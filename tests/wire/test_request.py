"""A request is decoded as far as routing needs it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Effort
from modelmix.wire.request import read


def test_the_fields_that_route_are_read() -> None:
    """Model, stream and effort; all other fields stay at hand."""
    body = (
        b'{"model":"claude-opus-5-5","stream":true,"output_config":{"effort":"low"},'
        b'"messages":[{"role":"user"},4]}'
    )
    request = read(body)
    assert (request.model, request.stream, request.effort) == ("claude-opus-5-5", True, Effort.LOW)
    assert request.messages == [{"role": "user"}]
    assert request.object_at("output_config") == {"effort": "low"}
    assert request.object_at("thinking") == {}


@pytest.mark.parametrize("config", [None, 5, {}, {"effort": None}, {"effort": 3}, {"effort": "extreme"}])
def test_an_effort_that_is_not_a_level_is_none(config: object) -> None:
    """What the API would refuse is not read as a level."""
    request = read(json.dumps({"model": "m", "stream": "yes", "output_config": config}).encode())
    assert (request.effort, request.stream, list(request.messages)) == (None, False, [])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"model":""}', b'{"model":5}', b'{"model":"x"', b'{"a":' + b"[" * 9000]
)
def test_a_body_without_a_model_is_refused(body: bytes) -> None:
    """ValueError says in a clause why; the gateway then forwards it as it is."""
    with pytest.raises(ValueError, match=r"."):
        read(body)


@given(st.binary(max_size=50))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing but ValueError comes out."""
    try:
        assert read(body).model
    except ValueError:
        return
