"""The official SDK works through the gateway, in front of the practice API, as it does without."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import anthropic
import pytest

from gateway.rig import CAPABILITIES, DAY, POLICY, Kept
from modelmix.gateway.run import Setup
from modelmix.gateway.run import running as gateway_running
from modelmix.simulator.run import running as practice_running

TOOL: anthropic.types.ToolParam = {
    "name": "get_weather",
    "description": "Tell the weather of a place.",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
}
QUESTION: anthropic.types.MessageParam = {"role": "user", "content": "What is the weather in Oslo?"}
TAG = {"modelmix-task": "form-extraction"}


@pytest.fixture(scope="module")
def practice() -> Iterator[str]:
    """The practice API."""
    with practice_running(seed=7) as url:
        yield url


@pytest.fixture(name="kept")
def _kept() -> Kept:
    return Kept()


@pytest.fixture
def gateway(tmp_path: Path, practice: str, kept: Kept) -> Iterator[str]:
    """An enforcing gateway before the practice API."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    setup = Setup(
        home=tmp_path,
        capabilities=CAPABILITIES,
        open_rows=lambda: kept,
        policy=policy,
        upstream=practice,
        enforce=True,
        allow_uncertified=True,
        today=lambda: DAY,
    )
    with gateway_running(setup) as url:
        yield url


def client(url: str) -> anthropic.Anthropic:
    """A client that checks every answer's shape and does not try again."""
    return anthropic.Anthropic(
        base_url=url, api_key="sk-practice", max_retries=0, _strict_response_validation=True
    )


def test_a_message_is_routed_and_recorded(gateway: str, kept: Kept) -> None:
    """The answer names the model that served, the row has the answer's own usage."""
    with client(gateway) as api:
        message = api.messages.create(
            model="claude-opus-5-5", max_tokens=200, messages=[QUESTION], extra_headers=TAG
        )
    (row,) = kept.rows
    assert message.model == row.model_served == "claude-haiku-5-5"
    assert (row.call_id, row.request_id) == (message.id, message._request_id)
    assert row.usage.output_tokens == message.usage.output_tokens
    assert row.usage.input_tokens == message.usage.input_tokens


def test_a_stream_is_routed_and_recorded(gateway: str, kept: Kept) -> None:
    """Text comes in pieces, and the row has the final usage."""
    with (
        client(gateway) as api,
        api.messages.stream(
            model="claude-opus-5-5", max_tokens=200, messages=[QUESTION], extra_headers=TAG
        ) as stream,
    ):
        events = [event.type for event in stream]
        message = stream.get_final_message()
    (row,) = kept.rows
    assert events[0] == "message_start"
    assert events[-1] == "message_stop"
    assert (row.call_id, row.stream) == (message.id, True)
    assert row.usage.output_tokens == message.usage.output_tokens
    assert row.stop_reason == message.stop_reason


def test_asynchronous_calls_run_side_by_side(gateway: str, kept: Kept) -> None:
    """Many at once, streams among them, and a row for each."""

    async def ask_all() -> list[str]:
        async with anthropic.AsyncAnthropic(base_url=gateway, api_key="sk-practice", max_retries=0) as api:

            async def one(number: int) -> str:
                question: anthropic.types.MessageParam = {"role": "user", "content": f"Question {number}?"}
                if number % 2:
                    async with api.messages.stream(
                        model="claude-opus-5-5", max_tokens=64, messages=[question]
                    ) as stream:
                        return (await stream.get_final_message()).id
                return (
                    await api.messages.create(model="claude-opus-5-5", max_tokens=64, messages=[question])
                ).id

            return await asyncio.gather(*(one(number) for number in range(20)))

    seen = asyncio.run(ask_all())
    assert sorted(row.call_id for row in kept.rows) == sorted(seen)


def test_tools_and_a_virtual_model_work(gateway: str, kept: Kept) -> None:
    """A request with tools may be routed, and a virtual model is answered by a real one."""
    with client(gateway) as api:
        message = api.messages.create(
            model="claude-modelmix", max_tokens=300, messages=[QUESTION], tools=[TOOL], extra_headers=TAG
        )
    assert message.model == "claude-haiku-5-5"
    assert kept.rows[0].model_requested == "claude-modelmix"


def test_the_old_dialect_works_too(gateway: str, kept: Kept) -> None:
    """The key in ``x-api-key`` and the version of 2023 pass as they came."""
    old = {"x-api-key": "sk-practice", "anthropic-version": "2023-06-01"}
    with anthropic.Anthropic(
        base_url=gateway, api_key="sk-practice", max_retries=0, default_headers=old
    ) as api:
        message = api.messages.create(model="claude-opus-5-5", max_tokens=64, messages=[QUESTION])
    assert message.model == "claude-opus-5-5"
    assert len(kept.rows) == 1


def test_counts_and_models_pass(gateway: str, kept: Kept) -> None:
    """They answer as upstream answers, and leave no row."""
    with client(gateway) as api:
        assert api.messages.count_tokens(model="claude-opus-5-5", messages=[QUESTION]).input_tokens > 0
        assert "claude-opus-5-5" in {model.id for model in api.models.list()}
    assert kept.rows == []


def test_the_apis_own_refusals_arrive_as_they_are(gateway: str, kept: Kept) -> None:
    """The SDK raises what it raises without a gateway, and the row names the error."""
    with client(gateway) as api, pytest.raises(anthropic.NotFoundError):
        api.messages.create(model="claude-of-no-kind", max_tokens=64, messages=[QUESTION])
    assert [row.status for row in kept.rows] == [404]
    assert kept.rows[0].error == "not_found_error"
