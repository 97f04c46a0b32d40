"""What labels show, as a screen, as JSON and as rows of a page."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelmix.evaluate.agreement import Share
from modelmix.report.plain import counted, printable

SCHEMA = "modelmix.label/1"

ASSUMED_SECONDS = 30.0
"""What a label takes where none was measured."""

_NAME_WIDTH = 40
_NONE = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class LossShown:
    """A loss with its two-sided 95 % interval, shares in [-1, 1]; positive is worse."""

    loss: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rates:
    """How well a judge tells good answers from bad ones, on each side.

    Attributes:
        sensitivity: Of the candidate's answers that people accept, those that it passes.
        specificity: Of those that they do not, those that it fails.
        baseline_sensitivity: The same of the baseline's answers.
        baseline_specificity: The same.
        rogan_gladen: Loss from pass rates put right by these four; None where they do not tell.
    """

    sensitivity: Share
    specificity: Share
    baseline_sensitivity: Share
    baseline_specificity: Share
    rogan_gladen: LossShown | None


@dataclass(frozen=True, slots=True)
class ArmFindings:
    """What labels show of one candidate on one task type.

    Attributes:
        task_type: The type.
        candidate: Who is held against the baseline.
        baseline: The baseline.
        grader: Who graded the pairs, or empty.
        is_judged: Whether that is a model.
        prompts: Pairs graded.
        same: Of them, pairs of the same text: no label is needed.
        differ: Of the others, those on which the grades differ.
        labels: Pairs that people have labelled.
        drawn: Of them, those drawn at random: only they speak for the others.
        drawn_differ: Of those, pairs on which the grades differ.
        agreement: How often grader and people say the same of a pair.
        rates: Of single answers; None where grades compare, or nothing was drawn.
        loss: Loss by the grader's word alone.
        corrected: Loss of a judge put right by labels; None of rules, or without labels.
        upper: Its one-sided 95 % upper bound, which is what a margin is held against.
        worth: Pairs graded by people that would say as much.
        relabelled_loss: Loss of a rule with people's words in place of its own; None of judges.
    """

    task_type: str
    candidate: str
    baseline: str
    grader: str
    is_judged: bool
    prompts: int
    same: int
    differ: int
    labels: int
    drawn: int
    drawn_differ: int
    agreement: Share
    rates: Rates | None
    loss: float
    corrected: LossShown | None
    upper: float | None
    worth: float | None
    relabelled_loss: float | None


@dataclass(frozen=True, slots=True)
class People:
    """Two people who have labelled the same pairs.

    Attributes:
        one: The first.
        other: The second.
        same: How often both say the same.
        kappa: Cohen's kappa; None where chance alone would make them agree.
    """

    one: str
    other: str
    same: Share
    kappa: float | None


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What all labels show.

    Attributes:
        arms: By task type and candidate.
        people: By two people.
        labels: Labels that count.
        by_person: Person → labels.
        stale: Labels of answers that are others now.
        unknown: Labels of answers that are not there.
        seconds_per_label: Median time of a label, or None where none was measured.
        fewest: Labels of a candidate below which its judge is not corrected.
    """

    arms: tuple[ArmFindings, ...]
    people: tuple[People, ...]
    labels: int
    by_person: Mapping[str, int]
    stale: int
    unknown: int
    seconds_per_label: float | None
    fewest: int


def minutes_of(labels: int, seconds_per_label: float | None) -> float:
    """Return about how many minutes labels take, by the time measured or else assumed."""
    return labels * (ASSUMED_SECONDS if seconds_per_label is None else seconds_per_label) / 60.0


def work(labels: int, seconds_per_label: float | None) -> str:
    """Say what labels take: "80 labels, about 40 minutes (assumed: 30 s each)"."""
    each = ASSUMED_SECONDS if seconds_per_label is None else seconds_per_label
    basis = "assumed" if seconds_per_label is None else "measured"
    time = max(1, round(minutes_of(labels, seconds_per_label)))
    return (
        f"{counted(labels, 'label')}, about {counted(time, 'minute')} ({basis}: {max(each, 1.0):.0f} s each)"
    )


def as_json(report: LabelReport) -> dict[str, Any]:
    """Return the report as a JSON object of schema ``modelmix.label/1``; NaN becomes null."""
    return {
        "schema": SCHEMA,
        "labels": report.labels,
        "by_person": dict(report.by_person),
        "stale": report.stale,
        "unknown": report.unknown,
        "seconds_per_label": report.seconds_per_label,
        "fewest_labels": report.fewest,
        "arms": [_arm(arm) for arm in report.arms],
        "people": [
            {"one": two.one, "other": two.other, "agreement": share_json(two.same), "kappa": two.kappa}
            for two in report.people
        ],
    }


def _arm(arm: ArmFindings) -> dict[str, Any]:
    rates = arm.rates
    return {
        "task_type": arm.task_type,
        "candidate": arm.candidate,
        "baseline": arm.baseline,
        "grader": arm.grader,
        "judged": arm.is_judged,
        "pairs": arm.prompts,
        "same_text": arm.same,
        "differ": arm.differ,
        "labels": arm.labels,
        "drawn": arm.drawn,
        "drawn_differ": arm.drawn_differ,
        "agreement": share_json(arm.agreement),
        "sensitivity": None if rates is None else share_json(rates.sensitivity),
        "specificity": None if rates is None else share_json(rates.specificity),
        "baseline_sensitivity": None if rates is None else share_json(rates.baseline_sensitivity),
        "baseline_specificity": None if rates is None else share_json(rates.baseline_specificity),
        "loss": arm.loss,
        "corrected": loss_json(arm.corrected),
        "upper_bound": arm.upper,
        "worth_pairs": arm.worth,
        "rogan_gladen": None if rates is None else loss_json(rates.rogan_gladen),
        "bias": None if arm.corrected is None else arm.loss - arm.corrected.loss,
        "relabelled_loss": arm.relabelled_loss,
    }


def share_json(share: Share) -> dict[str, Any]:
    """Return a share as JSON; without labels its value is null."""
    return {
        "share": None if math.isnan(share.share) else share.share,
        "low": share.low,
        "high": share.high,
        "n": share.n,
    }


def loss_json(loss: LossShown | None) -> dict[str, Any] | None:
    """Return a loss as JSON, or null."""
    return None if loss is None else {"loss": loss.loss, "low": loss.low, "high": loss.high}


def percent(share: Share) -> str:
    """Write a share with its interval and its labels: "92 % (81 to 97 %, n 48)"."""
    if not share.n:
        return _NONE
    return f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%}, n {share.n})".replace("%", " %")


def points(value: float) -> str:
    """Write a loss in percentage points."""
    return f"{value * 100:.1f} pp".replace("-", "\N{MINUS SIGN}")


def interval(loss: LossShown | None) -> str:
    """Write a loss with its interval."""
    if loss is None:
        return _NONE
    return f"{points(loss.loss)} ({points(loss.low)} to {points(loss.high)})"


def sentences(arm: ArmFindings, fewest: int) -> Iterator[tuple[str, str]]:
    """Say what labels show of one candidate, as names and values."""
    who = arm.grader or "the table"
    looked = f"{arm.labels:,} of {arm.prompts:,} pairs"
    same = f"; {arm.same:,} more are the same text" if arm.same else ""
    yield (
        "labels",
        f"{looked}, {arm.drawn:,} of them drawn at random ({arm.drawn_differ:,} where grades differ){same}",
    )
    yield "agreement", f"{percent(arm.agreement)} with {who}"
    if arm.rates is not None:
        sides = (
            ("candidate", arm.rates.sensitivity, arm.rates.specificity),
            ("baseline", arm.rates.baseline_sensitivity, arm.rates.baseline_specificity),
        )
        for side, good, bad in sides:
            yield f"{side}'s answers", f"good ones passed {percent(good)}; bad ones failed {percent(bad)}"
    if not arm.is_judged:
        relabelled = _NONE if arm.relabelled_loss is None else points(arm.relabelled_loss)
        yield "loss", f"{points(arm.loss)} by {who}, {relabelled} with people's words in its place"
        return
    yield "loss by the judge", f"{points(arm.loss)}, uncorrected"
    if arm.corrected is None or arm.upper is None or arm.worth is None:
        return
    yield "loss, corrected", f"{interval(arm.corrected)}; at most {points(arm.upper)} at 95 %"
    if arm.rates is not None:
        yield "by Rogan-Gladen", interval(arm.rates.rogan_gladen)
    yield (
        "the judge's bias",
        f"{points(arm.loss - arm.corrected.loss)}; positive: it is harder on the candidate",
    )
    if arm.drawn < fewest:
        yield (
            "so far",
            f"too few labels to correct by: {arm.drawn} of {fewest}; optimize takes the judge at its word",
        )
    else:
        yield "worth", f"as much as {arm.worth:,.0f} pairs graded by people; optimize tests that"


def card(report: LabelReport) -> RenderableType:
    """Return the screen of ``modelmix label --report``."""
    parts: list[RenderableType] = []
    who = ", ".join(f"{printable(name, 24)} {n:,}" for name, n in report.by_person.items())
    parts.append(Text(f" {counted(report.labels, 'label')}" + (f": {who}" if who else "")))
    parts.extend(Text(f" {line}", "yellow") for line in warnings(report))
    for arm in report.arms:
        parts.append(Text())
        parts.append(Text(f" {title(arm)}", "bold"))
        table = Table.grid(padding=(0, 2, 0, 1))
        for name, value in (
            sentences(arm, report.fewest) if arm.labels else [("labels", unlabelled(report, arm))]
        ):
            table.add_row(Text(f" {name}"), Text(printable(value)))
        parts.append(table)
    parts.extend(Text(f" {agreeing(two)}") for two in report.people)
    return Group(*parts)


def title(arm: ArmFindings) -> str:
    """Name what was compared."""
    sides = f"{printable(arm.candidate)} against {printable(arm.baseline)}"
    return f"{printable(arm.task_type, _NAME_WIDTH)}: {sides}"


def agreeing(two: People) -> str:
    """Say how far two people agree."""
    kappa = "" if two.kappa is None else f", kappa {two.kappa:.2f}"
    who = f"{printable(two.one, 24)} and {printable(two.other, 24)}"
    return f"{who} say the same of {percent(two.same)} of pairs{kappa}"


def unlabelled(report: LabelReport, arm: ArmFindings) -> str:
    """Say what it takes to check a candidate that nobody has labelled."""
    if not arm.is_judged:
        looked = f"none; graded by {arm.grader or 'the table'}, loss {points(arm.loss)}"
        needed = work(arm.differ, report.seconds_per_label)
        return f"{looked}; where grades differ: {needed}" if arm.differ else looked
    open_pairs = min(100, max(arm.prompts - arm.same, 0))
    return (
        f"none: {arm.grader} is taken at its word; to check it: {work(open_pairs, report.seconds_per_label)}"
    )


def warnings(report: LabelReport) -> Iterator[str]:
    """Say what of the labels does not count."""
    if report.stale:
        yield f"{counted(report.stale, 'label')} of answers that are others now: not counted"
    if report.unknown:
        yield f"{counted(report.unknown, 'label')} of answers that are not here: not counted"
