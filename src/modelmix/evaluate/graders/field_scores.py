"""Field scores: precision, recall and F1 of each field over many grades."""

from collections.abc import Iterable

from modelmix.evaluate.graders.field_count import FieldCount
from modelmix.evaluate.graders.grade import Grade


def field_scores(grades: Iterable[Grade], slice_name: str | None = None) -> tuple[FieldCount, ...]:
    """Add up the fields of many grades.

    Args:
        grades: Grades of one candidate; those without fields add nothing.
        slice_name: Slice to keep, such as ``field absent``; all rows if None.

    Returns:
        One count a field, by name: what precision, recall, F1 and the invented share are read from.
    """
    total: dict[str, FieldCount] = {}
    for grade in grades:
        if slice_name is None or grade.slice_name == slice_name:
            for count in grade.fields:
                known = total.get(count.name)
                total[count.name] = count if known is None else known + count
    return tuple(total[name] for name in sorted(total))
