"""The official client drives the practice API over a real socket and finds nothing wrong with it."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

from modelmix.core.candidate import Candidate
from modelmix.simulator import world

HI: list[Any] = [{"role": "user", "content": "Say hello."}]
WEATHER: Any = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
        "required": ["city", "days"],
    },
}


@pytest.fixture
def sdk(practice_url: str) -> Iterator[anthropic.Anthropic]:
    """The official client, which here validates every answer strictly and does not retry."""
    with anthropic.Anthropic(
        base_url=practice_url, api_key="sk-practice", max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


def bill(url: str) -> dict[str, Any]:
    """Return the practice API's own bill."""
    with urllib.request.urlopen(f"{url}/simulator/bill") as reply:  # noqa: S310 - loopback
        return dict(json.load(reply))


@pytest.mark.parametrize(
    "model", ["claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5"]
)
def test_a_message_has_the_shape_that_the_strict_client_demands(sdk: anthropic.Anthropic, model: str) -> None:
    """A plain call answers in text, under the pinned model ID, with a usage that adds up."""
    reply = sdk.messages.create(model=model, max_tokens=2000, messages=HI)
    assert reply.model.startswith(model)
    assert reply.stop_reason == "end_turn"
    assert reply.content[-1].type == "text"
    assert "synthetic" in reply.content[-1].text
    assert reply.usage.output_tokens_details is not None
    assert 0 <= reply.usage.output_tokens_details.thinking_tokens < reply.usage.output_tokens


@pytest.mark.parametrize(
    "prompt", [next(world.prompts(5, 1, kind)) for kind in world.KINDS], ids=list(world.KINDS)
)
def test_a_world_prompt_gets_the_answer_that_the_world_foretells(
    sdk: anthropic.Anthropic, prompt: world.Prompt
) -> None:
    """Over HTTP and in the process the answer is the same, and so is whether it is correct."""
    reply = sdk.messages.create(model="claude-haiku-5-5", **prompt.body)
    text = next(block.text for block in reply.content if block.type == "text")
    assert text == world.answer(prompt, Candidate("claude-haiku-5-5"), seed=1)


def test_the_seed_header_overrides_the_seed_of_the_server(sdk: anthropic.Anthropic) -> None:
    """Another seed draws other luck: among 60 hard prompts some answers change."""
    model = "claude-haiku-5-5"
    changed = 0
    for prompt in world.prompts(5, 60, "analytical-question"):
        reply = sdk.messages.create(model=model, extra_headers={"x-simulate-seed": "2"}, **prompt.body)
        text = next(block.text for block in reply.content if block.type == "text")
        assert text == world.answer(prompt, Candidate(model), seed=2)
        changed += text != world.answer(prompt, Candidate(model), seed=1)
    assert changed > 5


def test_a_stream_reassembles_to_the_message_that_json_returns(sdk: anthropic.Anthropic) -> None:
    """The client's accumulated stream equals the plain answer, block for block and token for token."""
    for options in (
        {"messages": HI},
        {"messages": HI, "thinking": {"type": "adaptive", "display": "summarized"}},
        {"messages": HI, "tools": [WEATHER], "tool_choice": {"type": "any"}},
    ):
        asked: Any = {"model": "claude-haiku-5-5", "max_tokens": 3000, **options}
        whole = sdk.messages.create(**asked)
        with sdk.messages.stream(**asked) as stream:
            pieces = stream.get_final_message()
        left, right = whole.model_dump(exclude={"id"}), pieces.model_dump(exclude={"id", "parsed_output"})
        for block in right["content"]:
            block.pop("parsed_output", None)
        assert right == left


def test_the_asynchronous_client_works_in_parallel(practice_url: str) -> None:
    """Twenty calls at once each get their own request id and message id."""

    async def calls() -> list[anthropic.types.Message]:
        async with anthropic.AsyncAnthropic(base_url=practice_url, api_key="sk", max_retries=0) as sdk:
            return await asyncio.gather(
                *(
                    sdk.messages.create(model="claude-haiku-5-5", max_tokens=500, messages=HI)
                    for _ in range(20)
                )
            )

    replies = asyncio.run(calls())
    assert len({reply.id for reply in replies}) == 20
    assert len({reply._request_id for reply in replies}) == 20


def test_tools_are_called_with_input_that_conforms_to_their_schema(sdk: anthropic.Anthropic) -> None:
    """A tool that the question names is called, and its result ends the turn."""
    ask: list[Any] = [{"role": "user", "content": "Use get_weather for Oslo."}]
    first = sdk.messages.create(model="claude-sonnet-5-5", max_tokens=2000, tools=[WEATHER], messages=ask)
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.input == {"city": "synthetic", "days": 2}
    result: Any = {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"}],
    }
    history: Any = [*ask, {"role": "assistant", "content": first.content}, result]
    last = sdk.messages.create(model="claude-sonnet-5-5", max_tokens=2000, tools=[WEATHER], messages=history)
    assert last.stop_reason == "end_turn"


def test_the_tool_runner_falls_back_when_threads_are_declined(sdk: anthropic.Anthropic) -> None:
    """The runner asks for a thread, is declined in the documented way, and goes on with the whole history."""

    @anthropic.beta_tool
    def get_time(zone: str) -> str:
        """Return the time in a zone.

        Args:
            zone: The zone.
        """
        return f"noon in {zone}"

    runner = sdk.beta.messages.tool_runner(
        model="claude-haiku-5-5",
        max_tokens=2000,
        tools=[get_time],
        messages=[{"role": "user", "content": "Call get_time, please."}],
    )
    assert [message.stop_reason for message in runner] == ["tool_use", "end_turn"]


class Person(BaseModel):
    """A structured answer."""

    name: str
    age: int
    tags: list[str]


def test_structured_output_conforms_to_the_schema(sdk: anthropic.Anthropic) -> None:
    """The client parses the answer into its own model."""
    reply = sdk.messages.parse(model="claude-opus-5-5", max_tokens=2000, messages=HI, output_format=Person)
    assert isinstance(reply.parsed_output, Person)


def test_counting_agrees_with_what_is_billed(sdk: anthropic.Anthropic) -> None:
    """count_tokens returns the whole prompt of the same request, cached or not."""
    prompt = next(world.prompts(9, 1, "report-summary"))
    asked = {name: prompt.body[name] for name in ("system", "messages")}
    for model in ("claude-haiku-5-5", "claude-haiku-4-5"):
        count = sdk.messages.count_tokens(model=model, **asked).input_tokens
        usage = sdk.messages.create(model=model, max_tokens=2000, **asked).usage
        written, read = usage.cache_creation_input_tokens or 0, usage.cache_read_input_tokens or 0
        assert usage.input_tokens + written + read == count


def test_the_models_list_pages_and_a_card_tells_the_capabilities(sdk: anthropic.Anthropic) -> None:
    """Small pages, followed to the end, hold every model once; an alias finds its pinned model."""
    ids = [model.id for model in sdk.models.list(limit=4)]
    assert len(ids) == len(set(ids)) == len(sdk.models.list(limit=1000).data)
    card = sdk.models.retrieve("claude-haiku-4-5")
    assert card.id == "claude-haiku-4-5-20251001"
    assert card.capabilities is not None
    assert not card.capabilities.effort.supported
    assert sdk.models.retrieve("claude-sonnet-4-5").lifecycle == "deprecated"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("429", anthropic.RateLimitError),
        ("529", anthropic.OverloadedError),
        ("500", anthropic.InternalServerError),
        ("cut", anthropic.APIConnectionError),
    ],
)
def test_an_injected_fault_reaches_the_client_as_its_own_error(
    sdk: anthropic.Anthropic, practice_url: str, fault: str, error: type[Exception]
) -> None:
    """Each fault raises the client's class for it, and no call is billed for an error."""
    before = bill(practice_url)["total"]["calls"]
    with pytest.raises(error):
        sdk.messages.create(
            model="claude-haiku-5-5", max_tokens=500, messages=HI, extra_headers={"x-simulate-error": fault}
        )
    assert bill(practice_url)["total"]["calls"] == before + (fault == "cut")


def test_the_clients_own_retry_gets_through_a_fault_that_passes(sdk: anthropic.Anthropic) -> None:
    """With ``times=1`` the first call fails and the client's first retry succeeds."""
    reply = sdk.with_options(max_retries=1).messages.create(
        model="claude-haiku-5-5",
        max_tokens=500,
        messages=HI,
        extra_headers={"x-simulate-error": "500;times=1", "retry-after": "0"},
    )
    assert reply.stop_reason == "end_turn"


def test_a_cut_stream_breaks_off_after_the_events_asked_for(sdk: anthropic.Anthropic) -> None:
    """The connection closes without an end; what came before is whole events."""
    seen: list[str] = []
    with (
        pytest.raises(Exception, match="peer closed connection") as caught,
        sdk.messages.stream(
            model="claude-haiku-4-5",
            max_tokens=500,
            messages=HI,
            extra_headers={"x-simulate-error": "cut;after=5"},
        ) as stream,
    ):
        seen.extend(event.type for event in stream)
    assert seen[0] == "message_start"
    assert "message_stop" not in seen
    assert "RemoteProtocolError" in caught.type.__name__


def test_an_overload_in_mid_stream_comes_as_an_event(sdk: anthropic.Anthropic) -> None:
    """After status 200 the error is an event of the stream, which the client raises."""
    with (
        pytest.raises(anthropic.APIStatusError, match="Overloaded"),
        sdk.messages.stream(
            model="claude-haiku-5-5",
            max_tokens=500,
            messages=HI,
            extra_headers={"x-simulate-error": "529;after=4"},
        ) as stream,
    ):
        list(stream)


def test_a_stalled_stream_is_ended_by_the_clients_own_time_limit(sdk: anthropic.Anthropic) -> None:
    """Nothing comes after the events asked for; the client gives up and the server lets go of the call."""
    with (
        pytest.raises(Exception, match=r"(?i)timed? ?out") as caught,
        sdk.with_options(timeout=0.3).messages.stream(
            model="claude-haiku-5-5", max_tokens=500, messages=HI, extra_headers={"x-simulate-error": "stall"}
        ) as stream,
    ):
        list(stream)
    assert "Timeout" in caught.type.__name__


def test_the_bill_equals_what_the_client_was_told(sdk: anthropic.Anthropic, practice_url: str) -> None:
    """Sums over the client's usages and the practice API's own bill agree to the token."""
    before = bill(practice_url)
    told, ids = [0, 0, 0, 0], []
    for prompt in world.prompts(21, 12):
        reply = sdk.messages.create(model="claude-opus-5", **prompt.body)
        usage = reply.usage
        ids.append(reply._request_id)
        row = (
            usage.input_tokens,
            usage.cache_read_input_tokens or 0,
            usage.cache_creation_input_tokens or 0,
            usage.output_tokens,
        )
        told = [total + one for total, one in zip(told, row, strict=True)]
    after = bill(practice_url)
    names = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "output_tokens")
    assert [after["total"][name] - before["total"][name] for name in names] == told
    assert after["request_ids"][-12:] == ids
