"""Field scores over many grades."""

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.field_count import FieldCount
from modelmix.evaluate.graders.field_scores import field_scores
from modelmix.evaluate.graders.grade import Grade, Reference
from modelmix.evaluate.graders.json_fields import JsonFields

PAIRS = [
    ('{"total": 1, "due_on": "x"}', '{"total": 1, "due_on": "x"}'),
    ('{"total": 1, "due_on": "x"}', '{"total": 2, "due_on": null}'),
    ('{"total": 1, "due_on": null}', '{"total": 1, "due_on": "y"}'),
    ('{"total": 1, "due_on": null}', '{"total": 1, "due_on": null}'),
    ('{"total": 1, "due_on": null}', "no"),
]


def test_fields_add_up_over_grades_and_by_slice() -> None:
    """Each field is counted over all rows, or over those of one slice."""
    found = [JsonFields().grade(Reply(said), Reference(expected)) for expected, said in PAIRS]
    grades = [grade for grade in found if isinstance(grade, Grade)]
    assert field_scores(grades) == (
        FieldCount("due_on", right=1, missing=1, invented=1, absent=2),
        FieldCount("total", right=3, wrong=1, missing=1),
    )
    assert field_scores(grades, "field absent") == (
        FieldCount("due_on", invented=1, absent=2),
        FieldCount("total", right=2, missing=1),
    )


def test_grades_without_fields_add_nothing() -> None:
    """A label has no fields."""
    assert field_scores([Grade(score=1.0, grader="label@1")]) == ()
