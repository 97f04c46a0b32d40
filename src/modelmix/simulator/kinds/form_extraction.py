"""Form extraction: fields of an invoice as JSON; on some forms a field is absent."""

import json
import re
from random import Random

from modelmix.simulator.kinds.kind import Kind, other_digits
from modelmix.simulator.kinds.prose import paragraph

FIELD_ABSENT = "field absent"
_LABELS = {
    "reference": "Invoice number",
    "supplier": "Supplier",
    "issued_on": "Date of issue",
    "due_on": "Payable by",
    "purchase_order": "Purchase order",
    "contact_phone": "Telephone",
    "total": "Total due",
}
_NAMES = {label: name for name, label in _LABELS.items()}
_LINE = re.compile(rf"^({'|'.join(_NAMES)}): (.+)$", re.MULTILINE)
_MAY_BE_ABSENT = ("due_on", "purchase_order", "contact_phone")
_ABSENT_SHARE = 0.25
_SUPPLIERS = (
    "Halden Paper",
    "Quarry & Lime",
    "Osterby Tools",
    "Nordlicht Glass",
    "Brae Textiles",
    "Fjellvik Foods",
)
_FORMS = ("Ltd", "AB", "GmbH", "Oy", "SARL")
_INVENTED = {"due_on": "2026-0{d}-28", "purchase_order": "PO-40{d}17", "contact_phone": "+44 20 7946 0{d}50"}


def write(rng: Random) -> str:
    """Write an invoice; on a quarter of them one of three fields is absent."""
    values = {
        "reference": f"INV-{rng.getrandbits(40):010x}",
        "supplier": f"{rng.choice(_SUPPLIERS)} {rng.choice(_FORMS)}",
        "issued_on": f"2026-{rng.randint(1, 6):02d}-{rng.randint(1, 28):02d}",
        "due_on": f"2026-{rng.randint(7, 12):02d}-{rng.randint(1, 28):02d}",
        "purchase_order": f"PO-{rng.randint(10000, 99999)}",
        "contact_phone": f"+46 8 {rng.randint(100, 999)} {rng.randint(10, 99)} {rng.randint(10, 99)}",
        "total": f"{rng.randint(1, 99)},{rng.randint(100, 999)}.{rng.randint(0, 99):02d} EUR",
    }
    if rng.random() < _ABSENT_SHARE:
        del values[rng.choice(_MAY_BE_ABSENT)]
    names = list(values)
    rng.shuffle(names)
    lines = [paragraph(rng, 2)]
    for name in names:
        lines.append(f"{_LABELS[name]}: {values[name]}")
        if rng.random() < 0.5:  # noqa: PLR2004 - every other line, on average
            lines.append(paragraph(rng, 1))
    lines.append(paragraph(rng, 3))
    return "\n".join(lines)


def fields(document: str) -> dict[str, str | None]:
    """Read the fields of a form; an absent one is None."""
    values: dict[str, str | None] = dict.fromkeys(_LABELS)
    for label, value in _LINE.findall(document):
        # The first line of a label holds; a later one is part of the prose.
        if values[_NAMES[label]] is None:
            values[_NAMES[label]] = value.strip()
    return values


def solve(document: str) -> str:
    """Return the fields as one line of JSON, absent ones null."""
    return json.dumps(fields(document))


def spoil(document: str, chance: float) -> str:
    """Invent a value for the absent field, or misread a present one."""
    values = fields(document)
    absent = [name for name, value in values.items() if value is None and name in _INVENTED]
    if absent:
        values[absent[0]] = _INVENTED[absent[0]].format(d=int(chance * 9) + 1)
    else:
        present = [name for name, value in values.items() if value and any(map(str.isdecimal, value))]
        if not present:
            return json.dumps(dict.fromkeys(values, "unknown"))
        name = present[int(chance * len(present))]
        values[name] = other_digits(values[name] or "", chance)
    return json.dumps(values)


def slice_of(document: str) -> str:
    """Name the slice of forms on which a field is absent."""
    return FIELD_ABSENT if None in fields(document).values() else ""


KIND = Kind(
    name="form-extraction",
    share=0.30,
    answer_form="json",
    steps="""
You read one invoice and return its fields as a JSON object with exactly these keys: reference (the invoice
number), supplier, issued_on (date of issue), due_on (the day it is payable by), purchase_order,
contact_phone, total (the amount due with its currency). Every value is a string copied from the document.
A field that the document does not hold is null; it is common for a form to lack one of them, and the
purchase order of one supplier never carries over to another. Amounts in the running text are not the total.
Telephone numbers in footers are not the contact's. Dates stay in the notation of the document. Keep the keys
in the order given here, and put nothing before or after the object.
""",
    max_tokens=8192,
    write=write,
    solve=solve,
    spoil=spoil,
    slice_of=slice_of,
    schema={
        "type": "object",
        "properties": {name: {"type": ["string", "null"]} for name in _LABELS},
        "required": list(_LABELS),
        "additionalProperties": False,
    },
)
