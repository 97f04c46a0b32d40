"""Small and odd tables of outcomes: the optimiser decides or says why it cannot, and never breaks."""

import json
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.outcome import Outcome
from modelmix.errors import ModelmixError
from modelmix.optimize.goal import Goal
from modelmix.pipeline.optimize import optimise
from modelmix.pipeline.question import Ask
from modelmix.policy.artifact import parse, render
from modelmix.report.fit import FitReport, as_json, card
from modelmix.settings import load
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OPUS, HAIKU = "claude-opus-4-8", "claude-haiku-4-5-20251001"
SURROUNDINGS = load()
TYPES = ("t", "u", "[red]v[/red]\n")

outcomes = st.builds(
    Outcome,
    prompt_id=st.sampled_from([f"p{i}" for i in range(12)]),
    task_type=st.sampled_from(TYPES),
    candidate=st.builds(
        Candidate,
        st.sampled_from([OPUS, HAIKU, "claude-opus-5-5", "gpt"]),
        st.sampled_from([None, Effort.LOW]),
    ),
    score=st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0.0, 1.0),
    cluster_id=st.sampled_from(["", "", "k", "p1"]),
    input_tokens=st.none() | st.integers(0, 2_000_000),
    output_tokens=st.none() | st.integers(0, 100_000),
    cost_usd=st.none() | st.decimals(0, 1000, places=6),
    slice_name=st.sampled_from(["", "", "absent"]),
)
shares = st.sampled_from([1e-6, 0.02, 0.3, 0.999])
goals = st.builds(
    Goal,
    margin=shares,
    alpha=st.sampled_from([1e-6, 0.05, 0.49]),
    type_margin=st.none() | shares,
    choosing_share=st.sampled_from([0.01, 0.2, 0.99]),
    seed=st.integers(0, 3),
)
costs = st.none() | st.sampled_from([Decimal("1e-9"), Decimal("0.5"), Decimal("1e11")])


@st.composite
def tables(draw: st.DrawFn) -> list[Outcome]:
    """Draw odd rows, and now and then a plain type that can clear beside them."""
    rows = draw(st.lists(outcomes, max_size=40))
    wrong = draw(st.integers(1, 400))
    for index in range(draw(st.sampled_from([0, 1, 2, 30, 400]))):
        for model, score in ((OPUS, 1.0), (HAIKU, float((index + 1) % wrong != 0))):
            rows.append(
                Outcome(
                    prompt_id=f"plain-{index}",
                    task_type="t",
                    candidate=Candidate(model),
                    score=score,
                    input_tokens=index,
                    output_tokens=100,
                )
            )
    return rows


@settings(max_examples=60, deadline=None)
@given(tables(), goals, costs, st.frozensets(st.sampled_from(TYPES), max_size=2))
def test_no_table_breaks_the_optimiser(
    rows: list[Outcome], goal: Goal, error_cost: Decimal | None, critical: frozenset[str]
) -> None:
    """Twice over: a policy that reads back, a screen, and JSON without NaN; or one sentence of our own."""
    ask = Ask(goal=goal, baseline=Candidate(OPUS), error_cost_usd=error_cost, critical=critical)
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder)) as ledger:
        lake = Lake(Path(folder))
        lake.put_outcomes("one", iter(rows))
        for _ in range(2):
            try:
                found = optimise(
                    ask, ledger, lake, SURROUNDINGS.price_book(), SURROUNDINGS.capabilities(), NOW
                )
            except ModelmixError:
                continue
            assert parse(render(found.policy), "policy.yaml") == found.policy
            report = FitReport(found.fit, goal, "policy.yaml", found.policy.sha256 or "", found.notes)
            json.dumps(as_json(report), allow_nan=False)
            Console(width=80, quiet=True).print(card(report))
            assert found.fit.attempt == 1
            assert 0.0 <= found.fit.moved_calls_share <= 1.0
            assert found.fit.saving_bound <= found.fit.saving_share <= 1.0
