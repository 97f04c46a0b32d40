"""Commands: what the documents tell people to type exists, option by option."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from house.tree import ROOT, blocks, named, pages
from modelmix.cli.main import COMMANDS, load

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):(?!=)", MAKEFILE, re.MULTILINE))
EVERYWHERE = frozenset({"--home", "--debug", "--help", "-h", "--version", "--install-completion"})
_LANGUAGES = frozenset({"", "console", "sh", "shell", "bash", "text"})
_OUTSIDE_FENCES = re.compile(r"`((?:modelmix|make)(?: [^`]*)?)`")


def _typed() -> Iterator[tuple[str, list[str]]]:
    """Give every command line of the documents: where it stands, and its words up to a pipe or a comment."""
    for page in pages():
        fenced = "".join(text for language, text in blocks(page) if language in _LANGUAGES)
        inline = _OUTSIDE_FENCES.findall(page.read_text(encoding="utf-8"))
        for line in [*fenced.replace("\\\n", " ").splitlines(), *inline]:
            for part in re.split(r"&&|;|\|", line.strip().removeprefix("$ ")):
                words = _words(part)
                if words:
                    yield f"{named(page)}: {part.strip()}", words


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a sentence with an apostrophe, or output
        return []
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        del words[0]
    return [] if any(word.isalpha() and word.isupper() for word in words) else words  # COMMAND stands for any


def _of(program: str) -> list[tuple[str, list[str]]]:
    names = {program, f".venv/bin/{program}"}
    return [(place, words[1:]) for place, words in _typed() if words[0] in names]


def _options(command: Any) -> set[str]:  # noqa: ANN401 - the parser's class is private
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def test_every_command_of_the_table_is_there() -> None:
    """Each command that the help lists has its module."""
    assert [name for name, entry in COMMANDS.items() if find_spec(entry.module) is None] == []


def test_documents_name_real_commands() -> None:
    """Every ``modelmix COMMAND`` in a document is in the command table, and every sub-command exists."""
    for place, words in _of("modelmix"):
        name = next((word for word in words if not word.startswith("-")), None)
        assert name is None or name in COMMANDS, place
        below = getattr(load(name), "commands", None) if name else None
        if name and below:
            after = [word for word in words[words.index(name) + 1 :] if not word.startswith("-")]
            assert not after or after[0] in below, place


def test_documents_name_real_options() -> None:
    """Every option that a document shows is one of that command's."""
    for place, words in _of("modelmix"):
        name = next((word for word in words if not word.startswith("-")), "audit")
        command = load(name)
        below = getattr(command, "commands", {})
        command = next((below[word] for word in words if word in below), command)
        shown = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert shown - EVERYWHERE <= _options(command), place


def test_documents_name_real_targets() -> None:
    """Every ``make TARGET`` in a document is a target of the Makefile."""
    for place, words in _of("make"):
        assert set(words) <= TARGETS, place


def test_documents_are_looked_at() -> None:
    """The tests above see the two commands that the project begins with."""
    assert {"demo", "test"} <= {word for _, words in _of("make") for word in words}


def test_make_help_lists_every_target() -> None:
    """``make help`` names each target once, with what it is for, and every target is phony."""
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert set(listed) == TARGETS
    phony = re.search(r"^\.PHONY:(.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(phony.group(1).split()) == TARGETS


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a document leads to a file of the project, and to a heading that it has."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file), target


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
