"""Live: fresh requests through the gateway, and what they cost against today's model."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from modelmix.core.call import Call
from modelmix.core.prices import PriceBook
from modelmix.demo.asking import Client
from modelmix.demo.traffic import BASELINE, Size
from modelmix.simulator.world import prompts


@dataclass(frozen=True, slots=True)
class Live:
    """What went through the gateway.

    Attributes:
        requests: Number of requests, all of which asked for the baseline.
        streamed: How many of them were streamed.
        served: Task type and model → how many.
        correct: How many answers were right.
        one_reason: What the gateway said of one that it moved, or empty.
    """

    requests: int
    streamed: int
    served: Counter[tuple[str, str]]
    correct: int
    one_reason: str


@dataclass(frozen=True, slots=True)
class Bill:
    """What the gateway's own rows cost.

    Attributes:
        usd: List price of what was served.
        baseline_usd: Estimate of the same requests on the baseline: each at the mean cost of its type there.
        calls: Rows in the ledger.
    """

    usd: Decimal
    baseline_usd: Decimal
    calls: int


def send(url: str, size: Size, progress: Callable[[int, int], None]) -> Live:
    """Send fresh prompts through the gateway, every other one streamed.

    Args:
        url: The gateway.
        size: Seed and number of requests; the prompts are not those that the policy was proven on.
        progress: Told requests made and requests in all.
    """
    served: Counter[tuple[str, str]] = Counter()
    correct = streamed = 0
    one_reason = ""
    client = Client(url)
    try:
        for index, prompt in enumerate(prompts(size.seed + 1, size.live)):
            is_streamed = index % 2 == 1
            body = {**prompt.body, "model": BASELINE, "stream": is_streamed}
            answer = client.ask(body, task_type=prompt.task_type)
            served[prompt.task_type, answer.served_model] += 1
            correct += answer.text == prompt.expected
            streamed += is_streamed
            if answer.served_model != BASELINE:
                one_reason = one_reason or answer.reason
            progress(index + 1, size.live)
    finally:
        client.close()
    return Live(size.live, streamed, served, correct, one_reason)


def bill(calls: Sequence[Call], before: Sequence[Call], book: PriceBook) -> Bill:
    """Price the gateway's rows, and the same requests on the baseline.

    Args:
        calls: Rows that the gateway wrote.
        before: Today's calls, all on the baseline.
        book: Prices.
    """
    totals: dict[str, list[Decimal]] = {}
    for call in before:
        totals.setdefault(call.task_type, []).append(
            book.cost(call.usage, call.model_served, call.at).total_usd
        )
    means = {name: sum(costs, Decimal(0)) / len(costs) for name, costs in totals.items()}
    usd = sum((book.cost(call.usage, call.model_served, call.at).total_usd for call in calls), Decimal(0))
    return Bill(usd, sum((means[call.task_type] for call in calls), Decimal(0)), len(calls))
