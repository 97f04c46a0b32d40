"""Whole tasks on screen, as JSON and on the page."""

import io

from rich.console import Console

from modelmix.core.candidate import Candidate
from modelmix.economics.solved import Ratio, Run
from modelmix.optimize.whole_tasks import WholeType, whole_tasks
from modelmix.report.account_whole import last_turns, whole_section
from modelmix.report.sheet import Sheet
from modelmix.report.whole_tasks import range_of, solved_lines, whole_json, whole_lines, whole_tables

BIG, SMALL, ODD = Candidate("big"), Candidate("small"), Candidate("none <b>")


def types(names: int = 1, person_usd: float | None = None) -> tuple[WholeType, ...]:
    """Types of two candidates each, and one of which no run has a price or solved anything."""
    by = {
        f"type {i}": {
            BIG: [Run(f"{i}{n}", f"{i}{n}", float(n % 9 > 0), 1.0 + n % 3, 4) for n in range(40)],
            SMALL: [Run(f"{i}{n}", f"{i}{n}", float(n % 2), 0.1 + n % 3 / 9) for n in range(40)],
            ODD: [Run(f"{i}0", f"{i}0", 0.0, None), Run(f"{i}0", f"{i}0", 0.0, None)],
        }
        for i in range(names)
    }
    people = dict.fromkeys(by, person_usd)
    return whole_tasks(by, dict.fromkeys(by, BIG), people, lambda one, other: one.model < other.model)


def screen(found: tuple[WholeType, ...]) -> str:
    """Tables and lines as a terminal of 100 columns shows them."""
    stream = io.StringIO()
    console = Console(file=stream, width=100)
    for table in whole_tables(found):
        console.print(table)
    for line in whole_lines(found):
        console.print(line, markup=False, soft_wrap=True)
    return stream.getvalue()


def test_the_screen_has_costs_retries_and_findings() -> None:
    """Shares, costs with their interval, what failed runs cost more, and what retries leave."""
    shown = screen(types())
    assert "type 0: big" in shown
    assert "% left" in shown
    assert "a failed run costs 53% less than a solving one, 4 calls a run" in shown
    assert "a failed run costs 3% more than a solving one" in shown
    assert "4 calls a run" in shown
    assert "the cheaper one on 100.0% of 40 tasks" in shown
    assert "2 runs without a price" in shown
    assert "1 (2 runs)" in shown


def test_what_nothing_is_to_be_said_of_has_no_line() -> None:
    """A baseline whose runs all solved their task stands in the table alone."""
    runs = [Run("a", "a", 1.0, 1.0), Run("b", "b", 1.0, 2.0)]
    assert list(whole_lines(whole_tasks({"t": {BIG: runs}}, {"t": BIG}, {}, _never))) == []


def test_with_a_person_retries_are_one_amount() -> None:
    """What a person costs stands above, and what is left to one is in the amount."""
    shown = screen(types(person_usd=5.0))
    assert "then a person at $5.00" in shown
    assert "left" not in shown


def test_many_types_are_shown_together() -> None:
    """A long table shows all types together, and says where each by itself is."""
    shown = screen(types(8))
    assert "type 3" not in shown.split("whole tasks of 8 types")[0].split("all types together: ")[0]
    assert "whole tasks of 8 types, each by itself: --json" in shown


def test_the_import_shows_what_runs_brought() -> None:
    """A line per candidate, so many at most; without a price it says so."""
    lines = list(solved_lines(types(), 2))
    assert lines[0].startswith("big: 87.5% of 40 runs solved, $1.98 a run, $2.26 a solved task ($")
    assert lines[-1] == "and 1 more candidate: --json has them"
    assert list(solved_lines(types(), 3))[-1].endswith("0.0% of 2 runs at 1 task solved, no price")
    assert list(solved_lines((), 3)) == []


def test_an_interval_without_an_end_says_so() -> None:
    """What is not known is not left out."""
    assert range_of(Ratio(1.0, 2.0, None)) == "$1.00 or more"
    assert range_of(Ratio(None, 2.0, None)) == "? or more"
    assert range_of(Ratio(1.0, 2.0, 3.0)) == "$1.00 to $3.00"


def page(found: tuple[WholeType, ...]) -> str:
    """The section of a page."""
    document = {
        "whole_tasks": whole_json(found),
        "whole_findings": [line for line in whole_lines(found) if "solved task costs" in line],
        "usd_decimals": 2,
    }
    return whole_section(Sheet(document))


def test_the_page_has_each_figure_and_escapes_names() -> None:
    """One row per candidate and type, all together first; nothing without whole tasks."""
    shown = page(types(2))
    assert "all types together" in shown
    assert shown.count(">none &lt;b&gt;<") == 3
    assert "<b>" not in shown
    assert "<li>" in shown
    assert page(()) == ""
    runs = [Run("a", "a", 1.0, 1.0), Run("b", "b", 0.0, 9.0)]
    few = whole_tasks({"t": {BIG: runs}}, {"t": BIG}, {}, _never)
    assert "or more" in page(few)
    assert "<li>" not in page(few)


def _never(_one: Candidate, _other: Candidate) -> bool | None:
    return None


def test_last_turns_are_named_on_the_page() -> None:
    """Only where the evidence is of last turns."""
    sheet = Sheet({"tasks": [{"unit": "turn"}, {"unit": "task"}, {"unit": None}], "usd_decimals": 2})
    said = [last_turns(sheet, f"tasks.{i}") for i in range(3)]
    assert "last turns of conversations, not whole tasks" in said[0]
    assert said[1:] == ["", ""]
