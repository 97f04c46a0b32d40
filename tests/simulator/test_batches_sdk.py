"""The official client drives message batches of the practice API, under both versions, and finds no fault."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from modelmix.core.candidate import Candidate
from modelmix.simulator import world
from modelmix.simulator.run import running
from modelmix.simulator.settings import Settings
from simulator.practice import Clock

MODEL = "claude-haiku-5-5"


@pytest.fixture
def clock() -> Clock:
    """A clock that stands until it is moved."""
    return Clock()


@pytest.fixture(params=["2023-06-01", "2026-10-21"])
def sdk(request: pytest.FixtureRequest, clock: Clock) -> Iterator[anthropic.Anthropic]:
    """The official client, which validates every answer strictly, before a practice API of its own."""
    with (
        running(settings=Settings(seed=1, clock=clock, batch_seconds=100.0)) as url,
        anthropic.Anthropic(
            base_url=url,
            api_key="sk-practice",
            max_retries=0,
            _strict_response_validation=True,
            default_headers={"anthropic-version": request.param},
        ) as client,
    ):
        yield client


def asked(n: int) -> list[Any]:
    """Return requests of the practice world, named by their prompts."""
    return [
        {"custom_id": prompt.prompt_id, "params": {"model": MODEL, **prompt.body}}
        for prompt in world.prompts(5, n)
    ]


def test_a_batch_from_its_creation_to_its_results(sdk: anthropic.Anthropic, clock: Clock) -> None:
    """The answers are those that the world foretells, each under its own id."""
    batches = sdk.messages.batches
    batch = batches.create(requests=asked(30))
    assert (batch.processing_status, batch.request_counts.processing) == ("in_progress", 30)
    assert (batch.expires_at - batch.created_at).total_seconds() == 86_400
    with pytest.raises(anthropic.AnthropicError, match="No `results_url`"):
        batches.results(batch.id)
    clock.now += 100.0
    ended = batches.retrieve(batch.id)
    assert (ended.processing_status, ended.request_counts.succeeded) == ("ended", 30)
    texts = {}
    for line in batches.results(batch.id):
        assert line.result.type == "succeeded"
        assert line.result.message.usage.service_tier == "batch"
        texts[line.custom_id] = next(
            block.text for block in line.result.message.content if block.type == "text"
        )
    assert texts == {
        prompt.prompt_id: world.answer(prompt, Candidate(MODEL), seed=1) for prompt in world.prompts(5, 30)
    }
    assert batches.delete(batch.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        batches.retrieve(batch.id)


def test_cancelled_expired_and_failed_requests(sdk: anthropic.Anthropic, clock: Clock) -> None:
    """The client tells all four results apart."""
    batches = sdk.messages.batches
    fault = {"x-simulate-batch": "error=1;expire=1"}
    first = batches.create(requests=asked(10), extra_headers=fault)
    second = batches.create(requests=[*asked(2), {"custom_id": "bad", "params": {}}])  # type: ignore[typeddict-item] # what is wrong is the point
    assert batches.cancel(second.id).processing_status == "canceling"
    clock.now += 86_400.0
    kinds = [line.result.type for line in batches.results(first.id)]
    assert sorted(kinds) == ["errored", "expired", *["succeeded"] * 8]
    assert [line.result.type for line in batches.results(second.id)] == ["canceled"] * 3
    third = batches.create(requests=[{"custom_id": "bad", "params": {}}])  # type: ignore[typeddict-item] # the same
    clock.now += 100.0
    (line,) = batches.results(third.id)
    assert line.result.type == "errored"
    assert line.result.error.error.type == "invalid_request_error"


def test_the_client_pages_through_the_list(sdk: anthropic.Anthropic) -> None:
    """Newest first, each once; the beta resource sees the same."""
    ids = [sdk.messages.batches.create(requests=asked(1)).id for _ in range(5)][::-1]
    assert [batch.id for batch in sdk.messages.batches.list(limit=2)] == ids
    assert [batch.id for batch in sdk.beta.messages.batches.list(limit=3)] == ids


def test_refusals_reach_the_client_as_its_own_errors(sdk: anthropic.Anthropic) -> None:
    """A repeated id, a batch in progress that is to be deleted, one that nobody knows."""
    batches = sdk.messages.batches
    with pytest.raises(anthropic.BadRequestError, match="must be unique within a batch"):
        batches.create(requests=[*asked(1), *asked(1)])
    batch = batches.create(requests=asked(1))
    with pytest.raises(anthropic.BadRequestError, match="In progress batches cannot be deleted"):
        batches.delete(batch.id)
    with pytest.raises(anthropic.NotFoundError, match="Message Batch msgbatch_none not found"):
        batches.cancel("msgbatch_none")
