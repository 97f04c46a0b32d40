"""Usable: answers that need not be asked for again."""

from typing import Final

from modelmix.evaluate.graders.judged import Judged
from modelmix.pipeline.replay.plan import Item, Plan
from modelmix.store.replay_book import ReplayBook

_OK: Final = 200


def grade_key(plan: Plan, item: Item) -> tuple[str, str, str]:
    """Return what a grade is kept by: answer, grader, and what it was held against."""
    prompt = plan.prompts[item.prompt]
    spec = plan.graders[prompt.recorded.call.task_type].spec
    return item.answer_id, spec, prompt.reference_sha256


def usable(book: ReplayBook, plan: Plan) -> dict[str, bool]:
    """Return answers that need not be asked for: graded as planned, kept whole, or an error for good."""
    items = {item.answer_id: item for item in plan.items}
    grades = book.grades(items)
    return {
        answer.answer_id: bool(answer.error) and answer.status != _OK
        for answer in book.answers(items).values()
        if answer.error or answer.reply is not None or grade_key(plan, items[answer.answer_id]) in grades
    }


def graded(book: ReplayBook, plan: Plan) -> dict[str, bool]:
    """Return those of them that nothing more has to be paid for: none waits for its judge."""
    known = usable(book, plan)
    items = {item.answer_id: item for item in plan.items if isinstance(plan.grader_of(item), Judged)}
    grades = book.grades(name for name in items if name in known)
    return {
        name: is_error
        for name, is_error in known.items()
        if is_error or name not in items or grade_key(plan, items[name]) in grades
    }
