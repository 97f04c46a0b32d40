"""Diff: what a change of policy changes, and whether the evidence carries it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.policy.artifact import signed
from modelmix.policy.diff import Change, diff, worst
from modelmix.policy.diff_page import github, text, total_usd_month
from modelmix.policy.document import PolicyDocument, TaskBar, TaskEntry, TaskMatch

SONNET = Candidate("claude-sonnet-5-5")


def entry(document: PolicyDocument, name: str, **changes: Any) -> PolicyDocument:  # noqa: ANN401 - any key
    """Change keys of one entry and sign again."""
    changed = document.tasks[name].model_copy(update=changes)
    return signed(document.model_copy(update={"tasks": {**document.tasks, name: changed}}))


def kinds(changes: list[Change]) -> list[tuple[str, str, str]]:
    """Kind, place and guardrail of each change."""
    return [(change.kind, change.where, change.guardrail) for change in changes]


def test_a_policy_does_not_differ_from_itself(document: PolicyDocument) -> None:
    """No change, and nothing breaks."""
    assert diff(document, document) == []
    assert worst([]) == "pass"


def test_types_added_and_removed_carry_their_evidence(document: PolicyDocument) -> None:
    """A certified addition passes; the bill goes down with it, and up without it."""
    tasks = dict(document.tasks)
    del tasks["form-extraction"]
    without = signed(document.model_copy(update={"tasks": tasks}))
    added = diff(without, document)
    assert kinds(added) == [("added", "form-extraction", "pass")]
    assert added[0].after == "opus-5-5 · medium → haiku-5-5 · low"
    assert added[0].quality == "loss ≤ 1.1 pp, CLEARS its 3.0 pp, 640 pairs"
    assert added[0].usd_month == Decimal(-1310)
    removed = diff(document, without)
    assert kinds(removed) == [("removed", "form-extraction", "pass")]
    assert removed[0].usd_month == Decimal(1310)


def test_an_added_type_that_stays_changes_no_bill(document: PolicyDocument) -> None:
    """Staying costs and saves nothing."""
    tasks = dict(document.tasks)
    del tasks["analytical-question"]
    without = signed(document.model_copy(update={"tasks": tasks}))
    (change,) = diff(without, document)
    assert (change.after, change.usd_month, change.guardrail) == ("stays on opus-5-5 · medium", None, "pass")
    assert diff(document, without)[0].usd_month is None


def test_a_move_without_proof_fails_the_guardrail(document: PolicyDocument) -> None:
    """A route that nothing certifies is what the guardrail is for."""
    moved = entry(document, "analytical-question", route=SONNET)
    assert kinds(diff(document, moved)) == [("moved", "analytical-question", "fail")]
    assert worst(diff(document, moved)) == "fail"


def test_going_back_to_the_baseline_passes_and_shows_its_cost(document: PolicyDocument) -> None:
    """Safety never fails, and its price is shown."""
    back = entry(document, "form-extraction", route="baseline", evidence=None)
    (change,) = diff(document, back)
    assert (change.kind, change.guardrail, change.usd_month) == ("moved", "pass", Decimal(1310))
    assert change.after == "stays on opus-5-5 · medium"


def test_changed_evidence_alone_is_its_own_change(document: PolicyDocument) -> None:
    """The same route on other proof."""
    proof = document.tasks["form-extraction"].evidence
    assert proof is not None
    changed = entry(document, "form-extraction", evidence=proof.model_copy(update={"pairs": 700}))
    assert kinds(diff(document, changed)) == [("evidence", "form-extraction", "pass")]
    lost = entry(document, "form-extraction", evidence=None)
    assert kinds(diff(document, lost)) == [("evidence", "form-extraction", "fail")]


@pytest.mark.parametrize(
    ("bar", "mark", "after"),
    [
        (TaskBar(type_margin="4pp"), "warn", "type margin 4.0 pp"),
        (TaskBar(type_margin="2pp"), "pass", "type margin 2.0 pp"),
        (None, "warn", "the policy's"),
    ],
)
def test_a_looser_bar_of_a_type_is_a_warning(
    document: PolicyDocument, bar: TaskBar | None, mark: str, after: str
) -> None:
    """A tighter one passes."""
    (change,) = diff(document, entry(document, "form-extraction", bar=bar))
    assert (change.kind, change.guardrail, change.after) == ("bar", mark, after)
    assert change.before == "type margin 3.0 pp, an error costs $4"


def test_a_type_that_is_no_longer_critical_is_a_warning(document: PolicyDocument) -> None:
    """And one that becomes critical is not."""
    relaxed = entry(document, "analytical-question", critical=False)
    assert kinds(diff(document, relaxed)) == [("bar", "analytical-question", "warn")]
    assert kinds(diff(relaxed, document)) == [("bar", "analytical-question", "pass")]


def test_other_matches_orders_and_defaults_are_warnings(document: PolicyDocument) -> None:
    """Each sends other tasks another way."""
    matched = entry(document, "form-extraction", match=TaskMatch(tag="forms"))
    (change,) = diff(document, matched)
    assert (change.kind, change.before, change.after) == ("match", "tag form-extraction", "tag forms")
    turned = signed(document.model_copy(update={"tasks": dict(reversed(document.tasks.items()))}))
    assert kinds(diff(document, turned)) == [("order", "tasks", "warn")]
    other = signed(document.model_copy(update={"default": SONNET}))
    (change,) = diff(document, other)
    assert (change.before, change.after, change.guardrail) == ("the highest baseline", "sonnet-5-5", "warn")


def test_a_looser_policy_bar_is_a_warning(document: PolicyDocument) -> None:
    """A tighter one passes."""
    bar = document.bar.model_copy(update={"margin": Decimal("0.03"), "error_cost_usd": None})
    looser = signed(document.model_copy(update={"bar": bar}))
    (change,) = diff(document, looser)
    assert (change.guardrail, change.before) == ("warn", "margin 2.0 pp, alpha 0.05, an error costs $1")
    assert change.after == "margin 3.0 pp, alpha 0.05"
    assert kinds(diff(looser, document)) == [("bar", "bar", "pass")]


def test_a_lost_certificate_fails_while_anything_moves(document: PolicyDocument) -> None:
    """With nothing that moves it is a warning, and a gained one passes."""
    bare = document.model_copy(update={"certificate": None})
    assert ("certificate", "certificate", "fail") in kinds(diff(document, bare))
    still = {
        name: TaskEntry(match=one.match, baseline=one.baseline, route="baseline")
        for name, one in document.tasks.items()
    }
    old, new = document.model_copy(update={"tasks": still}), bare.model_copy(update={"tasks": still})
    assert kinds(diff(old, new)) == [("certificate", "certificate", "warn")]
    assert kinds(diff(new, old)) == [("certificate", "certificate", "pass")]
    assert diff(new, old)[0].after == "CLEARS, loss ≤ 1.3 pp, 3,412 pairs, expires 2027-02-21"
    assert document.certificate is not None
    unbound = document.certificate.model_copy(update={"bound": None})
    assert "loss" not in diff(new, old.model_copy(update={"certificate": unbound}))[0].after


def test_the_text_marks_what_is_new_gone_and_changed(document: PolicyDocument) -> None:
    """A sign per change, the guardrail where it does not pass, and the sum at the end."""
    assert text([]) == "The two policies are the same.\n"
    changes = [
        Change("added", "a", "", "x → y", "fail", "no proof", Decimal(-20)),
        Change("removed", "b", "x → z", "", usd_month=Decimal(5)),
        Change("bar", "bar", "margin 2", "margin 3", "warn", "margin 3"),
    ]
    assert text(changes).splitlines() == [
        "+ a: added  [fail]",
        "    after   x → y",
        "    no proof",
        "    \N{MINUS SIGN}$20/mo",
        "- b: removed",
        "    before  x → z",
        "    +$5/mo",
        "~ bar: quality bar  [warn]",
        "    before  margin 2",
        "    after   margin 3",
        "",
        "3 changes, \N{MINUS SIGN}$15/mo by the evidence; guardrails: fail",
    ]
    assert text(changes[2:]).endswith("1 change; guardrails: warn\n")
    assert total_usd_month(changes) == Decimal(-15)


def test_the_comment_is_a_table_with_the_sum_in_its_heading(document: PolicyDocument) -> None:
    """What a pull request shows: cost, guardrails, one row per change."""
    assert github([]) == "### Claude policy: no change\n"
    moved = entry(document, "form-extraction", route=Candidate("claude-haiku-5-5", Effort.MEDIUM))
    page = github([*diff(document, moved), Change("removed", "b", "x", "", usd_month=Decimal(7))])
    lines = page.splitlines()
    assert lines[0] == "### Claude policy: 2 changes · +$7/mo · guardrails ✅"
    assert lines[4].startswith("| form-extraction | route | opus-5-5 · medium → haiku-5-5 · low → ")
    assert lines[5] == "| b | removed | x | +$7 |  | ✅ |"
    assert github([Change("default", "default", "x", "y", "warn")]).startswith(
        "### Claude policy: 1 change · guardrails ⚠️"
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=20))
def test_no_name_breaks_the_table(name: str) -> None:
    """Bars and brackets of a name stay within its cell."""
    page = github([Change("added", name, "", name)])
    rows = [line for line in page.split("\n") if line.startswith("| ")]
    assert len(rows) == 2
    assert page.count("\n") == 5
    assert rows[1].replace("\\\\", "").replace("\\|", "").count("|") == 7


def test_a_later_bound_of_latency_is_a_weaker_promise(document: PolicyDocument) -> None:
    """A bound that is lifted, or that is later than it was, warns; one that is earlier does not."""

    def bound(milliseconds: int | None) -> PolicyDocument:
        bar = TaskBar(type_margin=Decimal("0.03"), latency_p95_ms=milliseconds)
        entry = document.tasks["form-extraction"].model_copy(update={"bar": bar})
        return signed(document.model_copy(update={"tasks": {**document.tasks, "form-extraction": entry}}))

    for before, after, mark in ((4000, 5000, "warn"), (4000, None, "warn"), (4000, 3000, "pass")):
        (change,) = [one for one in diff(bound(before), bound(after)) if one.kind == "bar"]
        assert change.guardrail == mark
        assert "95 of 100 within 4000 ms" in change.before
