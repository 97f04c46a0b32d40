"""Workloads of known truth, replayed and decided from end to end: wrong CLEARS, and planted harms found.

Each workload has task types of the practice world whose difficulty is drawn anew, so that candidates lose
anything from nothing to a quarter, and one planted harm: a part of one type's prompts on which the cheapest
candidate fails, small enough for the type's average to hide it. The harm is a field that is absent, letters
in another language, or the prompts of one tenant. Today's model answers a log, the product replays it over
HTTP and decides; the practice API knows what is true.

    python bench/workloads.py [WORKLOADS] [SEED]
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import MappingProxyType
from unittest.mock import patch

from modelmix import settings
from modelmix.core.candidate import Candidate, Effort
from modelmix.demo.asking import Client
from modelmix.evaluate.proportion import lower_bound, upper_bound
from modelmix.optimize.fit import Fit
from modelmix.optimize.goal import Goal
from modelmix.pipeline.optimize import optimise
from modelmix.pipeline.question import Ask as Asked
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.place import Place
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.planner import Planner
from modelmix.pipeline.replay.recordings import source_of
from modelmix.pipeline.replay.replay import replay
from modelmix.simulator import world
from modelmix.simulator.ability import TRUTHS, Slice, Truth, ability
from modelmix.simulator.kinds import analytical_question, form_extraction, ticket_triage
from modelmix.simulator.kinds.kind import Kind
from modelmix.simulator.run import running
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

WORKLOADS, SEED = 20, 20261125
PROMPTS, HARMED = 700, 1700
"""Prompts of a type, and of the type with the planted harm."""
SLICE_PAIRS = 150
"""Pairs in the harmed slice from which on it has to be found."""
MOST_WRONG_SHARE, LEAST_FOUND_SHARE = 0.10, 0.95

BASELINE = Candidate("claude-opus-5-5", Effort.MEDIUM)
CHEAPEST, MIDDLE = Candidate("claude-haiku-5-5", Effort.MEDIUM), Candidate("claude-sonnet-5-5", Effort.HIGH)
GERMAN = (
    "Sehr geehrte Damen und Herren, seit mehreren Wochen warte ich auf eine Antwort zu meinem Anliegen und "
    "hoffe, dass Sie mir nun endlich helfen. Wir arbeiten in der Buchhaltung eines kleinen Betriebs und "
    "sind auf Ihr Programm angewiesen. Bitte melden Sie sich noch in dieser Woche bei uns, damit wir planen "
    "können."
)
TENANTS, HARMED_TENANT = ("acme", "globex", "umbrella"), "initech"


@dataclass(frozen=True, slots=True)
class Harm:
    """A planted harm: where it lies, and how much of it the cheapest candidate loses there."""

    kind: str
    slice_name: str
    share: float


@dataclass(frozen=True, slots=True)
class Workload:
    """A company's traffic, with the truth behind it."""

    kinds: Mapping[str, Kind]
    truths: Mapping[str, Truth]
    harm: Harm
    seed: int


def germans(share: float) -> Kind:
    """Return tickets of which a share is written in German, but for the line that decides."""

    def write(rng: Random) -> str:
        text = ticket_triage.write(rng)
        if rng.random() >= share:
            return text
        lines = text.split("\n")
        return "\n".join((lines[0], GERMAN, *(line for line in lines if line.startswith("The reason"))))

    return replace(ticket_triage.KIND, write=write, slice_of=lambda d: "language de" if GERMAN in d else "")


def tenants(share: float) -> Kind:
    """Return questions of several tenants, one of them with a share of its own."""

    def write(rng: Random) -> str:
        tenant = HARMED_TENANT if rng.random() < share else rng.choice(TENANTS)
        return f"Account: {tenant}\n{analytical_question.write(rng)}"

    def slice_of(document: str) -> str:
        return f"tenant {HARMED_TENANT}" if document.startswith(f"Account: {HARMED_TENANT}") else ""

    return replace(analytical_question.KIND, write=write, slice_of=slice_of)


def drawn(seed: int) -> Workload:
    """Draw a workload: how hard its types are, and where the harm lies."""
    rng = Random(f"workload/{seed}")
    harm = rng.choice(
        (
            Harm(form_extraction.KIND.name, "field absent", 0.25),
            Harm(ticket_triage.KIND.name, "language de", 0.10),
            Harm(analytical_question.KIND.name, f"tenant {HARMED_TENANT}", 0.10),
        )
    )
    kinds = dict(world.KINDS)
    if harm.slice_name == "language de":
        kinds[harm.kind] = germans(harm.share)
    elif harm.slice_name.startswith("tenant"):
        kinds[harm.kind] = tenants(harm.share)
    truths = {}
    for name in kinds:
        ceiling = rng.uniform(0.90, 0.98)
        usual = TRUTHS[name].slices
        if name == harm.kind:
            # On the rest both do as well; in the slice the cheapest loses a fifth to a half, so that the type
            # loses at most five points in all.
            lost = rng.uniform(0.18, 0.20) if harm.share > 0.2 else rng.uniform(0.35, 0.50)
            parts = [Slice("", 1.0 - harm.share, 0.0, 0.40)]
            parts.append(Slice(harm.slice_name, harm.share, *_range(ceiling, lost)))
        else:
            # Anything from no loss of the cheapest to a loss of the dearer candidate as well.
            hardest = rng.choice((rng.uniform(0.50, 0.66), rng.uniform(0.60, 0.72), rng.uniform(0.72, 0.86)))
            parts = [replace(part, easiest=0.0, hardest=hardest) for part in usual]
        truths[name] = Truth(ceiling, 60.0, tuple(parts))
    return Workload(MappingProxyType(kinds), MappingProxyType(truths), harm, seed)


def _range(ceiling: float, lost: float) -> tuple[float, float]:
    """Return difficulties on which the cheapest candidate loses a share and the middle one nothing."""
    weak, hardest = ability(CHEAPEST), ability(MIDDLE) - 0.07
    return hardest - (hardest - weak) * ceiling / lost, hardest


@contextmanager
def taking_place(workload: Workload) -> Iterator[None]:
    """Let the practice world be this workload."""
    with patch.object(world, "KINDS", workload.kinds), patch.object(world, "TRUTHS", workload.truths):
        yield


def collect(url: str, workload: Workload, folder: Path, now: datetime) -> tuple[Path, Path]:
    """Let today's model answer the traffic; return the log and the right answers."""
    log, known = folder / "log.jsonl", folder / "known.jsonl"
    client = Client(url)
    with log.open("w", encoding="utf-8") as rows, known.open("w", encoding="utf-8") as answers:
        for name in workload.kinds:
            n = HARMED if name == workload.harm.kind else PROMPTS
            for index, prompt in enumerate(world.prompts(workload.seed, n, name)):
                request = {**prompt.body, "model": BASELINE.model}
                row = {
                    "timestamp": (now - timedelta(minutes=5 * index + 1)).isoformat(),
                    "prompt_id": prompt.prompt_id,
                    "task_type": name,
                    "request": request,
                    "response": client.ask(request).body,
                }
                document = request["messages"][0]["content"]
                tenant = document.partition("Account: ")[2].partition("\n")[0]
                rows.write(json.dumps(row | ({"tenant": tenant} if tenant else {})) + "\n")
                answers.write(json.dumps({"prompt_id": prompt.prompt_id, "expected": prompt.expected}) + "\n")
    client.close()
    return log, known


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided of a workload, held against the truth.

    Attributes:
        wrong: Claims that are not true.
        moved: Types that move.
        can_move: Types of which a candidate truly keeps the margin of two points.
        slice_pairs: Pairs of the sample in the harmed slice.
        found: Whether the harmed type did not move to the cheapest candidate.
        usd: What the proof cost, list price.
    """

    wrong: tuple[str, ...]
    moved: int
    can_move: int
    slice_pairs: int
    found: bool
    usd: float


def loss(truth: Truth, candidate: Candidate) -> float:
    """Return the true loss of a candidate."""
    return truth.accuracy(ability(BASELINE)) - truth.accuracy(ability(candidate))


def judge(workload: Workload, fit: Fit, plan: Plan, usd: float) -> Judged:
    """Hold every move against the truth."""
    wrong, pooled, calls, moved_to = [], 0.0, 0.0, {}
    for decision in fit.decisions:
        name = decision.stratum.task_type
        if decision.move is None or not decision.moved:
            continue
        true_loss = loss(workload.truths[name], decision.move.candidate)
        moved_to[name] = decision.move.candidate
        pooled += decision.stratum.calls * true_loss
        calls += decision.stratum.calls
        if true_loss > decision.move.put.type_margin:
            wrong.append(f"{name} on {decision.move.candidate}: loses {100 * true_loss:.1f} pp")
    if calls and pooled / calls > fit.pooled_margin:
        wrong.append(f"the moved traffic loses {100 * pooled / calls:.1f} pp")
    in_slice = sum(
        one.recorded.call.task_type == workload.harm.kind
        and workload.kinds[workload.harm.kind].slice_of(_document(one.recorded.request))
        == workload.harm.slice_name
        for one in plan.prompts
    )
    able = sum(
        min(loss(truth, arm) for arm in (CHEAPEST, MIDDLE)) <= 0.02 for truth in workload.truths.values()
    )
    found = moved_to.get(workload.harm.kind) != CHEAPEST
    return Judged(tuple(wrong), len(moved_to), able, in_slice, found, usd)


def _document(request: Mapping[str, object]) -> str:
    content: str = request["messages"][0]["content"]  # type: ignore[index] # a request of the practice world
    return content.partition("<document>\n")[2].rpartition("\n</document>")[0]


def decided(workload: Workload) -> Judged:
    """Replay a workload and decide."""
    loaded, now = settings.load(), datetime.now(UTC)
    book, capabilities = loaded.price_book(), loaded.capabilities()
    with taking_place(workload), tempfile.TemporaryDirectory() as name, running(seed=workload.seed) as url:
        folder = Path(name)
        log, known = collect(url, workload, folder, now)
        ask = Ask(
            places=(str(log),),
            expected=(str(known),),
            candidates=(CHEAPEST, MIDDLE),
            pairs=HARMED,
            upstream=url,
        )
        source = source_of(ask.places, capabilities, ask.expected, ask.task_type)
        plan = Planner(ask, source, book, capabilities, now.date()).plan(source.scan())
        home = folder / "home"
        place = Place(home=home, book=book, capabilities=capabilities, key="practice")
        replayed = replay(plan, place, Limits(rate_share=1.0), now, lambda _: None)
        with Ledger.open(home) as ledger:
            asked = Asked(goal=Goal(margin=0.02))
            found = optimise(asked, ledger, Lake(home), book, capabilities, now)
        return judge(workload, found.fit, plan, float(replayed.spent.usd))


def main(workloads: int, seed: int) -> int:
    """Print what came of all workloads, and return 1 where a target is missed."""
    began, wrong, found, sought, moved, able, usd = time.monotonic(), [], 0, 0, 0, 0, 0.0
    for number in range(workloads):
        judged = decided(drawn(seed + number))
        wrong += [f"workload {seed + number}: {claim}" for claim in judged.wrong[:1]]
        if judged.slice_pairs >= SLICE_PAIRS:
            sought += 1
            found += judged.found
        moved, able, usd = moved + judged.moved, able + judged.can_move, usd + judged.usd
    low, high = lower_bound(len(wrong), workloads, 0.95), upper_bound(len(wrong), workloads, 0.95)
    print(f"{workloads} workloads of 5 task types, known truth, simulated answers")
    print(f"wrong CLEARS in {len(wrong)} of {workloads} ({100 * low:.1f}% to {100 * high:.1f}%)")
    for claim in wrong:
        print(f"  {claim}")
    print(f"planted harms kept from moving: {found} of {sought} whose slice has {SLICE_PAIRS} pairs or more")
    print(f"{moved} types moved of {able} that a candidate can truly take within two points")
    print(f"proof cost ${usd / workloads:.2f} a workload, list prices; {time.monotonic() - began:.0f} s")
    holds = len(wrong) <= MOST_WRONG_SHARE * workloads and found >= LEAST_FOUND_SHARE * sought
    print("targets hold" if holds else "A TARGET IS MISSED")
    return int(not holds)


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:3]]
    sys.exit(main(*(arguments + [WORKLOADS, SEED][len(arguments) :])))
