"""World: the practice world's prompts, who answers them correctly, and the exact truth behind both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Any

from modelmix.core.candidate import Candidate, Effort
from modelmix.simulator.ability import TRUTHS, Slice, ability, draw
from modelmix.simulator.behaviour import MODELS, find
from modelmix.simulator.kinds import (
    analytical_question,
    form_extraction,
    report_summary,
    support_assistant,
    ticket_triage,
)
from modelmix.simulator.kinds.kind import MARK, AnswerForm, Kind

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            form_extraction.KIND,
            ticket_triage.KIND,
            report_summary.KIND,
            analytical_question.KIND,
            support_assistant.KIND,
        )
    }
)
"""Task type → its kind; shares sum to 1."""

_OPEN, _CLOSE = "<document>\n", "\n</document>"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt of the practice world.

    Attributes:
        prompt_id: Identity; the same for the same seed and position.
        task_type: Its task type.
        body: Request body of the Messages API without ``model``.
        expected: The one correct answer; an answer is correct iff its text equals it.
        slice_name: Named slice it belongs to (``field absent``, ``no answer``), or empty.
        answer_form: What a grader compares: ``json`` fields, a ``label`` of a fixed set, or a short ``text``.
        difficulty: In [0, 1]; with a candidate's ability it fixes the chance of a right answer.
    """

    prompt_id: str
    task_type: str
    body: dict[str, Any]
    expected: str
    slice_name: str = ""
    answer_form: AnswerForm = "text"
    difficulty: float = 0.0


@dataclass(frozen=True, slots=True)
class Item:
    """A task of the practice world, as recognised in a request.

    Attributes:
        kind: Its kind.
        document: The document, which fixes the answer, the difficulty and the draw.
        slice_name: Named slice it belongs to, or empty.
        difficulty: In [0, 1], uniform over the range of its slice; a property of the document alone.
    """

    kind: Kind
    document: str
    slice_name: str
    difficulty: float

    @classmethod
    def of(cls, kind: Kind, document: str) -> "Item":
        """Return the task that a document of a kind is."""
        name = kind.slice_of(document)
        part: Slice = next(part for part in TRUTHS[kind.name].slices if part.name == name)
        difficulty = part.easiest + (part.hardest - part.easiest) * draw("difficulty", document)
        return cls(kind, document, name, difficulty)

    def is_correct(self, candidate: Candidate, seed: int) -> bool:
        """Say whether a candidate answers it correctly; the draw is the same for every candidate."""
        chance = TRUTHS[self.kind.name].chance(ability(candidate), self.difficulty)
        return draw("draw", seed, self.document) < chance

    def answer(self, candidate: Candidate, seed: int) -> str:
        """Return the candidate's answer: the expected one, or a plausible wrong one."""
        if self.is_correct(candidate, seed):
            return self.kind.solve(self.document)
        return self.kind.spoil(self.document, draw("spoil", seed, candidate.model, self.document))


def prompts(seed: int, n: int, task_type: str | None = None) -> Iterator[Prompt]:
    """Write prompts of the practice world.

    Args:
        seed: Fixes every prompt; the first of a longer run are those of a shorter one.
        n: Number of prompts.
        task_type: Only this type; all in their shares if None.

    Raises:
        ValueError: There is no such task type.
    """
    kinds = list(KINDS.values()) if task_type is None else [_kind(task_type)]
    weights = [kind.share for kind in kinds]
    for index in range(n):
        rng = Random(f"{seed}/{task_type or ''}/{index}")
        kind = rng.choices(kinds, weights)[0]
        document = kind.write(rng)
        item = Item.of(kind, document)
        yield Prompt(
            prompt_id=f"{kind.name}-{seed}-{index:06d}",
            task_type=kind.name,
            body=_body(kind, document),
            expected=kind.solve(document),
            slice_name=item.slice_name,
            answer_form=kind.answer_form,
            difficulty=item.difficulty,
        )


def recognise(system: str, user: str) -> Item | None:
    """Recognise a task of this world in the text of a request; None for any other request.

    Args:
        system: Text of the system prompt.
        user: Text of the last message of the user.
    """
    at = system.find(MARK)
    start, end = user.find(_OPEN), user.rfind(_CLOSE)
    if at < 0 or start < 0 or end < start:
        return None
    name = system[at + len(MARK) :].partition(".")[0]
    kind = KINDS.get(name)
    return None if kind is None else Item.of(kind, user[start + len(_OPEN) : end])


def answer(prompt: Prompt, candidate: Candidate, seed: int) -> str:
    """Return what the practice API, started with this seed, answers to a prompt, without calling it.

    Raises:
        ValueError: The model is not one of the practice API.
    """
    content = prompt.body["messages"][0]["content"]
    return Item.of(_kind(prompt.task_type), content[len(_OPEN) : -len(_CLOSE)]).answer(candidate, seed)


def chance(prompt: Prompt, candidate: Candidate) -> float:
    """Return the probability, over seeds, that a candidate answers a prompt correctly.

    Raises:
        ValueError: The task type is unknown, or the model is not one of the practice API.
    """
    return TRUTHS[_kind(prompt.task_type).name].chance(ability(candidate), prompt.difficulty)


def expected_accuracy(
    task_type: str, model: str, effort: Effort | None = None, slice_name: str | None = None
) -> float:
    """Return the exact share of a type's prompts that a candidate answers correctly, in [0, 1].

    Args:
        task_type: A type of this world.
        model: Model ID or alias.
        effort: Effort, or None for the model's default.
        slice_name: Only this slice (empty for the ordinary part); all prompts if None.

    Raises:
        ValueError: The type, the model or the slice is unknown.
    """
    return TRUTHS[_kind(task_type).name].accuracy(ability(Candidate(model, effort)), slice_name)


def truth(seed: int) -> dict[str, Any]:
    """Describe the truth: every type's accuracy for every model and effort, as served over HTTP.

    ``accuracy[task][model]`` maps each effort the model accepts to its accuracy, and ``default`` to that of a
    request that names none; each slice of a task has an ``accuracy[model]`` of its own.
    """
    models = {
        name: ["default", *(level.value for level in row.efforts)]
        for name, row in MODELS.items()
        if not row.retired
    }
    return {
        "schema": "modelmix.simulator.truth/1",
        "synthetic": True,
        "seed": seed,
        "tasks": {
            name: {
                "share": kind.share,
                "answer_form": kind.answer_form,
                "ceiling": TRUTHS[name].ceiling,
                "steepness": TRUTHS[name].steepness,
                "slices": [
                    {
                        "name": part.name,
                        "share": part.share,
                        "difficulty": [part.easiest, part.hardest],
                        "accuracy": _accuracies(name, models, part.name),
                    }
                    for part in TRUTHS[name].slices
                ],
            }
            for name, kind in KINDS.items()
        },
        "models": list(models),
        "efforts": [level.value for level in Effort],
        "default_efforts": {name: MODELS[name].default_effort for name in models},
        "accuracy": {name: _accuracies(name, models) for name in KINDS},
    }


def _accuracies(
    task_type: str, models: Mapping[str, list[str]], slice_name: str | None = None
) -> dict[str, dict[str, float]]:
    return {
        model: {
            level: expected_accuracy(
                task_type, model, None if level == "default" else Effort(level), slice_name
            )
            for level in levels
        }
        for model, levels in models.items()
    }


def served(candidate: Candidate) -> Candidate:
    """Return the candidate with its alias resolved and its default effort filled in.

    Raises:
        ValueError: The model is not one of the practice API.
    """
    behaviour = find(candidate.model)
    if behaviour is None:
        raise ValueError(f"{candidate.model!r} is not a model of the practice API; see GET /v1/models")
    effort = (candidate.effort or behaviour.default_effort) if behaviour.efforts else None
    return Candidate(behaviour.model, effort)


def _kind(task_type: str) -> Kind:
    try:
        return KINDS[task_type]
    except KeyError:
        known = ", ".join(KINDS)
        raise ValueError(
            f"{task_type!r} is not a task type of the practice world; write one of {known}"
        ) from None


def _body(kind: Kind, document: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "max_tokens": kind.max_tokens,
        "system": [{"type": "text", "text": kind.instructions, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": f"{_OPEN}{document}{_CLOSE}"}],
    }
    if kind.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": dict(kind.schema)}}
    return body
