"""Beside: a new model's day. What an earlier replay asked is asked of one candidate more, and of no other."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError
from modelmix.optimize.attempts import Try, alpha_of_attempt, number_of_attempt, sketch
from modelmix.pipeline.replay.ask import Ask, Beside
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.recordings import LATER
from modelmix.pipeline.replay.replay import asked_before
from modelmix.report.plain import counted
from modelmix.store.book import FILE
from modelmix.store.ledger import Ledger
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import Replay

LAST: Final = "last"
"""Stands for the last replay that ended as planned."""
_DONE: Final = "done"


def last_done(home: Path) -> Replay | None:
    """Return the last replay that ended as planned, or None without one."""
    done = [one for one in _replays(home) if one.outcome == _DONE]
    return done[-1] if done else None


def ask_beside(
    home: Path, name: str, new: Sequence[Candidate], book: PriceBook, capabilities: CapabilityTable
) -> Ask:
    """Return what an earlier replay asked, of further candidates as well.

    Args:
        home: Folder of the ledger.
        name: The replay, or ``last``.
        new: Who is asked besides.
        book: Prices.
        capabilities: What models accept.

    Raises:
        ConfigError: There is no such replay, it has not ended, it asked them of its own accord already, or
            one has no price.
    """
    _check_priced(new, book, capabilities)
    if name == LAST:
        found = last_done(home)
        if found is None:
            raise ConfigError(
                f"there is no replay in {home / FILE} that has ended, to put a candidate beside; "
                "name logs to begin one"
            )
    else:
        asked_before(home, name)  # what there is is told where it is not
        found = next(one for one in _replays(home) if one.replay_id == name)
    if found.outcome != _DONE:
        raise ConfigError(
            f"replay {found.replay_id} has not ended yet; go on with modelmix replay --resume "
            f"{found.replay_id} first"
        )
    before = asked_before(home, found.replay_id)
    # A replay that went beside another asked its prompts: those are the ones, and its new candidate is one.
    first = before.beside
    if first is not None and set(new) <= set(first.also):
        return before  # the same again, which sends nothing
    also = dict.fromkeys((*(() if first is None else first.also), *new))
    asked = before.candidates or ()
    if set(new) <= set(asked):
        names = ", ".join(map(str, new))
        raise ConfigError(
            f"replay {found.replay_id} has asked {names} already; name another candidate, or see what it "
            "found with modelmix optimize"
        )
    at, prompts = (found.at, int(found.summary["prompts"])) if first is None else (first.at, first.prompts)
    return replace(before, beside=Beside(replay_id=found.replay_id, at=at, prompts=prompts, also=tuple(also)))


def _check_priced(new: Sequence[Candidate], book: PriceBook, capabilities: CapabilityTable) -> None:
    """Refuse a candidate without a price before logs are read; one that is not known is told elsewhere."""
    for one in new:
        if capabilities.find(one.model) is not None and book.resolve(one.model) not in book.prices:
            raise ConfigError(
                f"candidate {one} is not in the price book, so neither its cost nor its saving can be told; "
                "update modelmix, or name a model that modelmix prices lists"
            )


def alpha_left(plan: Plan, home: Path) -> tuple[int, float]:
    """Return which attempt on its prompts a plan will be tested in, and the level that is left for it."""
    unasked = Try("", "", sketch(one.recorded.prompt_id for one in plan.prompts))
    with Ledger.open(home) as ledger:
        rows = [Try(row.settings_sha256, row.evidence_sha256, row.prompts) for row in ledger.attempts()]
    number = number_of_attempt(unasked, rows)
    return number, alpha_of_attempt(plan.ask.alpha, number)


def said(plan: Plan, home: Path) -> str:
    """Say what is asked again and of whom, what of alpha is left for it, and what the log holds besides.

    Of a replay that goes beside none it says nothing.
    """
    beside = plan.ask.beside
    if beside is None:
        return ""
    number, alpha = alpha_left(plan, home)
    names = ", ".join(map(str, beside.also))
    later = plan.recordings.set_aside.get(LATER, 0)
    more = (
        f"; {counted(later, 'row')} logged since then would test it with all of alpha: name the log to draw "
        "from them as well"
        if later
        else ""
    )
    return (
        f"beside {beside.replay_id}: the same {counted(len(plan.prompts), 'prompt')} and graders, answers "
        f"that are kept used again, and {names} asked; attempt {number} on these prompts, {alpha:.2g} of "
        f"alpha {plan.ask.alpha:g} is left for it{more}"
    )


def _replays(home: Path) -> tuple[Replay, ...]:
    if not (home / FILE).exists():
        return ()
    with ReplayBook.open(home) as book:
        return book.replays()
