"""A new model's day: what an earlier replay asked is asked of it too, and held to the policy in force."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from modelmix.cli.console import print_json

if TYPE_CHECKING:
    from modelmix.core.candidate import Candidate
    from modelmix.pipeline.optimize import Optimised
    from modelmix.pipeline.replay.ask import Ask
    from modelmix.pipeline.replay.plan import Plan
    from modelmix.pipeline.replay.replay import Replayed
    from modelmix.policy.diff import Change
    from modelmix.settings import Settings

PROPOSED = ".proposed.yaml"
_OPTION = "--beside"


def ask_of(
    context: typer.Context,
    beside: str | None,
    new: "Sequence[Candidate] | None",
    surroundings: "Settings",
    as_before: Collection[str],
) -> "Ask | None":
    """Return what is asked of a new model, or None where a replay of its own is asked for.

    A command that names candidates and nothing else that a replay asks goes beside the last one that ended.

    Args:
        context: The command, with what was given on its line.
        beside: The replay that it names, or None.
        new: Candidates that it names.
        surroundings: Settings: folder of the ledger, and prices.
        as_before: Parameters that make up what a replay asks.

    Raises:
        typer.BadParameter: It names a replay, and no candidate or something else that a replay asks.
        ConfigError: There is no such replay, or it asked them already.
    """
    from modelmix.pipeline.replay.beside import LAST, ask_beside, last_done

    home = surroundings.home
    given = [
        parameter.opts[-1] if parameter.opts[0].startswith("-") else "LOG"
        for parameter in context.command.params
        if parameter.name in as_before
        and parameter.name != "candidate"
        and str(context.get_parameter_source(parameter.name)).endswith("COMMANDLINE")
    ]
    if beside is None:
        if new is None or given or last_done(home) is None:
            return None
        beside = LAST
    elif new is None or given:
        what = f"leave out {', '.join(given)}" if given else "name who is new by --candidate"
        raise typer.BadParameter(f"a new candidate is asked what {beside} asked; {what}", param_hint=_OPTION)
    return ask_beside(home, beside, new, surroundings.price_book(), surroundings.capabilities())


def announce(plan: "Plan", home: Path, *, quiet: bool) -> None:
    """Say on standard error what a replay beside another asks; nothing of any other."""
    from modelmix.cli.console import say
    from modelmix.pipeline.replay.beside import said

    if plan.ask.beside is not None and not quiet:
        say(f" {said(plan, home)}")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that follows from the evidence now, beside the one in force.

    Attributes:
        in_force: File of the policy in force.
        path: File of the proposal.
        found: What the optimiser says.
        changes: What would change.
    """

    in_force: Path
    path: Path
    found: "Optimised"
    changes: "list[Change]"


def check(policy: Path | None) -> None:
    """Refuse a policy that cannot be read, or a proposal that could not be written, before money is spent."""
    from modelmix.pipeline.policy_file import check_writable
    from modelmix.policy.artifact import parse

    if policy is None:
        return
    parse(_bytes(policy), str(policy))
    check_writable(_proposed(policy))


def propose(
    policy: Path | None, done: "Replayed", surroundings: "Settings", now: datetime
) -> Proposal | None:
    """Optimise with the replay's bar into a file beside the policy in force, and compare the two.

    Returns:
        None where no policy was named, or the replay has not ended.

    Raises:
        ArtifactError: The policy in force cannot be read.
        ConfigError: The proposal cannot be written.
        EvidenceError: Nothing can be compared.
    """
    from modelmix.optimize.goal import Goal
    from modelmix.pipeline.optimize import optimise
    from modelmix.pipeline.policy_file import write
    from modelmix.pipeline.question import Ask as Question
    from modelmix.policy.artifact import parse
    from modelmix.policy.diff import diff
    from modelmix.store.lake import Lake
    from modelmix.store.ledger import Ledger

    if policy is None or done.outcome != "done":
        return None
    old = parse(_bytes(policy), str(policy))
    asked = done.plan.ask
    question = Question(
        goal=Goal(asked.margin, asked.alpha, asked.type_margin, seed=asked.seed),
        error_cost_usd=asked.error_cost_usd,
        error_costs_usd=asked.error_costs_usd,
        name=old.name,
        version=old.version + 1,
    )
    lake, book = Lake(surroundings.home), surroundings.price_book()
    with Ledger.open(surroundings.home) as ledger:
        found = optimise(question, ledger, lake, book, surroundings.capabilities(), now)
    path = _proposed(policy)
    write(path, found.policy)
    return Proposal(policy, path, found, diff(old, found.policy))


def as_json(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as plain JSON."""
    from modelmix.policy.diff import worst

    return {
        "in_force": str(proposal.in_force),
        "proposed": str(proposal.path),
        "attempt": proposal.found.fit.attempt,
        "alpha_this_attempt": proposal.found.fit.certified.alpha,
        "guardrail": worst(proposal.changes),
        "changes": [
            {
                name: float(value) if isinstance(value, Decimal) else value
                for name, value in asdict(one).items()
            }
            for one in proposal.changes
        ],
    }


def text(proposal: Proposal) -> str:
    """Write what would change, what of alpha was left to show it, and how it is put in force."""
    from modelmix.policy.diff_page import text as diff_text

    fit = proposal.found.fit
    return (
        f"\nproposed: {proposal.path}, against {proposal.in_force} in force "
        f"(attempt {fit.attempt}, at alpha {fit.certified.alpha:.2g})\n\n{diff_text(proposal.changes)}"
        f"\nin force once it is moved there: mv {proposal.path} {proposal.in_force}\n"
    )


def closing(done: "Replayed", proposal: Proposal | None) -> str:
    """Write what follows from a replay for the policy: what would change, or what to run to see it.

    Args:
        done: The replay.
        proposal: What follows, where a policy was named.
    """
    if proposal is not None:
        return text(proposal)
    if done.plan.ask.beside is None or done.outcome != "done":
        return ""
    return (
        f" then     modelmix policy diff policy.yaml policy{PROPOSED}\n"
        f" or       modelmix replay --resume {done.replay_id} --policy policy.yaml, which does both\n"
    )


def print_result(document: dict[str, Any], proposal: Proposal | None) -> None:
    """Print the one JSON object of a replay, with the proposal where there is one."""
    print_json(document if proposal is None else {**document, "policy": as_json(proposal)})


def _proposed(policy: Path) -> Path:
    return policy.with_name(policy.name.removesuffix(".yaml").removesuffix(".yml") + PROPOSED)


def _bytes(policy: Path) -> bytes:
    from modelmix.errors import ArtifactError

    try:
        return policy.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); name the policy in force"
        raise ArtifactError(str(policy), reason) from error
