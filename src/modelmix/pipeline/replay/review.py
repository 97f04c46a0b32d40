"""Review: the prompts on which a candidate and today's model differ, for a person to say who is right.

Where two answers agree, both are right or neither is, and their difference is nil whatever the truth. So the
true loss follows from the few prompts on which they differ: nobody has to label the rest.
"""

import csv
import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any, Final

from modelmix.errors import ConfigError
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.judged import Judged
from modelmix.evaluate.graders.said import held, said
from modelmix.pipeline.replay.judge import reply_from
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.prompt import Prompt, prompt_text
from modelmix.store.replay_records import AnswerRow, GradeRow

MOST_DIFFERENT: Final = 0.1
"""Share of a type's prompts on which a candidate may differ and still be worth a reviewer's time."""

_LONGEST_TEXT: Final = 20_000
_COLUMNS: Final = ("prompt_id", "task_type", "expected", "prompt")


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One prompt to be reviewed.

    Attributes:
        prompt_id: Its identity.
        task_type: Its task type.
        prompt: Text of its last message.
        answers: Different answers, in an order that tells nothing of who gave them.
    """

    prompt_id: str
    task_type: str
    prompt: str
    answers: tuple[str, ...]


def to_review(
    plan: Plan, answers: Mapping[str, AnswerRow], grades: Mapping[tuple[str, str, str], GradeRow]
) -> list[ReviewRow]:
    """Return the prompts whose right answer is not known and would decide something.

    Candidates that differ from today's answers on more than a tenth of a type's prompts are left out.

    Args:
        plan: What was asked.
        answers: Answer → its row; only those whose reply was kept can be shown.
        grades: Answer, grader and reference → its grade.
    """
    differing: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    asked: Counter[tuple[str, str]] = Counter()
    for item in plan.items:
        prompt = plan.prompts[item.prompt]
        task_type = prompt.recorded.call.task_type
        key = (item.answer_id, plan.graders[task_type].spec, prompt.reference_sha256)
        grade, answer = grades.get(key), answers.get(item.answer_id)
        if (
            isinstance(plan.graders[task_type], Judged)
            or item.again
            or prompt.reference.is_known
            or grade is None
            or grade.score is None
        ):
            continue
        arm = (task_type, str(item.candidate))
        asked[arm] += 1
        if grade.score < 1.0 and answer is not None and answer.reply is not None:
            differing[arm][item.prompt] = said(reply_from(answer.reply), plan.graders[task_type])
    wanted: dict[int, list[str]] = defaultdict(list)
    for arm, texts in differing.items():
        if len(texts) <= MOST_DIFFERENT * asked[arm]:
            for index, text in texts.items():
                wanted[index].append(text)
    return [_row(plan.prompts[index], found, plan.graders) for index, found in sorted(wanted.items())]


def _row(prompt: Prompt, texts: Sequence[str], graders: Mapping[str, Grader]) -> ReviewRow:
    recorded = prompt.recorded
    distinct = dict.fromkeys([held(prompt.reference, graders[recorded.call.task_type]), *texts])
    ordered = sorted(distinct, key=lambda text: _shuffled(recorded.prompt_id, text))
    shown = tuple(text[:_LONGEST_TEXT] for text in ordered[: len(ascii_lowercase)])
    return ReviewRow(
        recorded.prompt_id, recorded.call.task_type, prompt_text(recorded.request, _LONGEST_TEXT), shown
    )


def _shuffled(prompt_id: str, text: str) -> bytes:
    return hashlib.blake2b(f"{prompt_id}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def write_review(path: Path, rows: Sequence[ReviewRow]) -> None:
    """Write a review file for its owner alone: CSV if its name ends so, else JSONL.

    Raises:
        ConfigError: It cannot be written, or is there already: a review is somebody's work.
    """
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError as error:
        raise ConfigError(
            f"{path} is there already and may hold a review; name another file by --review"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror or error}); name another file by --review"
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
        if path.suffix.lower() == ".csv":
            most = max((len(row.answers) for row in rows), default=0)
            writer = csv.DictWriter(stream, [*_COLUMNS, *ascii_lowercase[:most]])
            writer.writeheader()
            writer.writerows(_fields(rows))
        else:
            for fields in _fields(rows):
                stream.write(json.dumps(fields, ensure_ascii=False) + "\n")


def _fields(rows: Sequence[ReviewRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        named = dict(zip(ascii_lowercase, row.answers, strict=False))
        yield {
            "prompt_id": row.prompt_id,
            "task_type": row.task_type,
            "expected": "",
            "prompt": row.prompt,
            **named,
        }
