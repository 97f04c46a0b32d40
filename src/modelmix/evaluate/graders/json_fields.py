"""The field grader: JSON held against JSON, field by field."""

from dataclasses import dataclass
from typing import ClassVar

from modelmix.core.reply import Reply
from modelmix.evaluate.graders.answer import answer_text, shortcoming
from modelmix.evaluate.graders.field_count import FieldCount, Mark
from modelmix.evaluate.graders.fields import counts, finding, marks
from modelmix.evaluate.graders.grade import FIELD_ABSENT, NO_REFERENCE, Grade, Reference, Ungradable
from modelmix.evaluate.graders.json_text import Json, decode
from modelmix.evaluate.graders.shape import Shape
from modelmix.evaluate.graders.validity import INVALID, UnfollowableError, Validity, validity


@dataclass(frozen=True, slots=True)
class JsonFields:
    """Right if every field is: absent where it is absent, else of the same value.

    Numbers compare by value, text trimmed and in NFC; null, missing and empty all mean absent. An answer that
    breaks the schema of its request is wrong, unless the reference breaks it as well.

    Attributes:
        mean: Whether the score is the share of fields that are right, rather than all or nothing.
        unordered: Whether the order of elements in arrays makes no difference.
        prose: Whether there may be prose around the JSON.
    """

    name: ClassVar[str] = "json_fields@1"

    mean: bool = False
    unordered: bool = False
    prose: bool = False

    @property
    def spec(self) -> str:
        """Name, version and options."""
        options = [option for option in ("mean", "unordered", "prose") if getattr(self, option)]
        return self.name + (":" + ",".join(options) if options else "")

    @property
    def bounds_loss(self) -> bool:
        """Answers with the same fields are both right or both wrong; shares of fields give no such bound."""
        return not self.mean

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Compare with the JSON of the reference."""
        held = self._held(reference)
        if isinstance(held, Ungradable):
            return held
        answer, why = self._answer(reply, reference.tool)
        breaks = why or held.breaks(answer)
        fields = held.fields(answer, unordered=self.unordered)
        # What breaks the schema of today's right answers as well cannot tell right from wrong.
        is_lost = bool(why or (breaks and not held.fault))
        why = why or finding(fields) or (breaks if is_lost else "")
        return Grade(
            score=0.0 if is_lost else self._score(fields, why),
            grader=self.name,
            checks_ok=not breaks,
            slice_name=held.slice_name,
            why=why,
            fields=fields,
        )

    def _answer(self, reply: Reply, tool: str) -> tuple[Json, str]:
        why = shortcoming(reply, tool)
        try:
            return (None, why) if why else (decode(answer_text(reply), in_prose=self.prose), "")
        except ValueError as error:
            return None, str(error)

    def _score(self, fields: tuple[FieldCount, ...], why: str) -> float:
        if not self.mean:
            return float(not why)
        return sum(count.right + count.absent for count in fields) / sum(count.n for count in fields)

    def _held(self, reference: Reference) -> "_Held | Ungradable":
        if reference.expected is None:
            return Ungradable(NO_REFERENCE)
        schema = None if reference.schema is None else validity(reference.schema)
        if schema is None and reference.schema is not None:
            return Ungradable(INVALID)
        try:
            value = decode(reference.expected, in_prose=self.prose)
        except ValueError:
            return Ungradable("reference is not JSON")
        try:
            return _Held(value, schema, "" if schema is None else schema.fault(value))
        except UnfollowableError:
            return Ungradable(INVALID)


@dataclass(frozen=True, slots=True)
class _Held:
    """What an answer is held against.

    Attributes:
        value: The right answer.
        schema: What every answer is to follow, or None.
        fault: What of the right answer itself breaks the schema, or empty.
    """

    value: Json
    schema: Validity | None
    fault: str

    @property
    def slice_name(self) -> str:
        """The slice ``field absent`` where the right answer leaves any field out, or empty."""
        found = marks(self.value, None, self._shape)
        return FIELD_ABSENT if any(mark is Mark.ABSENT for _, mark in found) else ""

    def breaks(self, answer: Json) -> str:
        """Say what of an answer breaks the schema, empty if nothing; what cannot be followed is broken."""
        try:
            return "" if self.schema is None else self.schema.fault(answer)
        except UnfollowableError as error:
            return str(error)

    def fields(self, answer: Json, *, unordered: bool) -> tuple[FieldCount, ...]:
        """Count what became of each field."""
        found = marks(self.value, answer, self._shape, unordered=unordered)
        return counts(found, None if self.schema is None else self.schema.names)

    @property
    def _shape(self) -> Shape | None:
        return None if self.schema is None else Shape(self.schema.schema, self.schema.schema)
