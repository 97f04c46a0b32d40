"""Support assistant: what a help article states for a customer's question, if it states it at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from modelmix.simulator.kinds.kind import Kind, other_digits
from modelmix.simulator.kinds.prose import paragraph

NO_ANSWER = "NO ANSWER"
"""The right answer where the article does not answer the question."""
UNANSWERED = "no answer"
"""Name of the slice of questions that their article does not answer."""
_UNANSWERED_SHARE = 0.24


@dataclass(frozen=True, slots=True)
class _Topic:
    """Something that customers ask about.

    Attributes:
        question: What the customer asks.
        statement: Sentence of an article that answers it, with ``{}`` where the answer stands.
        unit: Unit of a figure, or empty if the answer is a step code.
    """

    question: str
    statement: str
    unit: str = ""


# The topics of one article are close to one another: a neighbour's answer looks right where there is none.
_ARTICLES: Mapping[str, tuple[_Topic, ...]] = {
    "Invoices and payments": (
        _Topic("how do I change the address on my invoices?", "A new billing address needs step {}."),
        _Topic("where can I change the address for deliveries?", "A new delivery address needs step {}."),
        _Topic("how do I put a purchase number on an invoice?", "Purchase numbers are set in step {}."),
        _Topic("how do I get a copy of an old invoice?", "Copies of past invoices come from step {}."),
        _Topic("how long does it take until a refund arrives?", "Refunds take up to {}.", "working days"),
        _Topic("how long may I wait before I pay?", "Invoices are payable within {}.", "calendar days"),
        _Topic("what does a second reminder cost me?", "A second reminder costs {}.", "EUR"),
        _Topic("what does a returned direct debit cost?", "A returned direct debit costs {}.", "EUR"),
    ),
    "Accounts and access": (
        _Topic("I forgot my password, what do I do?", "A forgotten password is reset in step {}."),
        _Topic("how do I move my second factor to a new phone?", "A second factor is moved in step {}."),
        _Topic("how do I remove a colleague who left?", "A leaver's account is closed in step {}."),
        _Topic("can I make a colleague an administrator?", "Administrators are named in step {}."),
        _Topic("how long is an invitation valid?", "Invitations are valid for {}.", "hours"),
        _Topic("when am I signed out if I do nothing?", "Idle sessions end after {}.", "minutes"),
        _Topic("how many people may share our plan?", "The plan holds up to {}.", "seats"),
        _Topic("how many guests can we invite?", "Guests are limited to {}.", "guests"),
    ),
    "Exports and storage": (
        _Topic("how do I export all my projects at once?", "A full export is started in step {}."),
        _Topic("can I export only one project?", "A single project is exported in step {}."),
        _Topic("how do I send my exports to our own server?", "Exports to a server are set up in step {}."),
        _Topic("how do I bring back a project that I deleted?", "Deleted projects return in step {}."),
        _Topic("how long are exports kept for me?", "Finished exports are kept for {}.", "days"),
        _Topic("how long can I undo a deletion?", "A deletion can be undone for {}.", "weeks"),
        _Topic("how large may one file be?", "A file may have up to {}.", "MB"),
        _Topic("how much space do we have in all?", "The space of an account is {}.", "GB"),
    ),
    "Devices and repairs": (
        _Topic("how do I pair a sensor with the hub?", "A sensor is paired in step {}."),
        _Topic("how do I put the hub back to factory state?", "The hub is reset in step {}."),
        _Topic("how do I load new firmware onto the hub?", "Firmware is loaded in step {}."),
        _Topic("where do I send a broken device?", "A broken device is handed in with step {}."),
        _Topic("how long does the battery of a sensor last?", "A battery of a sensor lasts {}.", "months"),
        _Topic("how long does a repair take?", "A repair takes {}.", "working days"),
        _Topic("how far may a sensor be from the hub?", "Sensors reach {} indoors.", "metres"),
        _Topic("how long is my warranty?", "The warranty runs for {}.", "months"),
    ),
}
_TOPICS = tuple(topic for topics in _ARTICLES.values() for topic in topics)
_STATED = {
    topic.question: re.compile("(.+?)".join(map(re.escape, topic.statement.split("{}")))) for topic in _TOPICS
}
_QUESTION = re.compile(r"^Customer's question: (.+)$", re.MULTILINE)
_OPENINGS = ("Hello,", "Hi there,", "Good morning,", "Quick one:", "Sorry to bother you,", "One more thing,")
_LETTERS = "BCDFGHKLMNPRSTVW"


def write(rng: Random) -> str:
    """Write an article and a question; nearly a quarter of the questions it does not answer."""
    title = rng.choice(tuple(_ARTICLES))
    topics = rng.sample(_ARTICLES[title], len(_ARTICLES[title]))
    stated = topics[: rng.randint(4, 6)]
    asked = rng.choice(topics[len(stated) :] if rng.random() < _UNANSWERED_SHARE else stated)
    lines = [f"Help article {rng.getrandbits(40):010x}: {title}", paragraph(rng, rng.randint(1, 2))]
    for topic in stated:
        value = f"{rng.randint(2, 96)} {topic.unit}" if topic.unit else _code(rng)
        lines.append(f"{topic.statement.format(value)} {paragraph(rng, rng.randint(0, 2))}".strip())
    lines.append(f"Customer's question: {rng.choice(_OPENINGS)} {asked.question}")
    return "\n".join(lines)


def solve(document: str) -> str:
    """Return the step code or figure that the article states for the question, or ``NO ANSWER``."""
    topic = _asked(document)
    found = None if topic is None else _STATED[topic.question].search(document)
    return NO_ANSWER if found is None else found.group(1)


def spoil(document: str, chance: float) -> str:
    """Return what the article says of something else: the answer invented where it has none.

    A code stands in for a code and a figure for a figure, as long as there is one.
    """
    right, topic = solve(document), _asked(document)
    stated = [
        (found.group(1), other.unit)
        for other in _TOPICS
        if (found := _STATED[other.question].search(document)) and found.group(1) != right
    ]
    alike = [value for value, unit in stated if topic is not None and bool(unit) == bool(topic.unit)]
    others = alike or [value for value, _ in stated]
    if others:
        return others[int(chance * len(others))]
    return other_digits("KM-417", chance) if right == NO_ANSWER else NO_ANSWER


def slice_of(document: str) -> str:
    """Name the slice of questions that their article does not answer."""
    return UNANSWERED if solve(document) == NO_ANSWER else ""


def _asked(document: str) -> _Topic | None:
    asked = _QUESTION.findall(document)
    return next((topic for topic in _TOPICS if asked and asked[-1].endswith(topic.question)), None)


def _code(rng: Random) -> str:
    return f"{rng.choice(_LETTERS)}{rng.choice(_LETTERS)}-{rng.randint(100, 999)}"


KIND = Kind(
    name="support-assistant",
    share=0.20,
    answer_form="text",
    steps="""
You help the support desk of a software house. You are shown one help article and, in the last line, one
question of a customer, and you return what the desk is to read out: the step code, or the figure with its
unit, that the article states for exactly what was asked. Copy it from the article as it stands there, for
example RT-204 or 12 working days, and nothing around it. The customer's words are seldom those of the
article; what counts is that both speak of the same thing. An article holds several codes and figures that lie
close together, and the one next to the right one is wrong. If the article does not state what was asked,
answer NO ANSWER, in these capitals: the desk then asks a colleague. A code or figure of a neighbouring matter
is not an answer, and neither is what you know from elsewhere.
""",
    max_tokens=4096,
    write=write,
    solve=solve,
    spoil=spoil,
    slice_of=slice_of,
)
