"""The refusal on the report's page: the candidate that would save most and fails, and how that looks."""

from collections.abc import Mapping
from typing import Any

from modelmix.report.accepted import accepted, accepted_paragraph
from modelmix.report.account_evidence import evidence
from modelmix.report.break_even import UNSAID, break_even
from modelmix.report.sheet import Sheet

_UNFOLDED = 2
_BEYOND = {"proven": " beyond what is proven", "undecided": " beyond what is at stake"}


def is_refusal(task: Mapping[str, Any]) -> bool:
    """Say whether the candidate that a type's evidence is about is the one that is declined."""
    return task["refusal"] is not None and task["refusal"]["candidate"] == task["candidate"]


def refusal(sheet: Sheet, at: str) -> str:
    """Lay out the declined candidate that would save most, then the others that fail.

    Args:
        sheet: The document.
        at: Where its task type stands in it.
    """
    if sheet.at(f"{at}.refusal") is None:
        return ""
    here = f"{at}.refusal"
    return (
        f'<section class="declined">\n<h4>Declined: {sheet.text(f"{here}.candidate")}</h4>\n'
        f"<p>{_worth(sheet, at)}; {_loss(sheet, here)}.</p>\n"
        f"<p>{_pays(sheet, at)}</p>\n{accepted_paragraph(sheet, here)}"
        f"{evidence(sheet, here, task=at, unfolded=_UNFOLDED)}{_others(sheet, at)}</section>\n"
    )


def _worth(sheet: Sheet, at: str) -> str:
    task, here = sheet.at(at), f"{at}.refusal"
    found = task["refusal"]
    if found["beyond_usd"] is None or not task["calls"]:
        return "What it would save is not known: it has no priced call here, or no price"
    if found["beyond_usd"] <= 0:
        return f"It would save {sheet.usd(f'{here}.saving_usd')}, no more than what the type saves without it"
    month = ""
    if found["month_beyond_usd"] is not None:
        month = f", {sheet.usd(f'{here}.month_beyond_usd')} in 30 days"
    usd = f'<strong class="bad">{sheet.usd(f"{here}.beyond_usd")} declined</strong>'
    return f"{usd}{_BEYOND.get(task['standing'], '')} (at least {_bound(sheet, here)}{month})"


def _bound(sheet: Sheet, here: str) -> str:
    return sheet.usd(f"{here}.beyond_bound_usd")


def _loss(sheet: Sheet, here: str) -> str:
    said = f"it loses {sheet.points(f'{here}.loss')}"
    if sheet.at(f"{here}.margin") is not None:
        said += f" where {sheet.points(f'{here}.margin')} are allowed"
    return f"{said} ({sheet.counted(f'{here}.pairs', 'pair')})"


def _pays(sheet: Sheet, at: str) -> str:
    task, here = sheet.at(at), f"{at}.refusal"
    if is_refusal(task):
        return break_even(sheet, at)
    if task["refusal"]["pays_while_error_below_usd"] is None:
        return "Below which cost of a wrong answer it would pay is not known."
    said = (
        "It would pay only while a wrong answer costs less than "
        f"<strong>{sheet.price(f'{here}.pays_while_error_below_usd')}</strong> (at the measured loss)"
    )
    if task["refusal"]["beats_route_while_error_below_usd"]:
        said += (
            ", and more than the route only below "
            f"<strong>{sheet.price(f'{here}.beats_route_while_error_below_usd')}</strong>"
        )
    return f"{said}. {_said_cost(sheet, at)}"


def _said_cost(sheet: Sheet, at: str) -> str:
    if sheet.at(f"{at}.error_cost_usd") is None:
        return UNSAID
    cost = f"A wrong answer costs {sheet.price(f'{at}.error_cost_usd')}: "
    if sheet.at(f"{at}.refusal.pays"):
        return f"{cost}it would pay at that, and fails its bar all the same."
    return f'{cost}<span class="bad">it would not pay</span>.'


def _others(sheet: Sheet, at: str) -> str:
    lines = []
    for i, one in enumerate(sheet.at(f"{at}.declined")):
        if one["candidate"] == sheet.at(f"{at}.refusal.candidate"):
            continue
        here = f"{at}.declined.{i}"
        said = f"{sheet.text(f'{here}.candidate')}: {_loss(sheet, here)}"
        if one["saving_usd"] is not None:
            said += f"; it would save {sheet.usd(f'{here}.saving_usd')}"
        if one["pays_while_error_below_usd"] is not None:
            below = sheet.price(f"{here}.pays_while_error_below_usd")
            said += f", and pay only while a wrong answer costs less than {below}"
        if one["accepted"] is not None:
            said += f"; {accepted(sheet, here)}"
        lines.append(f"<li>{said}</li>\n")
    return f"<h5>Other candidates that fail</h5>\n<ul>\n{''.join(lines)}</ul>\n" if lines else ""
