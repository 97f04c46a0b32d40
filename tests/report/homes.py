"""A home with everything that a report can show: traffic, moved calls, answers with text, hostile text."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.core.usage import Usage
from modelmix.optimize.goal import Goal
from modelmix.pipeline.optimize import optimise
from modelmix.pipeline.policy_file import write
from modelmix.pipeline.question import Ask
from modelmix.policy.document import PolicyDocument
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import Import
from report.ledgers import BOOK, CAPABILITIES, HAIKU, OPUS, SONNET, call, moved

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOSTILE = (
    "</pre></script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
    "\x1b[31mred\x1b[0m \u202egnp.exe\u202c \u0000 <a href='javascript:window.hacked=3'>link</a> &amp; "
    "{{7*7}}"
)
LONG_LINE = "A" * 100_000
ARABIC = "\u0645\u0631\u062d\u0628\u0627 <b>bold</b>"
HOSTILE_TYPE = "<img src=x onerror=alert(1)>"


def traffic() -> Iterator[Call]:
    """Yield two weeks of calls of five types."""
    mix = ("forms", "forms", "forms", "tickets", "reports", "chat", HOSTILE_TYPE)
    for hour in range(336):
        name = mix[hour % len(mix)]
        usage = Usage(input_tokens=60_000 + 100 * hour, output_tokens=4_000)
        yield call(hour, name, usage=usage)
    yield replace(call(1000, "forms", SONNET), at=NOW - timedelta(days=1))
    yield replace(call(1001, "forms", "claude-unheard-of"), at=NOW - timedelta(days=1))
    yield replace(call(1002, "forms", source="replay"), at=NOW - timedelta(days=2))


def graded(name: str, n: int, wrong: dict[str, int], **more: object) -> Iterator[Outcome]:
    """Yield answers of three candidates; ``wrong`` says on every how manieth prompt each one errs."""
    for index in range(n):
        absent = index % 5 == 0
        for model in (OPUS, SONNET, HAIKU):
            every = wrong.get(model, 0)
            errs = bool(every) and index % every == 0
            found = "invents purchase_order where the field is absent" if absent else "misreads total"
            yield Outcome(
                prompt_id=f"{name[:8]}-{index}",
                task_type=name,
                candidate=Candidate(model),
                score=0.0 if errs else 1.0,
                input_tokens=60_000 + index,
                output_tokens=4_000,
                slice_name="field absent" if absent else "",
                prompt=f"Read invoice {index}.\n\nSupplier: Nordwind GmbH\nTotal: EUR {index}.00\n" * 8,
                expected='{"purchase_order": null, "total": "EUR 12.00"}',
                response='{"purchase_order": "PO-4711", "total": "EUR 12.00"}'
                if errs
                else '{"purchase_order": null, "total": "EUR 12.00"}',
                grader="json_fields@1",
                why=(found + ("; misreads total" if absent and index % 2 else "")) if errs else "",
                **more,  # type: ignore[arg-type]  # whatever the test names
            )


def hostile() -> Iterator[Outcome]:
    """Yield a type whose texts are attacks and monsters."""
    texts = (HOSTILE, LONG_LINE, ARABIC)
    for index in range(60):
        for model in (OPUS, HAIKU):
            errs = model == HAIKU and index < 30
            yield Outcome(
                prompt_id=f"{HOSTILE_TYPE}{index:02}",
                task_type=HOSTILE_TYPE,
                candidate=Candidate(model),
                score=0.0 if errs else 1.0,
                input_tokens=60_000,
                output_tokens=4_000,
                slice_name='"><script>window.hacked=4</script>' if index < 3 else "",
                prompt=texts[index % 3],
                expected=texts[(index + 1) % 3],
                response=texts[(index + 2) % 3],
                grader="judge@<2>",
                why="says </script><b>yes</b>" if errs else "",
            )


def outcomes() -> Iterator[Outcome]:
    """Yield all outcomes."""
    yield from graded("forms", 1500, {HAIKU: 120, OPUS: 150})
    yield from graded("tickets", 400, {HAIKU: 7, SONNET: 9, OPUS: 60})
    yield from graded("reports", 90, {HAIKU: 18, SONNET: 30})
    yield from hostile()
    # The baseline once more on some prompts of the same import: the baseline against itself.
    for outcome in graded("forms", 200, {OPUS: 40}):
        if outcome.candidate.model == OPUS:
            yield outcome


def make_home(home: Path) -> tuple[Path, PolicyDocument]:
    """Fill a home and write its policy; returns the policy's file and what it holds."""
    path = home / "policy.yaml"
    with Ledger.open(home) as ledger:
        ledger.put_calls(traffic())
        ledger.record_import(
            Import(
                import_id="one", source="outcomes.parquet", sha256="ab" * 32, size_bytes=1, kind="parquet",
                at=NOW, rows=1, bad_rows=2,
            )
        )  # fmt: skip
        lake = Lake(home)
        lake.put_outcomes("one", outcomes(), keep_text=True)
        ask = Ask(goal=Goal(0.03, 0.05), name="document-pipeline", error_costs_usd={})
        policy = optimise(ask, ledger, lake, BOOK, CAPABILITIES, NOW).policy
        write(path, policy)
        usage = Usage(input_tokens=60_000, output_tokens=4_000)
        ledger.put_calls([moved(300 + i, "forms", policy, usage) for i in range(20)])
    return path, policy


CONTRACT = """\
modelmix_contract: 1
name: made
term: {start: 2027-01-01, months: 12}
tiers: [{from_usd: 0, discount: 0%}, {from_usd: 50, discount: 20%}]
demand:
  growth: [{probability: 50%, factor: 1}, {probability: 50%, factor: 1.5}]
  adoption: [{probability: 1, share: 80%}]
"""
