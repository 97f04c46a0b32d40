"""``modelmix bench``: the optimiser and its rivals against a known truth."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    table: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Outcome table that is taken as the truth.", show_default=False),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="MODEL", help="What every request asks for today.")
    ] = None,
    arms: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Candidates, the baseline among them.")
    ] = None,
    boundary: Annotated[
        bool,
        typer.Option("--boundary", help="Worlds at the edge of what may be certified, instead of a table."),
    ] = False,
    types: Annotated[int, typer.Option(min=1, max=1000, help="Task types of the boundary worlds.")] = 8,
    margin: Annotated[
        str, typer.Option(help="Largest loss over the traffic that moves: 0.02, 2pp or 2%.")
    ] = "0.02",
    alpha: Annotated[float, typer.Option(help="Chance taken of certifying what does not hold.")] = 0.05,
    type_margin: Annotated[
        list[str] | None, typer.Option(metavar="M|TYPE=M", help="Largest loss of each type, or of one.")
    ] = None,
    worlds: Annotated[int, typer.Option(min=1, max=100_000, help="Worlds to draw.")] = 200,
    pairs: Annotated[str, typer.Option(metavar="N,…", help="Prompts per world.")] = "1700,3400",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the worlds.")] = 7,
    price_as: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Price an old model at another's rates; repeatable."),
    ] = None,
    prices_on: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day of the prices; default: each model's last.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Hold the optimiser against a known truth.

    The table is taken as the truth: worlds of prompts are drawn from it with replacement, every way of
    choosing decides on its world, and what it would deploy is scored against the whole table.
    """
    from datetime import UTC, datetime

    from modelmix import settings
    from modelmix.cli.console import out, print_json
    from modelmix.cli.options import day_of, priced_as
    from modelmix.cli.shares import candidates_of, counts_of, goal_of
    from modelmix.pipeline.bench import Draws, bench_boundary, bench_table
    from modelmix.pipeline.evidence import priced_evidence, read_outcomes
    from modelmix.report import contest as report

    goal = goal_of(margin, alpha, type_margin or (), 0)
    draws = Draws(worlds, counts_of(pairs, "--pairs"), seed)
    if boundary == (table is not None):
        raise typer.BadParameter("name either an outcome table or --boundary", param_hint="FILE")
    if table is None:
        held = bench_boundary(types, goal, draws)
    else:
        if baseline is None:
            raise typer.BadParameter(
                "name the model that every request asks for today", param_hint="--baseline"
            )
        surroundings = settings.load()
        base = candidates_of(baseline, "--baseline")[0]
        named = () if arms is None else candidates_of(arms, "--arms")
        kept = (base, *(arm for arm in named if arm != base))
        priced = priced_evidence(
            read_outcomes(table),
            priced_as(surroundings.price_book(), price_as or ()),
            None,
            today=datetime.now(UTC).date(),
            day=None if prices_on is None else day_of(prices_on),
            arms=kept if named else None,
        )
        found = sorted({arm for evidence in priced.gathered.types for arm in evidence.arms}, key=str)
        held = bench_table(priced.gathered, base, kept if named else found, goal, draws, table.name)
    if as_json:
        print_json(report.as_json(held))
    else:
        out().print(report.table(held))
