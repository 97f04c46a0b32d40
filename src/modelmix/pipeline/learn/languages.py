"""Languages of requests in flight: told while the text is there, a slice once the usual one is known."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from modelmix.classify.language import LONGEST, language_of
from modelmix.core.outcome import Outcome
from modelmix.core.slices import together
from modelmix.pipeline.replay.prompt import Prompt, prompt_text

_MARK: Final = "language "


def spoken(prompt: Prompt, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Put the language of a prompt among the slices of its outcomes, whichever it is."""
    language = language_of(prompt_text(prompt.recorded.request, LONGEST))
    name = f"{_MARK}{language}" if language else ""
    return [replace(one, slice_name=together(one.slice_name, name)) for one in outcomes]


def without_usual(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Leave out each type's usual language: as in replays, only a rare one is a slice."""
    prompts: dict[str, dict[str, str]] = defaultdict(dict)
    for one in outcomes:
        prompts[one.task_type][one.prompt_id] = next((s for s in one.slices if s.startswith(_MARK)), "")
    usual = {name: _usual(Counter(found.values())) for name, found in prompts.items()}
    return [
        replace(one, slice_name=together(*(name for name in one.slices if name != usual[one.task_type])))
        for one in outcomes
    ]


def _usual(seen: Counter[str]) -> str:
    told = [(-count, name) for name, count in seen.items() if name]
    return min(told)[1] if told else ""
