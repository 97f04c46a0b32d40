"""Judging: what the practice API says when it is asked for a verdict on answers that it gave itself.

It knows no client's way of asking. It looks for a task of its world in the text of a request, and behind the
task's document for answers that its models give to that very task; whether these are right it knows. A schema
of a boolean is then a verdict on the last of them; one with a choice of two or three is a choice between the
last two, its values standing for the first, the second and neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelmix.simulator.ability import draw
from modelmix.simulator.behaviour import MODELS
from modelmix.simulator.kinds.kind import MARK
from modelmix.simulator.schema_example import example
from modelmix.simulator.world import Item, recognise

ACCURACY: Final = 0.96
"""Chance that a verdict follows the truth; else it is drawn without looking."""

FIRST_BIAS: Final = 0.06
"""Chance that of two answers the first is called better, whatever they are: a habit of judges."""

_MOST_CHOICES: Final = 3


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of this world in a text.

    Attributes:
        at: Where it begins.
        is_right: Whether it is the right one.
    """

    at: int
    is_right: bool


def answers_in(text: str, seed: int) -> list[Found]:
    """Find answers to a task of this world behind its document, in order; none in any other text."""
    item = recognise(text, text)
    if item is None:
        return []
    start = text.rfind(item.document) + len(item.document)
    right = item.kind.solve(item.document)
    found = {at: Found(at, is_right=True) for at in _places(text, right, start)}
    for wrong in _wrong(item, seed) - {right}:
        found |= {at: Found(at, is_right=False) for at in _places(text, wrong, start) if at not in found}
    return [found[at] for at in sorted(found)]


def verdict(schema: Mapping[str, Any], text: str, seed: int, model: str) -> dict[str, Any] | None:
    """Answer a request for a verdict; None where it is none, or on nothing of this world.

    Args:
        schema: JSON Schema that the answer has to follow.
        text: Text of the request.
        seed: Seed of the practice world.
        model: Who judges.
    """
    properties = schema.get("properties")
    if MARK not in text or not isinstance(properties, Mapping):
        return None
    kinds = {name: part for name, part in properties.items() if isinstance(part, Mapping)}
    marks = [name for name, part in kinds.items() if part.get("type") == "boolean"]
    choices = [name for name, part in kinds.items() if _is_choice(part.get("enum"))]
    answers = answers_in(text, seed)
    made = example(schema)
    if not isinstance(made, dict) or not answers or not (marks or choices):
        return None
    chance = draw("judge", seed, model, text)
    if marks:
        follows = chance < ACCURACY
        is_right = answers[-1].is_right if follows else draw("guess", seed, model, text) < 0.5  # noqa: PLR2004 - even
        return made | dict.fromkeys(marks, is_right)
    if len(answers) == 1:
        return None
    return made | {
        name: _choice(kinds[name]["enum"], answers, chance, (seed, model, text)) for name in choices
    }


def _choice(values: list[Any], answers: list[Found], chance: float, drawn_by: tuple[int, str, str]) -> object:
    if chance < FIRST_BIAS:
        return values[0]
    if chance >= FIRST_BIAS + (1.0 - FIRST_BIAS) * ACCURACY:
        return values[int(draw("guess", *drawn_by) * len(values))]
    first, second = answers[-2].is_right, answers[-1].is_right
    if first == second:
        return values[-1] if len(values) == _MOST_CHOICES else values[0]
    return values[0] if first else values[1]


def _is_choice(values: object) -> bool:
    return isinstance(values, list) and 2 <= len(values) <= _MOST_CHOICES  # noqa: PLR2004 - a pair and neither


def _wrong(item: Item, seed: int) -> set[str]:
    return {item.kind.spoil(item.document, draw("spoil", seed, model, item.document)) for model in MODELS}


def _places(text: str, words: str, start: int) -> list[int]:
    places, at = [], text.find(words, start)
    while at >= 0:
        places.append(at)
        at = text.find(words, at + len(words))
    return places
