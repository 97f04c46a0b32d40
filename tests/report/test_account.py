"""The account: one JSON object, whose totals add up to the cent."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from modelmix.core.usage import Usage
from modelmix.pipeline.savings import savings
from modelmix.report.account import STEPS_SHOWN, Account, account_document
from report.homes import NOW
from report.ledgers import BOOK, CAPABILITIES, START, call, entry, moved, policy_of

POLICY = policy_of()


def exact(number: float) -> Decimal:
    """Return a JSON number as the decimal that was written."""
    return Decimal(repr(number))


def test_rows_and_rest_are_the_whole(full_document: dict[str, Any]) -> None:
    """What types, explicit choices and other traffic cost is what the receipt says, to the cent."""
    parts = sum(
        (exact(row["today_usd"]) + exact(row["explicit_usd"]) for row in full_document["tasks"]), Decimal(0)
    )
    assert parts + exact(full_document["rest"]["other_usd"]) == exact(
        full_document["receipt"]["today"]["usd"]
    )
    months = sum(
        (
            exact(row["month"]["today_usd"]) + exact(row["month"]["explicit_usd"])
            for row in full_document["tasks"]
        ),
        Decimal(0),
    )
    assert months + exact(full_document["rest"]["other_month_usd"]) == exact(
        full_document["receipt"]["today"]["month_usd"]
    )


@pytest.mark.parametrize("standing", ["proven", "refused", "undecided"])
def test_a_line_is_the_sum_of_its_types(full_document: dict[str, Any], standing: str) -> None:
    """The receipt's line and the rows of its types say the same."""
    rows = [row for row in full_document["tasks"] if row["standing"] == standing]
    line = full_document["receipt"][standing]
    assert rows
    assert sum((exact(row["saving_usd"]) for row in rows), Decimal(0)) == exact(line["usd"])
    assert sum((exact(row["saving_bound_usd"]) for row in rows), Decimal(0)) == exact(line["bound_usd"])
    assert sum(row["calls"] for row in rows) == line["calls"]


def test_the_waterfall_adds_up(full_document: dict[str, Any]) -> None:
    """From today to after, step by step."""
    steps = full_document["waterfall"]
    saved = sum((exact(step["usd"]) for step in steps if step["kind"] == "saving"), Decimal(0))
    assert exact(steps[0]["usd"]) - saved == exact(steps[-1]["usd"])
    assert steps[-1]["usd"] == full_document["receipt"]["after"]["usd"]
    after = sum(
        (exact(row["after_usd"]) + exact(row["explicit_usd"]) for row in full_document["tasks"]), Decimal(0)
    )
    assert after + exact(full_document["rest"]["other_usd"]) == exact(steps[-1]["usd"])


def test_realised_is_what_the_moved_calls_saved(full_document: dict[str, Any]) -> None:
    """Counterfactual less cost, with a bound below it; the cost of proof stands apart."""
    found = full_document["realised"]
    assert found["calls"] == 20
    assert exact(found["counterfactual_usd"]) - exact(found["usd"]) == exact(found["saving_usd"])
    assert 0 < found["saving_bound_usd"] < found["saving_usd"]
    assert (full_document["proof"]["calls"], found["live_types"]) == (1, 1)


def test_evidence_examples_and_findings_are_there(full_document: dict[str, Any]) -> None:
    """Each type with its candidates, slices, findings, graders and examples; the baseline against itself."""
    rows = {row["task_type"]: row for row in full_document["tasks"]}
    forms = rows["forms"]
    assert [row["standing"] for row in full_document["tasks"]] == [
        "proven",
        "refused",
        "refused",
        "undecided",
    ]
    assert [one["is_route"] for one in forms["candidates"]] == [True, False]
    assert {one["slice"] for one in forms["slices"]} == {"field absent", "longest tenth"}
    assert forms["repeats"]["pairs"] == 200
    assert forms["graders"] == ["json_fields@1"]
    assert forms["findings"][0]["slice"] == "field absent"
    assert len(forms["examples"]) == 5
    assert all(one["slice"] == "field absent" for one in forms["examples"])
    assert all(one["baseline_score"] > one["candidate_score"] for one in forms["examples"])
    assert full_document["provenance"]["seed"] == 0
    assert full_document["attempts"][0]["is_this"]


def test_many_moves_share_a_step() -> None:
    """The waterfall names the largest moves and sums up the rest."""
    names = [f"t{number:02}" for number in range(STEPS_SHOWN + 3)]
    policy = policy_of(**{name: entry(name, "CLEARS", moved=True) for name in names})
    calls = [call(i, name, usage=Usage(10_000 * (i + 1))) for i, name in enumerate(names)]
    found = savings(policy, calls, BOOK, CAPABILITIES, NOW)
    steps = account_document(_account(found_policy=(found, policy)))["waterfall"]
    assert [step["name"] for step in steps][-2:] == ["3 more", "after"]
    assert len(steps) == STEPS_SHOWN + 3


def _account(found_policy: tuple[Any, Any], **more: Any) -> Account:  # noqa: ANN401 - parts of an account
    found, policy = found_policy
    return Account(savings=found, policy=policy, policy_path="p.yaml", made=NOW, version="1", **more)


def notes_of(calls: list[Any], policy: Any = POLICY, now: datetime = NOW) -> str:  # noqa: ANN401 - a policy
    """Return what an account of these calls notes."""
    found = savings(policy, calls, BOOK, CAPABILITIES, now)
    return " | ".join(account_document(_account((found, policy), notes=("last",)))["notes"])


def test_notes_say_what_a_reader_must_know() -> None:
    """Simulation, transcripts, missing prices, expiry, missing traffic: each has its sentence."""
    assert notes_of([call(0, "forms"), call(25, "forms")]) == "last"
    assert "Simulated: the practice API answered 1 call" in notes_of(
        [replace(call(0, "forms"), call_id="msg_sim1")]
    )
    assert "From transcripts: 1 call" in notes_of([call(0, "forms", source="claude-code")])
    assert "in no sum: 1 call" in notes_of([call(0, "forms", "claude-unheard-of")])
    assert "saved nothing: 1 moved call" in notes_of([moved(0, "forms", POLICY)])
    assert "less than a day" in notes_of([call(0, "forms"), call(1, "forms")])
    assert "no traffic" in notes_of([])
    assert "days of grace are running" in notes_of([], now=datetime(2027, 3, 1, tzinfo=UTC))
    assert "nothing is proven any more" in notes_of([], now=datetime(2027, 4, 1, tzinfo=UTC))
    by_hand = POLICY.model_copy(update={"sha256": None, "certificate": None, "created": None, "tasks": {}})
    assert "written by hand" in notes_of([], by_hand)
    assert START < NOW


def test_a_type_that_was_never_measured_has_no_figures() -> None:
    """Absent is null, in every column."""
    bare = POLICY.tasks["tickets"].model_copy(update={"evidence": None, "why": None, "bar": None})
    policy = policy_of(tickets=bare, forms=entry("forms", "CLEARS", moved=True, errors_per_1000=None))
    found = savings(policy, [call(0, "tickets")], BOOK, CAPABILITIES, NOW)
    rows = {row["task_type"]: row for row in account_document(_account((found, policy)))["tasks"]}
    row = rows["tickets"]
    absent = ("pairs", "loss", "bound", "saving_usd", "errors_per_1000", "candidate", "verdict", "month")
    assert {key: row[key] for key in absent} == dict.fromkeys(absent)
    assert (row["candidates"], row["examples"], row["repeats"]) == ([], [], None)
    assert rows["forms"]["errors_per_1000"] is None
    bare_certificate = policy.model_copy(
        update={"certificate": policy.certificate.model_copy(update={"errors_per_1000": None})}  # type: ignore[union-attr]  # it has one
    )
    shown = account_document(_account((found, bare_certificate)))
    assert shown["policy"]["certificate"]["errors_per_1000"] is None
