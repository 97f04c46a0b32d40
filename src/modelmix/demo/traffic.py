"""The demo's traffic: what a company sends today, all of it to one model, with right answers known to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from modelmix.core.candidate import Candidate, Effort
from modelmix.demo.asking import Client
from modelmix.simulator.world import prompts

BASELINE = "claude-opus-5-5"
CANDIDATES = (Candidate("claude-haiku-5-5"), Candidate("claude-sonnet-5-5", Effort.MEDIUM))
DAYS = 14


@dataclass(frozen=True, slots=True)
class Collected:
    """Files that were written.

    Attributes:
        log: Today's requests and responses.
        known: The right answer to each.
        contract: A spend contract on offer.
        calls: Calls that were made for them.
    """

    log: Path
    known: Path
    contract: Path
    calls: int


@dataclass(frozen=True, slots=True)
class Size:
    """How large the demo is.

    Attributes:
        seed: Seed of prompts and answers.
        prompts: Requests of a fortnight.
        live: Requests sent through the gateway.
    """

    seed: int = 7
    prompts: int = 2400
    live: int = 300


CONTRACT = """\
# An offer, invented. The mix of this demo at the volume of a company; the saving is the policy's.
modelmix_contract: 1
name: an-offer
term: {start: 2027-01-01, months: 12}
tiers:
  - {from_usd: 0, discount: 0%}
  - {from_usd: 250000, discount: 8%}
  - {from_usd: 1000000, discount: 15%}
  - {from_usd: 2500000, discount: 20%}
overage: list
unused: lost
demand:
  baseline_usd: 2400000
  growth:
    - {probability: 25%, factor: 0.9}
    - {probability: 50%, factor: 1.2}
    - {probability: 25%, factor: 1.6}
  adoption:
    - {probability: 20%, share: 30%}
    - {probability: 50%, share: 70%}
    - {probability: 30%, share: 100%}
"""


def collect(
    url: str, folder: Path, size: Size, now: datetime, progress: Callable[[int, int], None]
) -> Collected:
    """Let today's model answer the requests of a fortnight, and write down what a log of it holds.

    Args:
        url: The practice API.
        folder: Where the files go.
        size: Seed and number of requests.
        now: End of the fortnight.
        progress: Told calls made and calls in all.
    """
    found = Collected(
        folder / "requests.jsonl", folder / "known.jsonl", folder / "contract.yaml", size.prompts
    )
    found.contract.write_text(CONTRACT, encoding="utf-8")
    client = Client(url)
    try:
        with found.log.open("w", encoding="utf-8") as log, found.known.open("w", encoding="utf-8") as known:
            for index, prompt in enumerate(prompts(size.seed, size.prompts)):
                at = now - timedelta(days=DAYS) * (1 - (index + 1) / (size.prompts + 1))
                request = {**prompt.body, "model": BASELINE}
                row = {
                    "timestamp": at.isoformat(),
                    "prompt_id": prompt.prompt_id,
                    "task_type": prompt.task_type,
                    "request": request,
                    "response": client.ask(request).body,
                }
                log.write(json.dumps(row) + "\n")
                known.write(json.dumps({"prompt_id": prompt.prompt_id, "expected": prompt.expected}) + "\n")
                progress(index + 1, size.prompts)
    finally:
        client.close()
    return found
