"""Check: what is wrong, or soon will be, with a policy that reads well."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile
from typing import Literal, TypeAlias

from modelmix.classify.tag import plain_tag
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook, Tier
from modelmix.errors import PriceNotFound
from modelmix.policy.artifact import is_downgrade
from modelmix.policy.document import PolicyDocument, TaskEntry, TaskMatch

SOON_DAYS = 60
"""A model that retires within so many days is a warning: the shortest notice that Anthropic gives.

Source: model deprecations page (2026-10-08): at least 60 days' notice for publicly released models.
"""

Level: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or soon will be.

    Attributes:
        level: ``error``: the policy does not do what it says; ``warning``: look at it; ``info``: know it.
        where: Path of the key: ``tasks.form-extraction.route.model``.
        what: One clause: what is wrong, and what to do.
    """

    level: Level
    where: str
    what: str


def check(
    document: PolicyDocument, capabilities: CapabilityTable, book: PriceBook, day: date
) -> list[Finding]:
    """Hold a policy against the models, the prices and the calendar of a day.

    Args:
        document: A parsed policy.
        capabilities: Models known.
        book: Prices known.
        day: The UTC day to judge it on.

    Returns:
        Findings in the order of the file: certificate, tasks, default.
    """
    findings = [*_certificate(document, day), *_prices_since(document, book, day)]
    for name, entry in document.tasks.items():
        for where, candidate in _named(name, entry):
            findings += _model(where, candidate, capabilities, day)
        findings += _tag(name, entry)
        findings += _route(name, document, capabilities)
        findings += _dearer(name, entry, book, day)
        findings += _shadowed(name, document, capabilities)
    if isinstance(document.default, Candidate):
        findings += _model("default", document.default, capabilities, day)
    return findings


def _named(name: str, entry: TaskEntry) -> Iterator[tuple[str, Candidate]]:
    many = len(entry.baseline) > 1
    for at, candidate in enumerate(entry.baseline):
        yield f"tasks.{name}.baseline{f'.{at}' if many else ''}", candidate
    if isinstance(entry.route, Candidate):
        yield f"tasks.{name}.route", entry.route


def _certificate(document: PolicyDocument, day: date) -> Iterator[Finding]:
    certificate = document.certificate
    if document.sha256 is None:
        yield Finding("warning", "sha256", "written by hand: no hash guards it; optimize writes one")
    if certificate is None:
        return
    ends = certificate.expires + timedelta(days=certificate.grace_days)
    if day > ends:
        yield Finding(
            "error", "certificate.expires", f"expired on {certificate.expires}: nothing is routed any more"
        )
    elif day > certificate.expires:
        what = (
            f"expired on {certificate.expires}: routes are kept until {ends}; run optimize on fresh evidence"
        )
        yield Finding("warning", "certificate.expires", what)
    elif day > certificate.expires - timedelta(days=certificate.grace_days):
        yield Finding("info", "certificate.expires", f"expires on {certificate.expires}; plan fresh evidence")
    cleared = certificate.verdict == "CLEARS"
    if cleared and certificate.bound is not None and certificate.bound > document.bar.margin:
        what = f"says CLEARS with a loss of up to {certificate.bound}, above the margin {document.bar.margin}"
        yield Finding("error", "certificate.bound", f"{what}: it certifies nothing; run optimize again")


def _prices_since(document: PolicyDocument, book: PriceBook, day: date) -> Iterator[Finding]:
    if document.certificate is None:
        return
    then = document.certificate.prices_as_of
    models = dict.fromkeys(c.model for name, e in document.tasks.items() for _, c in _named(name, e))
    for model in models:
        if _tiers(book, model, then) != _tiers(book, model, day):
            what = f"the list price of {model} is not what it was on {then}; run optimize again"
            yield Finding("warning", "certificate.prices_as_of", what)


def _tiers(book: PriceBook, model: str, day: date) -> tuple[Tier, ...]:
    try:
        return book.price(model, day).tiers
    except PriceNotFound:
        return ()


def _model(where: str, candidate: Candidate, capabilities: CapabilityTable, day: date) -> Iterator[Finding]:
    capability = capabilities.find(candidate.model)
    if capability is None:
        what = f"{candidate.model} is not in the capability table of {capabilities.as_of}; correct the name"
        yield Finding("error", f"{where}.model", what)
        return
    # A baseline that has gone moves nothing; a route to it would.
    gone: Level = "error" if where.endswith(".route") or where == "default" else "warning"
    if capability.retires is not None and capability.retires <= day:
        yield Finding(
            gone, f"{where}.model", f"{candidate.model} was retired on {capability.retires}; replace it"
        )
    elif capability.retires is not None and capability.retires <= day + timedelta(days=SOON_DAYS):
        what = f"{candidate.model} retires on {capability.retires}; plan its successor"
        yield Finding("warning", f"{where}.model", what)
    if candidate.effort is not None and candidate.effort not in capability.efforts:
        accepted = ", ".join(capability.efforts) or "none; leave effort out"
        what = f"{candidate.model} does not accept effort {candidate.effort}; it accepts {accepted}"
        yield Finding("error", f"{where}.effort", what)


def _tag(name: str, entry: TaskEntry) -> Iterator[Finding]:
    why = plain_tag(entry.match.tag)[1]
    if why:
        yield Finding(
            "warning", f"tasks.{name}.match.tag", f"no caller can name it: {why}; match another way"
        )


def _route(name: str, document: PolicyDocument, capabilities: CapabilityTable) -> Iterator[Finding]:
    entry, where = document.tasks[name], f"tasks.{name}.route"
    if not isinstance(entry.route, Candidate):
        return
    effective = capabilities.effective(entry.route)
    if effective in map(capabilities.effective, entry.baseline):
        yield Finding(
            "error", where, f"{entry.route} is its own baseline under another name; write route: baseline"
        )
    elif not document.certified(name):
        lower = any(is_downgrade(entry.route, asked, capabilities) for asked in entry.baseline)
        taken = (
            "it is not taken unless uncertified routes are allowed"
            if lower
            else "it is taken, being no downgrade"
        )
        yield Finding("error" if lower else "info", where, f"no certificate carries this route; {taken}")


def _dearer(name: str, entry: TaskEntry, book: PriceBook, day: date) -> Iterator[Finding]:
    if not isinstance(entry.route, Candidate):
        return
    ours, where = _tiers(book, entry.route.model, day), f"tasks.{name}.route"
    if not ours:
        yield Finding(
            "error", f"{where}.model", f"{entry.route.model} has no list price on {day}; see modelmix prices"
        )
        return
    # A dearer price can still be a lower cost: fewer tokens, fewer retries. Then the evidence says so.
    proven = _why_dearer(entry)
    for asked in entry.baseline:
        theirs = _tiers(book, asked.model, day)
        if theirs and _is_dearer(ours[0], theirs[0]):
            what = f"{entry.route.model} has a higher list price than {asked.model}"
            level: Level = "info" if proven else "warning"
            yield Finding(level, where, f"{what}; {proven or 'see that this is meant'}")


def _why_dearer(entry: TaskEntry) -> str:
    """Say what the evidence shows for a dearer route; nothing where it shows nothing."""
    evidence = entry.evidence
    if evidence is None:
        return ""
    if evidence.upward is not None and evidence.upward.net_bound_usd > 0:
        least = f"${evidence.upward.net_bound_usd:f} per accepted outcome"
        even = f"${evidence.upward.pays_above_usd:f}"
        return f"it saves at least {least}, and pays only while a wrong answer costs more than {even}"
    return "the evidence shows a saving all the same" if (evidence.saving_bound or 0) > 0 else ""


def _is_dearer(ours: Tier, theirs: Tier) -> bool:
    rates = ((ours.input, theirs.input), (ours.output, theirs.output))
    return all(mine >= other for mine, other in rates) and any(mine > other for mine, other in rates)


def _shadowed(name: str, document: PolicyDocument, capabilities: CapabilityTable) -> Iterator[Finding]:
    entry = document.tasks[name]
    left = {capabilities.effective(baseline) for baseline in entry.baseline}
    for earlier in takewhile(lambda other: other != name, document.tasks):
        other = document.tasks[earlier]
        if not _covers(other.match, entry.match):
            continue
        if other.match == entry.match:
            # Entries with one match are one type: each decides on its own baselines.
            left -= {capabilities.effective(baseline) for baseline in other.baseline}
            if left:
                continue
        what = (
            f"is never reached: {earlier} stands before it and takes all its tasks; move it up or take it out"
        )
        yield Finding("error", f"tasks.{name}", what)
        return


def _covers(wide: TaskMatch, narrow: TaskMatch) -> bool:
    """Say whether every task that the narrow match takes is surely taken by the wide one."""
    pairs = ((wide.tag, narrow.tag), (wide.template, narrow.template), (wide.rule, narrow.rule))
    return all(outer is None or outer == inner for outer, inner in pairs)
