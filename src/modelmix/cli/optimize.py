"""``modelmix optimize``: outcomes in, a policy out in which every route is proven."""

from pathlib import Path
from typing import Annotated

import typer

NOTHING_CLEARS = 8


def command(
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="What every request asks for today; default: what the ledger's calls ask for.",
        ),
    ] = None,
    margin: Annotated[
        str, typer.Option(help="Largest loss over the traffic that moves: 0.02, 2pp or 2%.")
    ] = "0.02",
    alpha: Annotated[float, typer.Option(help="Chance taken of certifying what does not hold.")] = 0.05,
    type_margin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="M|TYPE=M",
            help="Largest loss of each type, or of one; default: its baseline's own errors, 2 to 6 points.",
        ),
    ] = None,
    error_cost: Annotated[
        list[str] | None,
        typer.Option(metavar="USD|TYPE=USD", help="What a wrong answer costs, for all types or one."),
    ] = None,
    wage: Annotated[
        str | None,
        typer.Option(metavar="USD", help="What an hour of whoever corrects errors costs; with --minutes."),
    ] = None,
    minutes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MIN|TYPE=MIN",
            help="Minutes that correcting a wrong answer takes; cost = minutes x wage.",
        ),
    ] = None,
    latency_p95: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME|TYPE=TIME",
            help="Time within which 95 of 100 answers of what moves must be shown to come: 4s, 800ms.",
        ),
    ] = None,
    critical: Annotated[
        list[str] | None, typer.Option(metavar="TYPE", help="A type that allows no regression; repeatable.")
    ] = None,
    arms: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Candidates to consider; default: all that were measured."),
    ] = None,
    price_as: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="Price an old model at another's rates; repeatable."),
    ] = None,
    prices_on: Annotated[
        str | None, typer.Option(metavar="DAY", help="Day of the prices; default: each model's last.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split into choosing and fresh rows.")] = 0,
    name: Annotated[str, typer.Option(help="Name of the policy.")] = "policy",
    output: Annotated[Path, typer.Option("--output", "-o", help="Policy file to write.")] = Path(
        "policy.yaml"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Turn outcomes into a policy in which every route is proven.

    Task types are chosen on some rows and certified on others. What is not proven stays where it is, and
    says why. Exit code 8 if nothing can be moved; the file is written all the same.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from modelmix import settings
    from modelmix.cli.console import out, print_json
    from modelmix.cli.durations import durations_of
    from modelmix.cli.error_cost import error_costs_of
    from modelmix.cli.options import day_of, priced_as
    from modelmix.cli.shares import candidates_of, goal_of
    from modelmix.pipeline.optimize import optimise
    from modelmix.pipeline.policy_file import check_writable, next_version, write
    from modelmix.pipeline.question import Ask
    from modelmix.report import fit as fit_report
    from modelmix.store.lake import Lake
    from modelmix.store.ledger import Ledger

    if str(output) == "-":
        raise typer.BadParameter("a policy goes into a file; name one", param_hint="-o")
    check_writable(output)
    surroundings = settings.load()
    costs = error_costs_of(error_cost or (), wage, minutes or ())
    latency_ms, latencies_ms = durations_of(latency_p95 or (), "--latency-p95")
    chosen = None if arms is None else candidates_of(arms, "--arms")
    ask = Ask(
        goal=replace(
            goal_of(margin, alpha, type_margin or (), seed),
            latency_ms=latency_ms,
            latencies_ms=latencies_ms,
        ),
        baseline=None if baseline is None else candidates_of(baseline, "--baseline")[0],
        arms=chosen,
        day=None if prices_on is None else day_of(prices_on),
        error_cost_usd=costs.common_usd,
        error_costs_usd=costs.named_usd,
        said=costs.said,
        critical=frozenset(critical or ()),
        name=name,
        version=next_version(output),
    )
    book = priced_as(surroundings.price_book(), price_as or ())
    with Ledger.open(surroundings.home) as ledger:
        found = optimise(
            ask, ledger, Lake(surroundings.home), book, surroundings.capabilities(), datetime.now(UTC)
        )
    write(output, found.policy)
    report = fit_report.FitReport(
        found.fit, ask.goal, str(output), found.policy.sha256 or "", found.notes, found.whole
    )
    if as_json:
        print_json(fit_report.as_json(report))
    else:
        out().print(fit_report.card(report))
    if found.fit.certified.pool is None:
        raise typer.Exit(NOTHING_CLEARS)
