"""``modelmix replay``: recorded requests asked again of cheaper candidates, graded, within a spend cap."""

import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from modelmix.cli import new_model
from modelmix.cli import replay_words as words
from modelmix.cli.api_key import key_of

if TYPE_CHECKING:
    from modelmix.pipeline.replay.ask import Ask, Limits
    from modelmix.pipeline.replay.replay import Replayed
    from modelmix.settings import Settings

REFUSED = 6
INTERRUPTED = 130
_NO_KEY = (
    "ANTHROPIC_API_KEY is not set; export a key of its own for replays, or try it without one: "
    "modelmix simulate, then --upstream URL"
)
_NOTHING_TO_REVIEW = "no answer that was kept is a close candidate's, differs, and lacks a known right one"
_AS_BEFORE = frozenset({
    "logs", "candidate", "grader", "judge", "rubric", "expected", "only", "task_type", "pairs", "again",
    "margin", "type_margin", "error_cost", "alpha", "seed", "looks", "keep_text", "upstream",
})  # fmt: skip
"""What a replay asks: one that goes on asks what it asked."""


class _Switches(NamedTuple):
    """What changes how a replay runs, and not what it asks."""

    dry_run: bool
    yes: bool
    as_json: bool
    review: Path | None
    policy: Path | None = None
    live: bool = False


def command(
    context: typer.Context,
    logs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LOG",
            show_default=False,
            help="Request/response logs, or folders of them; default: those imported.",
        ),
    ] = None,
    candidate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL[@EFFORT]",
            help="Who is asked; repeatable; default: the newest model of every lower tier.",
        ),
    ] = None,
    grader: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND|TYPE=KIND",
            help="exact, text, label, numeric, json_schema, json_fields, tool_call, contains, regex, "
            "similarity, code, callable, or a judge: judge:rubric, judge:points, judge:pairwise; "
            "default: what fits each type.",
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(metavar="MODEL[@EFFORT]", help="Who judges; default: the type's own baseline."),
    ] = None,
    rubric: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|TYPE=FILE", help="By what answers are judged; default: usefulness."),
    ] = None,
    expected: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Known right answers: prompt_id (or request_id) and expected."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="Replay only this task type; repeatable."),
    ] = None,
    task_type: Annotated[
        str | None, typer.Option(metavar="NAME", help="Task type of requests that carry none.")
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Prompts of each type; default: as many as its margin needs."),
    ] = None,
    again: Annotated[
        int, typer.Option(min=0, metavar="N", help="Prompts that the baseline itself is asked again.")
    ] = 150,
    margin: Annotated[
        str, typer.Option(metavar="M", help="Largest loss over the traffic that moves: 0.02, 2pp or 2%.")
    ] = "0.02",
    type_margin: Annotated[
        str | None,
        typer.Option(metavar="M", help="Largest loss of each type; default: its baseline's own errors."),
    ] = None,
    error_cost: Annotated[
        list[str] | None,
        typer.Option(metavar="USD|TYPE=USD", help="What a wrong answer costs; margins follow from it."),
    ] = None,
    alpha: Annotated[
        float, typer.Option(metavar="P", help="Chance taken of certifying what does not hold.")
    ] = 0.05,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the sample.")] = 0,
    looks: Annotated[
        int,
        typer.Option(
            min=1,
            max=5,
            metavar="N",
            help="Looks at most: pairs come in parts, and no more than are needed; 1 buys all at once.",
        ),
    ] = 5,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Price and power only; nothing is sent.")
    ] = False,
    max_spend: Annotated[
        str | None, typer.Option(metavar="USD", help="Never spend more than this, whatever happens.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before spending.")] = False,
    keep_text: Annotated[
        bool, typer.Option("--keep-text", help="Keep prompts and answers, for reports and later grading.")
    ] = False,
    review: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the prompts that a person could decide, as CSV or JSONL; keeps text.",
        ),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live/--batch",
            help="Ask at once, at the full price; default: by Message Batches, at half of it.",
        ),
    ] = False,
    rate_share: Annotated[
        float,
        typer.Option(min=0.001, max=1.0, metavar="S", help="Part of the key's rate limits that is used."),
    ] = 0.25,
    concurrency: Annotated[
        int, typer.Option(min=1, max=512, metavar="N", help="Requests on their way at most.")
    ] = 16,
    upstream: Annotated[
        str, typer.Option(metavar="URL", help="The API, or a practice API (modelmix simulate).")
    ] = "https://api.anthropic.com",
    resume: Annotated[
        str | None, typer.Option(metavar="REPLAY", help="Go on with an earlier replay; asks what it asked.")
    ] = None,
    beside: Annotated[
        str | None,
        typer.Option(
            metavar="REPLAY",
            help="Ask a new --candidate what this replay asked (last: the last one); the default of a "
            "command that names candidates alone.",
        ),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Policy in force: propose one beside it, and show what changes."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Ask cheaper candidates what your logs asked, and grade the answers.

    The key is read from ANTHROPIC_API_KEY. What was answered is never asked for again: run the same command
    after Ctrl-C or a crash. The result is evidence for modelmix optimize.
    """
    from modelmix import settings
    from modelmix.cli.judging import judge_of, rubrics_of
    from modelmix.cli.shares import amounts_of, level_of
    from modelmix.pipeline.replay.ask import Ask, Limits

    _check_alone(context, resume)
    _check_review(review)
    surroundings = settings.load()
    new_model.check(policy)
    limits = Limits(words.amount_of(max_spend), rate_share, concurrency)
    named = words.candidates_of(candidate or ())
    ask = new_model.ask_of(context, beside, named, surroundings, _AS_BEFORE) if resume is None else None
    if ask is None and resume is None:
        error_cost_usd, error_costs_usd = amounts_of(error_cost or (), "--error-cost")
        ask = Ask(
            places=words.places_of(logs or (), surroundings.home),
            expected=tuple(os.path.abspath(name) for name in expected or ()),  # noqa: PTH100 - links are the user's
            candidates=named,
            graders=words.graders_of(grader or ()),
            task_types=tuple(only or ()),
            task_type=task_type or "",
            pairs=pairs,
            again=again,
            margin=words.share_of(margin, "--margin"),
            type_margin=None if type_margin is None else words.share_of(type_margin, "--type-margin"),
            alpha=level_of(alpha),
            seed=seed,
            keep_text=keep_text or review is not None,
            upstream=upstream,
            looks=looks,
            judge=judge_of(judge),
            rubrics=rubrics_of(rubric or ()),
            error_cost_usd=error_cost_usd,
            error_costs_usd=error_costs_usd,
        )
    elif ask is None:
        from modelmix.pipeline.replay.replay import asked_before

        ask = asked_before(surroundings.home, str(resume))
    switches = _Switches(dry_run, yes, as_json, review, policy, live)
    _run(surroundings, ask, limits, switches)


def _run(surroundings: "Settings", ask: "Ask", limits: "Limits", switches: _Switches) -> None:
    from datetime import UTC, datetime

    from modelmix.cli.console import out, print_json, talk
    from modelmix.cli.meter import Meter
    from modelmix.pipeline.replay.place import Place
    from modelmix.pipeline.replay.planner import Planner
    from modelmix.pipeline.replay.recordings import source_of
    from modelmix.pipeline.replay.replay import known_answers, replay
    from modelmix.pipeline.replay.summary import plan_report
    from modelmix.report import replay_plan as plan_screen
    from modelmix.upstream.messages import Upstream

    now = datetime.now(UTC)
    Upstream(ask.upstream)  # what is no URL is told before logs are read
    key = "" if switches.dry_run else key_of(ask.upstream, _NO_KEY)
    book, capabilities = surroundings.price_book(), surroundings.capabilities()
    source = source_of(ask.places, capabilities, ask.expected, ask.task_type, ask.until)
    planner = Planner(ask, source, book, capabilities, now.date(), by_batch=not switches.live)
    meter = Meter(limits.max_spend_usd, quiet=switches.as_json)
    try:
        plan = planner.plan(source.scan(meter.read), limits.max_spend_usd)
    finally:
        meter.end()
    quoted = plan_report(plan, limits, known_answers(surroundings.home, plan), book)
    new_model.announce(plan, surroundings.home, quiet=switches.as_json)
    if switches.dry_run:
        if switches.as_json:
            print_json(plan_screen.as_json(quoted))
        else:
            out().print(plan_screen.card(quoted))
            out().print(" sent     nothing: this was --dry-run")
        return
    if not switches.as_json:
        talk().print(plan_screen.card(quoted))
    _agree(quoted.expected_usd, quoted.at_most_usd, limits, yes=switches.yes)
    place = Place(
        home=surroundings.home,
        book=book,
        capabilities=capabilities,
        key=key,
        admin_key=os.environ.get("ANTHROPIC_ADMIN_KEY", ""),
    )
    try:
        done = replay(plan, place, limits, now, meter.told)
    finally:
        meter.end()
    _tell(done, limits, switches, new_model.propose(switches.policy, done, surroundings, now))


def _tell(
    done: "Replayed", limits: "Limits", switches: _Switches, proposal: new_model.Proposal | None
) -> None:
    """Print what was found, and end with the code that says how the run ended."""
    from dataclasses import replace

    from modelmix.cli.console import out, say
    from modelmix.pipeline.replay.review import write_review
    from modelmix.pipeline.replay.summary import replay_report
    from modelmix.report import replay as screen

    report = replay_report(done, limits)
    # What is not done yet is not reviewed: the same command goes on, and would find the file there.
    if switches.review is not None and done.outcome == "done":
        if done.review:
            write_review(switches.review, done.review)
            report = replace(report, review_path=str(switches.review))
        else:
            say(f"modelmix: {switches.review} was not written: {_NOTHING_TO_REVIEW}")
    if switches.as_json:
        new_model.print_result(screen.as_json(report), proposal)
    else:
        out().print(screen.card(report))
        sys.stdout.write(new_model.closing(done, proposal))
    if done.outcome == "capped":
        kept = report.answered + report.reused
        say(f"modelmix: the spend cap is reached; {kept:,} answers are kept; go on with a larger --max-spend")
        raise typer.Exit(REFUSED)
    if done.outcome == "interrupted":
        left = " (a batch goes on by itself, and is read then)" if done.plan.by_batch else " --live"
        say(f"modelmix: saved; go on with: modelmix replay --resume {done.replay_id}{left}")
        raise typer.Exit(INTERRUPTED)


def _check_alone(context: typer.Context, resume: str | None) -> None:
    """Refuse what a replay that goes on would have to ignore."""
    given = [
        parameter.opts[-1] if parameter.opts[0].startswith("-") else "LOG"
        for parameter in context.command.params
        if parameter.name in _AS_BEFORE
        and str(context.get_parameter_source(parameter.name)).endswith("COMMANDLINE")
    ]
    if resume is not None and given:
        raise typer.BadParameter(
            f"a replay that goes on asks what it asked; leave out {', '.join(given)}", param_hint="--resume"
        )


def _check_review(path: Path | None) -> None:
    """Refuse a file that could not be written, before anything is spent."""
    if path is not None and os.path.lexists(path):
        raise typer.BadParameter(
            f"{path} is there already and may hold a review; name another file", param_hint="--review"
        )
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}; make it", param_hint="--review")


def _agree(expected_usd: Decimal, at_most_usd: Decimal, limits: "Limits", *, yes: bool) -> None:
    """Ask before money is spent; off a terminal, --yes or --max-spend says it."""
    from modelmix.cli.console import say
    from modelmix.report.money import about_usd

    if yes or not expected_usd:
        return
    most = min(at_most_usd, limits.max_spend_usd or at_most_usd)
    span = f"about {about_usd(expected_usd)}, at most {about_usd(most)}"
    if sys.stdin.isatty() and sys.stderr.isatty():
        if typer.confirm(f"Spend {span}?", err=True):
            return
    elif limits.max_spend_usd is not None:
        return
    say(f"modelmix: nothing was sent: it would spend {span}; say --yes or --max-spend USD")
    raise typer.Exit(REFUSED)
