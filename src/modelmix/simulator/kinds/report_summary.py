"""Report summary: the four figures of a long site report in one sentence."""

import re
from random import Random

from modelmix.simulator.kinds.kind import Kind, no_slice, other_digits
from modelmix.simulator.kinds.prose import paragraph

_SITES = ("Harbour", "Ridge", "Mill", "Orchard", "Foundry", "Lagoon")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
_FACTS = {
    "site": r"This report concerns the site (.+?)\.",
    "month": r"It covers the month of (.+?)\.",
    "units": r"the site produced (.+?) units",
    "scrap": r"scrap stood at (.+?) per cent",
    "incidents": r"recorded (.+?) incidents",
    "backlog": r"backlog of (.+?) orders",
}


def write(rng: Random) -> str:
    """Write a report of several pages with six facts spread over it."""
    facts = (
        f"This report concerns the site {rng.choice(_SITES)}-{rng.getrandbits(40):010x}.",
        f"It covers the month of {rng.choice(_MONTHS)} 2026.",
        f"Over the period the site produced {rng.randint(1, 99)},{rng.randint(100, 999)} units of all kinds.",
        f"At the final count scrap stood at {rng.randint(1, 9)}.{rng.randint(0, 9)} per cent of input.",
        f"The safety office recorded {rng.randint(2, 19)} incidents, none of them grave.",
        f"The period closed with a backlog of {rng.randint(20, 990)} orders.",
    )
    return "\n\n".join(f"{paragraph(rng, rng.randint(5, 12))} {fact} {paragraph(rng, 3)}" for fact in facts)


def facts(document: str) -> dict[str, str]:
    """Read the six facts; one that is not in the report is ``not stated``."""
    found = {name: re.search(pattern, document) for name, pattern in _FACTS.items()}
    return {name: match.group(1) if match else "not stated" for name, match in found.items()}


def solve(document: str) -> str:
    """Return the summary."""
    return _sentence(facts(document))


def spoil(document: str, chance: float) -> str:
    """Return the summary with one figure wrong."""
    values = facts(document)
    wrong = ("units", "scrap", "incidents", "backlog")[int(chance * 4)]
    digits = any(map(str.isdecimal, values[wrong]))
    values[wrong] = other_digits(values[wrong], chance) if digits else "about 12"
    return _sentence(values)


def _sentence(values: dict[str, str]) -> str:
    return (
        "{site}, {month}: {units} units made, {scrap} per cent scrap, {incidents} incidents, "
        "a backlog of {backlog} orders."
    ).format_map(values)


KIND = Kind(
    name="report-summary",
    share=0.15,
    answer_form="text",
    steps="""
You read one monthly report of a site and return one sentence for the board. It names the site and the month,
then the units made, the scrap in per cent, the number of incidents and the backlog, in this form:
SITE, MONTH: U units made, S per cent scrap, I incidents, a backlog of B orders.
The six facts stand somewhere in the report, each once, between a great deal of text that has no bearing on
them. Figures of other periods, targets and estimates do not count. The site is named with its full code. If
a fact is missing, write "not stated" in its place and keep the form. Do not add a judgement, a trend or a
comparison: the board has asked for the figures and for nothing else.
""",
    max_tokens=8192,
    write=write,
    solve=solve,
    spoil=spoil,
    slice_of=no_slice,
)
