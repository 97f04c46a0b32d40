"""Plans and results of replays, for tests of their screens."""

from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

from modelmix.evaluate.paired import Pairs
from modelmix.evaluate.verdict import judge
from modelmix.report.replay import ReplayReport, SeenRow
from modelmix.report.replay_plan import PlanReport, TypeRow
from modelmix.report.replay_worth import NextPairs, Stake, TypeStake, Worth

LONG = "a-task-type-with-a-very-long-name-of-its-own/version-2"

TYPES = (
    TypeRow(
        task_type=LONG,
        baseline="claude-opus-5-5@medium",
        arms=("claude-haiku-5-5@medium",),
        grader="label@1:labels=billing|how-to|account|feature-request|other",
        note="",
        drawn=1250,
        available=98_765,
        others=321,
        known=1250,
        margin=0.021,
        needed=1250,
        power=0.806,
    ),
    TypeRow(
        task_type="extraction",
        baseline="claude-opus-5-5@medium",
        arms=("claude-haiku-5-5@medium",),
        grader="json_fields@1",
        note="",
        drawn=46,
        available=46,
        others=0,
        known=0,
        margin=0.06,
        needed=414,
        power=0.013,
    ),
    TypeRow(
        task_type="letters",
        baseline="claude-opus-5-5@medium",
        arms=("claude-haiku-5-5@medium",),
        grader="",
        note="answers of letters are free text (1,080 characters each)",
        drawn=0,
        available=35,
        others=2,
        known=0,
        margin=0.02,
        needed=1652,
        power=0.0,
    ),
)

HAIKU, SONNET = "claude-haiku-5-5@medium", "claude-sonnet-5-5@high"


def stake(candidate: str = HAIKU, **changes: Any) -> Stake:  # noqa: ANN401 - fields of the row
    """Write what one candidate could save."""
    whole = Stake(
        candidate=candidate,
        priced_calls=1200,
        taken_share=1.0,
        saving_per_call_usd=Decimal("0.1"),
        saving_month_usd=Decimal(120),
        margin=0.021,
        power=0.806,
        proof_usd=Decimal("0.3"),
        payback_days=0.093,
    )
    return replace(whole, **changes)


def type_stake(task_type: str, *stakes: Stake, **changes: Any) -> TypeStake:  # noqa: ANN401 - fields of the row
    """Write what is at stake in one task type."""
    whole = TypeStake(
        task_type=task_type,
        is_asked=True,
        calls=1200,
        unpriced=0,
        today_usd=Decimal(60),
        today_month_usd=Decimal(150),
        candidates=stakes,
    )
    return replace(whole, **changes)


WORTH = Worth(
    span_days=12.0,
    types=(
        type_stake(LONG, stake(), stake(SONNET, saving_month_usd=Decimal(60), payback_days=24.6), unpriced=2),
        type_stake("extraction", stake(taken_share=0.75, saving_month_usd=Decimal(9), payback_days=4.25)),
        type_stake("letters", stake(saving_month_usd=None, saving_per_call_usd=None), is_asked=False),
    ),
    saving_month_usd=Decimal(129),
    proof_usd=Decimal("1.47"),
    payback_days=0.44,
    next=(
        NextPairs(
            task_type=LONG,
            candidate=HAIKU,
            pairs=1250,
            cost_usd=Decimal("0.06"),
            gain_month_usd=Decimal("12.2"),
            power=0.806,
            step=1,
        ),
        NextPairs(
            task_type=LONG,
            candidate=HAIKU,
            pairs=350,
            cost_usd=Decimal("0.02"),
            gain_month_usd=Decimal("0.4"),
            power=0.806,
            step=2,
        ),
    ),
    next_why="",
    batch_expected_usd=Decimal("0.735"),
    batch_at_most_usd=Decimal("14.75"),
    live_expected_usd=Decimal("1.47"),
    live_at_most_usd=Decimal("29.5"),
    by_batch=False,
    default_errors=0.05,
    believed_answers=20.0,
)

PLAN = PlanReport(
    types=TYPES,
    costs_usd={
        "claude-haiku-5-5@medium": (1296, Decimal("0.37"), Decimal("7.5")),
        "claude-opus-5-5@medium, the baseline again": (150, Decimal("1.1"), Decimal(22)),
    },
    expected_usd=Decimal("1.47"),
    at_most_usd=Decimal("29.5"),
    max_spend_usd=Decimal(30),
    requests=1546,
    reused=100,
    again=150,
    pool=1037,
    pool_margin=0.02,
    pool_power={0.0: 0.78, 0.005: 0.52, 0.01: 0.31},
    alpha=0.05,
    discordance=0.05,
    choosing_share=0.2,
    set_aside={"it uses a tool that the API runs itself": 12, "it failed when it was recorded": 1},
    fitted={"claude-haiku-5-5@low: temperature left out": 24},
    bad_rows=3,
    repeats=4567,
    unmatched=89,
    scaled=True,
    keeps_text=False,
    prices=("2026-11-10", "ab" * 32),
    worth=WORTH,
)

SEEN = (
    SeenRow(
        task_type=LONG,
        candidate="claude-haiku-5-5@medium",
        baseline="claude-opus-5-5@medium",
        pairs=Pairs(2.0, 100.0, 1250),
        usd_per_call=Decimal("0.00021"),
        baseline_usd_per_call=Decimal("0.0071"),
        whys=(("other label", 90), ("invented an answer", 8), ("no label", 1), ("two labels", 1)),
        slices={"no answer": Pairs(0.0, 8.0, 40), "fine": Pairs(1.0, 1.0, 30)},
    ),
    SeenRow(
        task_type="extraction",
        candidate="claude-sonnet-5-5@high",
        baseline="claude-opus-5-5@medium",
        pairs=Pairs(0.0, 0.0, 46),
        usd_per_call=None,
        baseline_usd_per_call=None,
        whys=(("missing: total", 2),),
    ),
)

RESULT = ReplayReport(
    replay_id="r-20261125-1",
    outcome="done",
    resumed=True,
    is_simulated=True,
    seen=SEEN,
    again=judge(Pairs(1.0, 2.0, 150), 0.02, alpha=0.05),
    requests=1546,
    answered=1400,
    reused=100,
    rejected=21,
    given_up=6,
    dropped=40,
    sent=1433,
    refusals=7,
    usd=Decimal("2.1586213"),
    at_most_usd=Decimal("0.125"),
    lost=3,
    found=2,
    max_spend_usd=Decimal(30),
    margin=0.025,
    ungradable={"reference is not JSON": 5},
    notes=("list prices of 2026-11-25; candidates priced as if cached as the recorded calls were",),
)


def shown(screen: RenderableType, width: int) -> str:
    """Print a screen as a terminal of this width shows it."""
    console = Console(file=StringIO(), width=width, highlight=False)
    console.print(screen)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return] # it was put there


def plain(text: str) -> str:
    """Take the layout out: what was folded or wrapped is one text again."""
    return " ".join(text.split())


def of_markup(report: ReplayReport) -> ReplayReport:
    """Return a report whose names are markup and terminal controls."""
    return replace(report, seen=(replace(SEEN[0], task_type="[red]x[/red]\x1b[2J", candidate="[b]y"),))
