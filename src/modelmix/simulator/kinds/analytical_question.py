"""Analytical question: a figure that must be worked out from a table."""

import re
from random import Random

from modelmix.simulator.kinds.kind import Kind, no_slice
from modelmix.simulator.kinds.prose import paragraph

_REGIONS = ("North", "South", "East", "West", "Coast", "Highlands", "Islands", "Capital")
_QUARTERS = 4
_QUESTION = (
    "Question: which region grew most from the first to the last quarter, and what would the four quarters "
    "of all other regions together have come to?"
)
_ROW = re.compile(r"^\| (\w+) \| (\d{1,9}) \| (\d{1,9}) \| (\d{1,9}) \| (\d{1,9}) \|$", re.MULTILINE)


def write(rng: Random) -> str:
    """Write a table of sales by region and quarter, with text and a question around it."""
    rows = [
        "| Region | Q1 | Q2 | Q3 | Q4 |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {region} | {' | '.join(str(rng.randint(100, 999)) for _ in range(_QUARTERS))} |"
            for region in rng.sample(_REGIONS, rng.randint(4, 8))
        ),
    ]
    return "\n\n".join(
        (
            f"Case {rng.getrandbits(40):010x}",
            paragraph(rng, rng.randint(10, 25)),
            "\n".join(rows),
            paragraph(rng, rng.randint(10, 25)),
            _QUESTION,
        )
    )


def solve(document: str) -> str:
    """Return the region and the sum of all others."""
    rows = {region: [int(cell) for cell in cells] for region, *cells in _ROW.findall(document)}
    if not rows:
        return "The table is not in the document."
    return _answer(rows, max(rows, key=lambda region: rows[region][-1] - rows[region][0]))


def spoil(document: str, chance: float) -> str:
    """Return another region with its sum, or the right region with a sum that is off."""
    right = solve(document)
    rows = {region: [int(cell) for cell in cells] for region, *cells in _ROW.findall(document)}
    others = [region for region in rows if not right.startswith(f"{region}:")]
    if not others:
        return "The four quarters came to about 4000."
    return _answer(rows, others[int(chance * len(others))])


def _answer(rows: dict[str, list[int]], region: str) -> str:
    rest = sum(sum(cells) for name, cells in rows.items() if name != region)
    return f"{region}: {rest}"


KIND = Kind(
    name="analytical-question",
    share=0.10,
    answer_form="text",
    steps="""
You read a case with a table of sales by region and quarter and answer the question at its end. Growth is the
last quarter minus the first, in units and not in per cent. The second part asks for a sum over all quarters
of all regions but the one that grew most. Work it out step by step before you answer, check the sum once
more from the other end, and make sure that each region has been counted once. Where two regions grew
alike, take the one that stands first in the table. The text around the table may speak of regions and
quarters as well; only the table counts. Answer in the form REGION: SUM, with the region as the table spells
it and the sum as a plain number without separators.
""",
    max_tokens=8192,
    write=write,
    solve=solve,
    spoil=spoil,
    slice_of=no_slice,
)
