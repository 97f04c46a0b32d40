"""Slices of a sample: the log's own, tenants, and languages that are not the usual one."""

from pathlib import Path
from typing import Any

from modelmix.core.candidate import Candidate
from modelmix.pipeline.replay.ask import Ask
from modelmix.pipeline.replay.slices import slices_of
from pipeline.replay.rig import BEGAN, HAIKU, Row, labelled, plan_of, row, write_log

ENGLISH = "Where is the parcel that I ordered three weeks ago, case number {}?"
GERMAN = "Wo ist das Paket, das ich vor drei Wochen bestellt habe, Fall Nummer {}?"


def slices(folder: Path, rows: list[Row]) -> dict[str, str]:
    """Return the slices of each prompt of a log by its id."""
    log = write_log(folder / "log.jsonl", rows)
    plan = plan_of(Ask(places=(str(log),), candidates=(Candidate(HAIKU),), again=0, pairs=100), None, BEGAN)
    prompts = plan.prompts
    return {one.recorded.prompt_id: found for one, found in zip(prompts, slices_of(prompts), strict=True)}


def asked(i: int, text: str, **more: Any) -> Row:  # noqa: ANN401 - any field of a log
    """Write a row of a log."""
    return row(text.format(i), "billing", prompt_id=f"p{i:02d}", **more)


def test_a_rare_language_is_a_slice_and_the_usual_one_is_none(tmp_path: Path) -> None:
    """Four German prompts among sixteen English ones stand apart; a text without words does not."""
    rows = [asked(i, GERMAN if i < 4 else ENGLISH) for i in range(20)] + [asked(20, "{} 99.00 17.50")]
    found = slices(tmp_path, rows)
    assert found == {f"p{i:02d}": "language de" if i < 4 else "" for i in range(21)}


def test_the_usual_language_is_that_of_the_task_type(tmp_path: Path) -> None:
    """Where all of a type is German, German is no slice of it, whatever the rest of the traffic speaks."""
    rows = [asked(i, GERMAN, task_type="briefe") for i in range(10)]
    rows += [asked(i, ENGLISH) for i in range(10, 40)]
    assert set(slices(tmp_path, rows).values()) == {""}


def test_slices_of_the_log_tenant_and_language_stand_side_by_side(tmp_path: Path) -> None:
    """One name hides no other."""
    rows = [asked(i, ENGLISH, tenant="globex") for i in range(8)]
    rows.append(asked(8, GERMAN, tenant=17, slice=["long; vip", "long"]))
    assert slices(tmp_path, rows)["p08"] == "long; vip; tenant 17; language de"


def test_what_all_prompts_lie_in_is_no_slice(tmp_path: Path) -> None:
    """An only tenant is the whole, which is tested by itself anyway."""
    rows = [
        asked(i, ENGLISH, metadata={"tenant_id": "acme; inc"}, slice="" if i else "odd") for i in range(9)
    ]
    assert {name for name in slices(tmp_path, rows).values() if name} == {"odd"}


def test_rows_without_any_slice_have_none(tmp_path: Path) -> None:
    """Short labels and plain logs stay as they were."""
    assert set(slices(tmp_path, labelled(12)).values()) == {""}
