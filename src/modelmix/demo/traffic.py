"""The demo's traffic: what a document pipeline sends today, and what other models answer to the same."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from modelmix.core.prices import PriceBook
from modelmix.demo.asking import Client
from modelmix.simulator.world import Prompt, prompts
from modelmix.wire.usage import stated

BASELINE = "claude-opus-5-5"
CANDIDATES = ("claude-sonnet-5-5", "claude-haiku-5-5")
DAYS = 14


@dataclass(frozen=True, slots=True)
class Collected:
    """Files that were written.

    Attributes:
        log: Today's requests and responses.
        outcomes: Graded answers of all candidates to the same prompts.
        calls: Calls that were made for them.
    """

    log: Path
    outcomes: Path
    calls: int


@dataclass(frozen=True, slots=True)
class Size:
    """How large the demo is.

    Attributes:
        seed: Seed of prompts and answers.
        prompts: Prompts that every candidate answers.
        live: Requests sent through the gateway.
    """

    seed: int = 7
    prompts: int = 2400
    live: int = 300


def collect(
    url: str, folder: Path, book: PriceBook, size: Size, now: datetime, progress: Callable[[int, int], None]
) -> Collected:
    """Let the baseline and its candidates answer the same prompts, and grade by the known answer.

    Args:
        url: The practice API.
        folder: Where the files go.
        book: Prices, for what each answer cost with its own caching.
        size: Seed and number of prompts.
        now: End of the fortnight over which today's calls are spread.
        progress: Told calls made and calls in all.
    """
    asked = list(prompts(size.seed, size.prompts))
    log, outcomes = folder / "requests.jsonl", folder / "outcomes.jsonl"
    models = (BASELINE, *CANDIDATES)
    client = Client(url)
    done = 0
    try:
        with (
            log.open("w", encoding="utf-8") as calls_file,
            outcomes.open("w", encoding="utf-8") as outcomes_file,
        ):
            for index, prompt in enumerate(asked):
                at = now - timedelta(days=DAYS) * (1 - (index + 1) / (size.prompts + 1))
                for model, row, outcome in _answers(client, prompt, models, book, now):
                    if model == BASELINE:
                        record = {"timestamp": at.isoformat(), "task_type": prompt.task_type, **row}
                        calls_file.write(json.dumps(record) + "\n")
                    outcomes_file.write(json.dumps(outcome) + "\n")
                    done += 1
                progress(done, size.prompts * len(models))
    finally:
        client.close()
    return Collected(log, outcomes, done)


def _answers(
    client: Client, prompt: Prompt, models: Sequence[str], book: PriceBook, now: datetime
) -> Iterator[tuple[str, dict[str, object], dict[str, object]]]:
    for model in models:
        body = {**prompt.body, "model": model}
        answer = client.ask(body)
        usage = stated(answer.body["usage"]).usage
        outcome = {
            "prompt_id": prompt.prompt_id,
            "task_type": prompt.task_type,
            "model": model,
            "score": float(answer.text == prompt.expected),
            "slice": prompt.slice_name,
            "cost_usd": None if usage is None else str(book.cost(usage, model, now).total_usd),
        }
        yield model, {"request": body, "response": answer.body}, outcome
