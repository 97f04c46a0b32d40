"""Ticket triage: the one label under which a support ticket belongs."""

from random import Random

from modelmix.simulator.kinds.kind import Kind, no_slice
from modelmix.simulator.kinds.prose import paragraph

_REQUESTS = {
    "billing": ("I was charged twice for the same month", "the invoice shows seats we gave up long ago"),
    "access": ("my colleague can no longer sign in", "the invitation link says that it has expired"),
    "outage": ("every page answers with an error since this morning", "the export job has been down all day"),
    "how-to": ("I cannot find where to change the language", "please tell me how to merge two projects"),
    "feature-request": (
        "it would help us if reports could be scheduled",
        "we would like a dark theme for the editor",
    ),
    "cancellation": ("please close our account at the end of the term", "we will not renew the contract"),
}
LABELS = tuple(_REQUESTS)
"""Every label, in the order of the instructions."""
_GREETINGS = ("Hello,", "Dear team,", "Good morning,", "Hi all,")
_NAMES = ("Ines", "Tomasz", "Ayo", "Mireille", "Kenji", "Sunniva")


def write(rng: Random) -> str:
    """Write a ticket with one request in it."""
    request = rng.choice(_REQUESTS[rng.choice(LABELS)])
    return "\n".join(
        (
            f"Ticket {rng.getrandbits(40):010x}",
            rng.choice(_GREETINGS),
            paragraph(rng, rng.randint(1, 3)),
            f"The reason for writing: {request}.",
            paragraph(rng, 1),
            f"Regards, {rng.choice(_NAMES)}",
        )
    )


def solve(document: str) -> str:
    """Return the label of the request in the ticket; ``how-to`` if none of the known ones is in it."""
    for label, requests in _REQUESTS.items():
        if any(request in document for request in requests):
            return label
    return "how-to"


def spoil(document: str, chance: float) -> str:
    """Return another label."""
    others = [label for label in LABELS if label != solve(document)]
    return others[int(chance * len(others))]


KIND = Kind(
    name="ticket-triage",
    share=0.25,
    answer_form="label",
    steps="""
You read one support ticket and answer with the one label under which it is to be filed: billing, access,
outage, how-to, feature-request or cancellation. Billing is anything about charges, invoices and seats that
were paid for. Access is signing in, invitations and permissions. Outage is anything that worked before and
now fails for more than one person. How-to is a question that the handbook answers. Feature-request is a wish
for something that does not exist. Cancellation is the wish to end or not to renew, even where it comes with
a complaint about something else. If two labels fit, take the one that the writer names as the reason for
writing. Answer with the label alone, in lower case, without a full stop.
""",
    max_tokens=4096,
    write=write,
    solve=solve,
    spoil=spoil,
    slice_of=no_slice,
)
