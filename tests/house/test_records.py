"""Records: decisions, changelog and contributing guide keep their form."""

import re
from itertools import count

from house.tree import LAYERS, ROOT, sources

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
LONGEST_PAGE = 80
_KINDS = {"Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"}


def test_decisions_are_numbered_without_a_gap() -> None:
    """Records are numbered from 1, in the file's name and in the title alike."""
    for number, page in zip(count(1), DECISIONS, strict=False):
        assert re.fullmatch(rf"{number:04d}-[a-z0-9-]+\.md", page.name)
        assert page.read_text(encoding="utf-8").startswith(f"# {number}. ")


def test_decisions_are_pages_of_one_form() -> None:
    """Each record has its date, what led to it, what was decided and what follows, on one page."""
    for page in DECISIONS:
        text = page.read_text(encoding="utf-8")
        headings = re.findall(r"^## (\w+)$", text, re.MULTILINE)
        assert [name for name in headings if name != "Measured"] == ["Context", "Decision", "Consequences"], (
            page
        )
        assert re.search(r"^\d{4}-\d{2}-\d{2}$", text, re.MULTILINE), page
        assert len(text.splitlines()) <= LONGEST_PAGE, page


def test_decisions_name_code_that_is_there() -> None:
    """What a record names as its code exists."""
    for page in DECISIONS:
        code = page.read_text(encoding="utf-8").rpartition("\nCode: ")[2]
        named = re.findall(r"`([a-z_0-9/]+(?:\.\w+|/))`", code)
        assert named, page
        assert [name for name in named if not (ROOT / "src" / "modelmix" / name).exists()] == [], page


def test_the_index_lists_every_decision() -> None:
    """The index has each record once, in order, by its title."""
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in DECISIONS]
    expected = [
        f"{title.partition('. ')[0]}. [{title.partition('. ')[2]}]({page.name})"
        for title, page in zip(titles, DECISIONS, strict=True)
    ]
    assert re.findall(r"^\d+\. \[.*$", index, re.MULTILINE) == expected


def test_the_changelog_keeps_its_form() -> None:
    """The newest section is what is not released yet, and changes stand under the six known headings."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d{2}-\d{2})?$", text, re.MULTILINE)
    assert sections[0] == "Unreleased"
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= _KINDS


def test_the_guide_draws_the_floors_as_they_are() -> None:
    """The drawing in CONTRIBUTING.md has the floors of the import contract, in their order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawn = re.findall(r"^ ([a-z_]+(?: \| [a-z_]+)*)(?:  .*)?$", text, re.MULTILINE)
    assert drawn == LAYERS


def test_every_source_file_is_in_a_room() -> None:
    """Nothing stands in the package beside the rooms and the modules of the drawing."""
    rooms = {room.strip() for floor in LAYERS for room in floor.split("|")} | {"__init__"}
    package = ROOT / "src" / "modelmix"
    assert {path.relative_to(package).parts[0].removesuffix(".py") for path in sources(".py")} <= rooms
