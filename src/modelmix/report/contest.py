"""The standings of a contest between ways of choosing, as a table and as JSON."""

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelmix.optimize.contest import Standing
from modelmix.report.plain import counted, printable

SCHEMA = "modelmix.bench/1"
_NONE = "\N{EN DASH}"
_NAME_WIDTH = 24


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest that has been held.

    Attributes:
        title: What the truth is.
        n_prompts: Prompts that the truth rests on, or None where it is a formula.
        margin: Largest tolerable loss.
        alpha: Level of the certificates.
        seed: Seed of the worlds.
        ceilings: Scenario → saving share of the best table that truly keeps the bar.
        rows: Scenario and standing, in the order they are shown.
        notes: What a reader should know, one sentence each.
    """

    title: str
    n_prompts: int | None
    margin: float
    alpha: float
    seed: int
    ceilings: dict[str, float]
    rows: tuple[tuple[str, Standing], ...]
    notes: tuple[str, ...] = ()


def as_json(contest: Contest) -> dict[str, Any]:
    """Return the contest as a JSON object of schema ``modelmix.bench/1``."""
    return {
        "schema": SCHEMA,
        "title": contest.title,
        "n_prompts": contest.n_prompts,
        "margin": contest.margin,
        "alpha": contest.alpha,
        "seed": contest.seed,
        "ceiling_saving_share": next(iter(contest.ceilings.values())),
        "ceilings": contest.ceilings,
        "rows": [_row(scenario, standing) for scenario, standing in contest.rows],
        "notes": list(contest.notes),
    }


def _row(scenario: str, standing: Standing) -> dict[str, Any]:
    return {
        "scenario": scenario,
        "policy": standing.policy,
        "pairs": standing.pairs,
        "saving_share": standing.saving_share,
        "saving_ci": list(standing.saving_ci),
        "share_of_ceiling": standing.share_of_ceiling,
        "quality_delta": standing.quality_delta,
        "false_clears_pool": standing.false_clears_pool,
        "false_clears_type": standing.false_clears_type,
        "false_clears_lower95": standing.false_clears_lower95,
        "false_clears_upper95": standing.false_clears_upper95,
        "worlds": standing.worlds,
        "bought_share": standing.bought_share,
    }


def table(contest: Contest) -> RenderableType:
    """Lay the contest out for a terminal of 80 columns or more."""
    title = printable(contest.title)
    if contest.n_prompts is not None:
        bar = f"margin {contest.margin * 100:.1f} pp · alpha {contest.alpha:g}"
        title += f" · {counted(contest.n_prompts, 'prompt')} · {bar}"
    parts: list[RenderableType] = [Text(f" {title}", "bold")]
    groups = {(scenario, standing.pairs): None for scenario, standing in contest.rows}
    for scenario, pairs in groups:
        worlds = max(one.worlds for name, one in contest.rows if (name, one.pairs) == (scenario, pairs))
        drawn = f"{counted(worlds, 'world')} of {pairs:,} pairs"
        rows = _head(f" {scenario} · {drawn} · ceiling {contest.ceilings[scenario]:.1%}")
        for name, standing in contest.rows:
            if (name, standing.pairs) == (scenario, pairs):
                rows.add_row(*_cells(standing, contest.alpha))
        parts.append(rows)
    parts.extend(Text(f" {note}", "dim") for note in contest.notes)
    return Group(*parts)


def _head(title: str) -> Table:
    rows = Table(box=None, title=title, title_justify="left", title_style="", pad_edge=False)
    rows.add_column(" policy", no_wrap=True)
    for name in ("saved", "worlds", "ceiling", "quality", "false", "at most", "bought"):
        rows.add_column(name, justify="right", no_wrap=True)
    return rows


def _cells(standing: Standing, alpha: float) -> list[str | Text]:
    low, high = standing.saving_ci
    false = max(standing.false_clears_pool, standing.false_clears_type)
    wrong = standing.false_clears_lower95 > alpha
    return [
        " " + printable(standing.policy, _NAME_WIDTH),
        f"{standing.saving_share:.1%}",
        f"{low * 100:.0f}…{high:.0%}",
        _NONE if standing.share_of_ceiling is None else f"{standing.share_of_ceiling:.0%}",
        f"{standing.quality_delta * 100:+.2f} pp",
        Text(f"{false:.1%}", "bold red" if wrong else ""),
        f"{standing.false_clears_upper95:.1%}",
        _NONE if standing.bought_share is None else f"{standing.bought_share:.0%}",
    ]
