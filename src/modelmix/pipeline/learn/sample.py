"""Sample: one request in flight with its answer, made ready to be asked again; held in memory only."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec

from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.recorded import Recorded
from modelmix.economics.quote import Quoter
from modelmix.errors import PriceNotFound
from modelmix.evaluate.graders.grader import Grader
from modelmix.ingest import recorded as recorded_rows
from modelmix.ingest.recorded import SetAside
from modelmix.pipeline.learn.ask import LearnAsk
from modelmix.pipeline.replay.ask import Ask
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.pipeline.replay.planner import answer_id
from modelmix.pipeline.replay.prompt import Prompt
from modelmix.pipeline.replay.recordings import OTHER_MODEL, Recordings
from modelmix.pipeline.replay.traffic import Traffic
from modelmix.upstream.headers import Headers
from modelmix.wire.replayable import asking

UNREADABLE: Final = "request or answer could not be read"
AGAIN_SHARE: Final = 0.25
"""Share of the prompts that the baseline is asked again, until there are as many as were asked for."""

_NOTHING: Final = Recordings((), (), 0, {}, ())


@dataclass(frozen=True, slots=True)
class Sample:
    """A request in flight with its answer; holds text and a key, and lives until it is graded.

    Attributes:
        recorded: The request and the client's answer.
        asked: Candidate that it asked for, its effort the effective one.
        size_bytes: Length of both.
        auth: The client's own key as it sent it; empty where the gateway has one.
    """

    recorded: Recorded = field(repr=False)
    asked: Candidate
    size_bytes: int = 0
    auth: Headers = field(default_factory=list, repr=False)


def sample_of(
    row: bytes, call: Call, betas: str, capabilities: CapabilityTable, auth: Headers | None = None
) -> Sample | str:
    """Read a pair, or say why it cannot be asked again faithfully.

    Args:
        row: The pair as a capture writes it, nothing masked.
        call: The ledger's row of it.
        betas: Value of its ``anthropic-beta`` header, or empty.
        capabilities: Tells the effort that an absent one stands for.
        auth: Headers with the client's key, or none.
    """
    if betas:
        row = row.rstrip()[:-1] + b',"headers":' + msgspec.json.encode({"anthropic-beta": betas}) + b"}"
    for found in recorded_rows.read([row], "gateway"):
        if isinstance(found, BadRow):
            return UNREADABLE
        if isinstance(found, SetAside):
            return found.why
        if call.model_served != call.model_requested:
            return OTHER_MODEL
        asked = capabilities.effective(Candidate(call.model_requested, call.effort))
        return Sample(replace(found, call=call), asked, len(row), auth or [])
    return UNREADABLE


def items_of(
    prompt: Prompt,
    candidates: Sequence[tuple[Candidate, bool]],
    upstream: str,
    quoter: Quoter,
) -> tuple[list[Item], list[tuple[Candidate, str]]]:
    """Write what is asked of whom, and what each would reject.

    Args:
        prompt: The request.
        candidates: Who is asked, and whether that is the baseline again.
        upstream: Base URL of the API.
        quoter: Prices and capabilities of the day.

    Returns:
        The requests, with their quotes; and candidates that are not asked, with the reason.
    """
    items: list[Item] = []
    rejected: list[tuple[Candidate, str]] = []
    recorded = prompt.recorded
    tokens, limit = recorded.call.usage.prompt_tokens, recorded.request.get("max_tokens")
    for candidate, again in candidates:
        try:
            request = asking(recorded.request, candidate, quoter.capabilities, tokens)
            if isinstance(request, str):
                rejected.append((candidate, request))
                continue
            quote = quoter.quote(
                recorded.call,
                candidate.model,
                limit if isinstance(limit, int) else 0,
                writes_cache=b'"cache_control"' in request.body,
            )
        except ValueError as error:
            rejected.append((candidate, str(error)))
        except PriceNotFound:
            rejected.append((candidate, "no price for what it asks"))
        else:
            identity = answer_id(upstream, recorded.betas, request.body)
            items.append(Item(0, candidate, identity, quote, tokens, again, request.changes))
    return items, rejected


def plan_of(prompt: Prompt, grader: Grader, items: Sequence[Item], ask: LearnAsk, quoter: Quoter) -> Plan:
    """Write a plan of one prompt, so that its answers become evidence exactly as a replay's do."""
    return Plan(
        ask=Ask(places=(), margin=ask.margin, alpha=ask.alpha, upstream=ask.upstream),
        day=quoter.day,
        recordings=_NOTHING,
        types=(),
        prompts=(prompt,),
        graders={prompt.recorded.call.task_type: grader},
        items=tuple(items),
        traffic=Traffic(quoter, {}, {}),
    )


def is_again(prompt_id: str, seed: int) -> bool:
    """Say whether the baseline may be asked a prompt again: the same for the same prompt and seed."""
    digest = hashlib.blake2b(f"again\0{seed}\0{prompt_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < AGAIN_SHARE * 2**64
