"""The grader of tool calls: the same tools, called in the same order with equal arguments."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from modelmix.core.reply import Reply, ToolCall
from modelmix.evaluate.graders.answer import arguments_text, shortcoming
from modelmix.evaluate.graders.calls import calls_expected
from modelmix.evaluate.graders.equality import filled_key
from modelmix.evaluate.graders.grade import NO_REFERENCE, NO_TOOL, Grade, Reference, Ungradable
from modelmix.evaluate.graders.json_text import decode
from modelmix.evaluate.graders.label import escaped
from modelmix.evaluate.graders.validity import path_name, validity

_Calls = tuple[tuple[str, Mapping[str, Hashable]], ...]
"""Calls as they are compared: each tool with what each argument says."""


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """Right if the reply calls the tools that the reference calls, and is silent where that one is.

    Arguments are equal where their values are: numbers by value, text trimmed and in NFC, and null the same
    as left out. An empty text or list is a value, since it may tell a tool to clear something. Text beside
    calls, or in place of them, makes no difference.

    Attributes:
        unordered: Whether the order of the calls makes no difference.
        names_only: Whether only the tools are compared, and no argument.
        ignore: Arguments that make no difference, by name.
    """

    name: ClassVar[str] = "tool_call@1"

    unordered: bool = False
    names_only: bool = False
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(self.ignore) or len(set(self.ignore)) < len(self.ignore):
            raise ValueError("an argument to ignore is empty or named twice; name each once")
        if self.names_only and self.ignore:
            raise ValueError("names_only compares no argument; leave names_only or ignore out")

    @property
    def spec(self) -> str:
        """Name, version and options."""
        options = [option for option in ("unordered", "names_only") if getattr(self, option)]
        options += [f"ignore={'|'.join(map(escaped, self.ignore))}"] if self.ignore else []
        return self.name + (":" + ",".join(options) if options else "")

    @property
    def bounds_loss(self) -> bool:
        """Of two replies whose calls are the same, as the options compare them, both are right or neither."""
        return True

    def grade(self, reply: Reply, reference: Reference) -> Grade | Ungradable:
        """Compare the calls."""
        expected = calls_expected(reference)
        if expected is None:
            return Ungradable(_why_none(reference))
        try:
            right = self._compared(expected)
        except ValueError:
            return Ungradable("reference is not JSON")
        why = shortcoming(reply) or self._against(reply.tool_calls, right, reference)
        slice_name = "" if expected else NO_TOOL
        return Grade(score=float(not why), grader=self.name, slice_name=slice_name, why=why)

    def _compared(self, calls: Sequence[ToolCall]) -> _Calls:
        """Return calls as they are compared.

        Raises:
            ValueError: Arguments of one are not JSON that every program reads alike.
        """
        return tuple((call.name, {} if self.names_only else self._arguments(call)) for call in calls)

    def _arguments(self, call: ToolCall) -> dict[str, Hashable]:
        # Through JSON, so that a number is the same whether a log or an answer has been decoded.
        value = decode(arguments_text(call.arguments))
        members = value.items() if isinstance(value, dict) else ()
        return {
            name: filled_key(member)
            for name, member in members
            if member is not None and name not in self.ignore
        }

    def _against(self, calls: Sequence[ToolCall], right: _Calls, reference: Reference) -> str:
        why = _other_calls([call.name for call in calls], [name for name, _ in right], self.unordered)
        if why:
            return why
        try:
            found = self._compared(calls)
        except ValueError as error:
            return str(error)
        pairs = _matched(found, right) if self.unordered else zip(found, right, strict=True)
        return next((_difference(one, other, reference) for one, other in pairs if one != other), "")


def _why_none(reference: Reference) -> str:
    if not (reference.expected or "").strip():
        return NO_REFERENCE
    return "reference names no tool call" if reference.is_known else "request offers no tool"


def _other_calls(found: Sequence[str], right: Sequence[str], unordered: bool) -> str:
    """Say how the names of called tools differ, empty if they do not."""
    if not right and found:
        return "called a tool where none applies"
    if right and not found:
        return "no tool call"
    lacking, beyond = Counter(right) - Counter(found), Counter(found) - Counter(right)
    if lacking and beyond:
        return "other tool"
    if lacking or beyond:
        return "too few tool calls" if lacking else "too many tool calls"
    return "" if unordered or list(found) == list(right) else "other order"


def _matched(found: _Calls, right: _Calls) -> list[tuple[tuple[str, Mapping[str, Hashable]], ...]]:
    """Pair calls of the same tools: those that are equal first, the rest in order."""
    rest: dict[str, list[Mapping[str, Hashable]]] = {}
    for name, arguments in found:
        rest.setdefault(name, []).append(arguments)
    other = []
    for name, arguments in right:
        if arguments in rest[name]:
            rest[name].remove(arguments)
        else:
            other.append((name, arguments))
    return [((name, rest[name].pop(0)), (name, arguments)) for name, arguments in other]


def _difference(
    found: tuple[str, Mapping[str, Hashable]], right: tuple[str, Mapping[str, Hashable]], reference: Reference
) -> str:
    """Say in which argument two calls of one tool differ first: what is missing, then wrong, then extra."""
    tool, arguments = found
    expected = right[1]
    differing = sorted(
        (0 if name not in arguments else 1 if name in expected else 2, name)
        for name in arguments.keys() | expected.keys()
        if name not in arguments or name not in expected or arguments[name] != expected[name]
    )
    kind, name = differing[0]
    return f"{('missing', 'wrong', 'extra')[kind]} argument: {path_name((name,), _names(tool, reference))}"


def _names(tool: str, reference: Reference) -> frozenset[str] | None:
    """Return the names of arguments that may be shown, all if nothing is known of the tool's."""
    if reference.schema is None or tool != reference.tool:
        return None
    found = validity(reference.schema)
    return None if found is None else found.names
