"""Slices of a sample's prompts: those that the log names, and the languages that are not the usual one."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from modelmix.classify.language import LONGEST, language_of
from modelmix.core.slices import parted, together
from modelmix.pipeline.replay.prompt import Prompt, prompt_text


def slices_of(prompts: Sequence[Prompt]) -> list[str]:
    """Return the slices of each prompt, as one text.

    A language is a slice (``language de``) where most prompts of the task type are in another one. It is
    told by what the user says last; a short text, or one of numbers, is in no language. What every prompt of
    a type lies in, such as its only tenant, is no slice.
    """
    types = [prompt.recorded.call.task_type for prompt in prompts]
    languages = [language_of(prompt_text(prompt.recorded.request, LONGEST)) for prompt in prompts]
    spoken: dict[str, Counter[str]] = defaultdict(Counter)
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for task_type, language, prompt in zip(types, languages, prompts, strict=True):
        spoken[task_type][language] += 1
        named[task_type].update(parted(prompt.recorded.slice_name))
    size, usual = Counter(types), {name: _usual(seen) for name, seen in spoken.items()}
    found = []
    for task_type, language, prompt in zip(types, languages, prompts, strict=True):
        names = [
            name for name in parted(prompt.recorded.slice_name) if named[task_type][name] < size[task_type]
        ]
        is_rare = language and language != usual[task_type]
        found.append(together(*names, f"language {language}" if is_rare else ""))
    return found


def _usual(seen: Counter[str]) -> str:
    """Return the most frequent language, of two that are as frequent the first by name."""
    told = [(-count, language) for language, count in seen.items() if language]
    return min(told)[1] if told else ""
