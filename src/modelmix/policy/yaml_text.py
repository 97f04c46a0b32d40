"""Strict YAML: the plain part of the language, read with line numbers and written in one way only.

Read are mappings with text keys, lists and scalars. Refused are duplicate keys, anchors and aliases (a few
lines of them can stand for gigabytes), tags, directives and a second document. Dates and words such as
``yes`` stay texts; numbers with a fraction are exact decimals.

Source: YAML 1.2.2, chapter 10.3 (core schema), narrowed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NoReturn, TypeAlias

import yaml

from modelmix.errors import ArtifactError

MAX_BYTES = 4 * 2**20
"""Largest file."""
MAX_DEPTH = 12
"""Deepest nesting."""

Path: TypeAlias = tuple[str | int, ...]
BlockPaths: TypeAlias = frozenset[tuple[str, ...]]
Plain: TypeAlias = "str | int | Decimal | bool | list[Plain] | dict[str, Plain] | None"

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]{0,18}\.[0-9]{1,24}")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./@-]*(?: [A-Za-z0-9_./@-]+)*")
# Words that other YAML readers take for a boolean, a null or a number; they are written in quotes.
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_FIRST: Mapping[str, str] = {
    "policy": "write one with modelmix optimize",
    "contract": "begin it with `modelmix_contract: 1`",
}
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's values and where they stand.

    Attributes:
        value: The root value.
        lines: Path of a value → line of its key, counted from 1.
    """

    value: Plain
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of a path, or of the nearest part of it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(data: bytes, path: str, loader: type = _LOADER, kind: str = "policy") -> Parsed:
    """Read a file.

    Args:
        data: Content, UTF-8, at most 4 MiB.
        path: Name of the file, for the sentence of an error.
        loader: Loader of PyYAML that splits the text into events; the C one where it is there.
        kind: What the file is to hold, for the sentence of an error.

    Raises:
        ArtifactError: It is not YAML, or not of the plain part.
    """
    if len(data) > MAX_BYTES:
        raise ArtifactError(path, f"{len(data):,} bytes are too many; a {kind} has at most {MAX_BYTES:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArtifactError(path, f"byte {error.start} is not UTF-8; save the file as UTF-8") from error
    builder = _Builder(path, kind, yaml.parse(text, Loader=loader))
    try:
        return Parsed(builder.document(), builder.lines)
    except yaml.MarkedYAMLError as error:
        # The C parser has a bound of its own, and reads ahead of the builder.
        deep = "nesting depth" in (error.problem or "")
        why = _too_deep(kind) if deep else f"not valid YAML ({error.problem}); correct it"
        raise ArtifactError(path, f"line {_line(error.problem_mark)}: {why}") from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The reader's complaint about a character carries no line, and its escapes are not range-checked.
        why = " ".join(str(error).split())
        raise ArtifactError(path, f"not valid YAML ({why}); correct it") from error


@dataclass(slots=True)
class _Builder:
    """Builds values from events; the nesting is bounded before it is followed."""

    path: str
    kind: str
    events: Iterator[yaml.Event]
    lines: dict[Path, int] = field(default_factory=dict)

    def _refuse(self, event: yaml.Event, why: str) -> NoReturn:
        raise ArtifactError(self.path, f"line {_line(event.start_mark)}: {why}")

    def document(self) -> Plain:
        next(self.events)
        start = next(self.events)
        if not isinstance(start, yaml.DocumentStartEvent):
            raise ArtifactError(self.path, f"the file is empty; {_FIRST[self.kind]}")
        if start.version is not None or start.tags:
            self._refuse(start, f"a % directive has no use in a {self.kind} file; take it out")
        value = self._value(next(self.events), ())
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(after, f"a second document begins; a {self.kind} file holds one")
        return value

    def _value(self, event: yaml.Event, path: Path) -> Plain:
        if len(path) > MAX_DEPTH:
            self._refuse(event, _too_deep(self.kind))
        self.lines.setdefault(path, _line(event.start_mark))
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if not isinstance(event, yaml.CollectionStartEvent):
            self._refuse(event, f"an alias is not used in a {self.kind} file; write the value out")
        self._be_plain(event)
        return self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _be_plain(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            self._refuse(event, f"the anchor {event.anchor!r} is not used in a {self.kind} file; take it out")
        if event.tag is not None:
            self._refuse(event, f"the tag {event.tag!r} is not used in a {self.kind} file; take it out")

    def _scalar(self, event: yaml.ScalarEvent) -> Plain:
        self._be_plain(event)
        return _resolve(event.value) if event.implicit[0] else event.value

    def _list(self, path: Path) -> Plain:
        values: list[Plain] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _mapping(self, path: Path) -> Plain:
        values: dict[str, Plain] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in values:
                self._refuse(
                    event, f"the key {key!r} stands on line {self.lines[*path, key]} already; keep one"
                )
            self.lines[*path, key] = _line(event.start_mark)
            values[key] = self._value(next(self.events), (*path, key))
        return values

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, "a key must be a text; write one")
        key = self._scalar(event)
        if not isinstance(key, str):
            self._refuse(event, f"the key {event.value!r} is not a text; write it in quotes")
        return key


def _too_deep(kind: str) -> str:
    return f"nested deeper than {MAX_DEPTH} levels; nothing in a {kind} file is"


def _line(mark: object) -> int:
    return int(getattr(mark, "line", 0)) + 1


def _resolve(text: str) -> Plain:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def write(value: Mapping[str, object], block_paths: BlockPaths) -> str:
    """Write a mapping so that ``read`` gives it back.

    Args:
        value: Mappings, lists, texts without control characters, integers, decimals and booleans.
        block_paths: Paths whose mappings are written one key per line, ``*`` for any key; all else is written
            on the line of its key.
    """
    return "".join(f"{line}\n" for line in _block(value, (), block_paths))


def _block(
    value: Mapping[str, object], path: tuple[str, ...], block_paths: frozenset[tuple[str, ...]]
) -> Iterator[str]:
    indent = "  " * len(path)
    for key, inner in value.items():
        here = (*path, key)
        general = (*path, "*")
        if isinstance(inner, Mapping) and inner and (here in block_paths or general in block_paths):
            known = here if here in block_paths else general
            yield f"{indent}{_text(key)}:"
            yield from _block(inner, known, block_paths)
        else:
            yield f"{indent}{_text(key)}: {_flow(inner)}"


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    if _BARE.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
