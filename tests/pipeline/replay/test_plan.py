"""The plan: what is asked of whom, and why something is not, before anything is sent."""

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.errors import ConfigError, EvidenceError
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.summary import plan_report
from pipeline.replay.rig import (
    BEGAN,
    BOOK,
    HAIKU,
    OPUS,
    SONNET,
    Row,
    labelled,
    plan_of,
    row,
    world,
    write_gold,
    write_log,
)

DAY = BEGAN.replace(day=25)


def planned(
    folder: Path,
    rows: list[Row],
    cap: Decimal | None = None,
    **ask: Any,  # noqa: ANN401 - fields of the ask
) -> Plan:
    """Plan a replay of some rows."""
    asked = Ask(places=(str(write_log(folder / "log.jsonl", rows)),), upstream="http://127.0.0.1:1")
    return plan_of(replace(asked, **ask), cap, DAY)


def test_the_newest_cheaper_models_of_lower_tiers_are_asked(tmp_path: Path) -> None:
    """Cheapest first, each at the effort that is its default; the baseline is asked again to know itself."""
    plan = planned(tmp_path, labelled(40), again=5)
    assert (Candidate(HAIKU, Effort.MEDIUM), Candidate(SONNET, Effort.HIGH)) == plan.types[0].arms
    again = [item.candidate for item in plan.items if item.again]
    assert [Candidate(OPUS, Effort.MEDIUM)] * 5 == again
    assert len(plan.items) == 2 * len(plan.prompts) + 5


def test_explicit_choices_are_left_out_and_counted(tmp_path: Path) -> None:
    """What asks for another model or effort than most requests of its type stays as it is."""
    rows = labelled(30)
    for one in rows[:4]:
        one["request"]["model"] = one["response"]["model"] = SONNET
    for one in rows[4:9]:
        one["request"]["output_config"] = {"effort": "low"}
    rows[9]["request"]["output_config"] = {"effort": "medium"}  # what an absent one stands for
    plan = planned(tmp_path, rows)
    only = plan.types[0]
    assert (Candidate(OPUS, Effort.MEDIUM), 21, 9, 21) == (
        only.baseline,
        only.available,
        only.others,
        only.drawn,
    )


def test_each_type_has_its_own_baseline(tmp_path: Path) -> None:
    """Only lower tiers than its own are asked; a type without any is not replayed, and says why."""
    rows = labelled(30) + labelled(30, task_type="cheap", request={"model": HAIKU}, response={"model": HAIKU})
    for number, one in enumerate(rows):
        one["prompt_id"] = f"p{number}"
        one["request"]["messages"][0]["content"] += one["task_type"]
    plan = planned(tmp_path, rows)
    cheap, triage = plan.types
    assert (cheap.arms, cheap.drawn, cheap.grader) == ((), 0, "")
    assert f"no cheaper candidate than {HAIKU}@medium is known for {cheap.task_type}" == cheap.note
    assert triage.drawn == 30


def test_named_candidates_are_asked_instead(tmp_path: Path) -> None:
    """Each once; the baseline itself is no candidate, and aliases are resolved."""
    named = (
        Candidate(HAIKU, Effort.LOW),
        Candidate(HAIKU, Effort.LOW),
        Candidate(OPUS),
        Candidate(OPUS, Effort.LOW),
    )
    plan = planned(tmp_path, labelled(20), candidates=named)
    assert (Candidate(HAIKU, Effort.LOW), Candidate(OPUS, Effort.LOW)) == plan.types[0].arms


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        ({"candidates": (Candidate("gpt-5"),)}, "candidate 'gpt-5' is not in the capability table"),
        (
            {"candidates": (Candidate("claude-haiku-4-5", Effort.LOW),)},
            "does not take effort low; it takes none",
        ),
        ({"task_types": ("nosuch",)}, "--type names task type 'nosuch'; the logs hold triage"),
        ({"graders": {"nosuch": "exact"}}, "--grader names task type 'nosuch'; the logs hold triage"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, ask: dict[str, Any], why: str) -> None:
    """Each in one sentence that says what is known instead."""
    with pytest.raises(ConfigError, match=why):
        planned(tmp_path, labelled(20), **ask)


FREE = [
    row(f"write {i}", f"A long answer of many words, number {i}, that nothing can be compared with. " * 3)
    for i in range(20)
]


def test_free_text_is_not_replayed_unasked(tmp_path: Path) -> None:
    """Alone it is an error that says what to do; beside others it is left out with the same words."""
    with pytest.raises(
        EvidenceError,
        match=r"nothing to replay: triage: answers of triage are free text .*--grader triage=KIND",
    ):
        planned(tmp_path, FREE)
    plan = planned(tmp_path, labelled(20, task_type="labels") + FREE)
    assert {("labels", 20), ("triage", 0)} == {(one.task_type, one.drawn) for one in plan.types}
    assert {"labels"} == {one.recorded.call.task_type for one in plan.prompts}


def test_a_named_grader_that_fits_no_answer_is_not_paid_for(tmp_path: Path) -> None:
    """What an answer would be held against cannot be graded: nothing is asked, and the reason is said."""
    with pytest.raises(
        EvidenceError, match="json_fields@1 can grade no answer of triage: reference is not JSON"
    ):
        planned(tmp_path, FREE, graders={"": "json_fields"})


def test_prompts_that_cannot_be_graded_are_not_paid_for(tmp_path: Path) -> None:
    """A cut answer is nothing to hold another one against; the others are asked as planned."""
    rows = labelled(30)
    for one in rows[:6]:
        one["response"]["stop_reason"] = "max_tokens"
    plan = planned(tmp_path, rows, pairs=20)
    assert (len(plan.prompts), dict(plan.ungradable)) == (20, {"no reference": 6})
    report = plan_report(plan, Limits(), (), BOOK)
    assert report.set_aside["no answer could be held against it (no reference)"] == 6


def test_requests_that_a_candidate_would_reject_are_not_sent(tmp_path: Path) -> None:
    """They are counted by candidate and reason; where nothing is left, that is an error."""
    rows = labelled(20)
    for one in rows[:5]:
        one["request"]["max_tokens"] = 10**7
    plan = planned(tmp_path, rows, candidates=(Candidate(HAIKU),), again=0)
    assert len(plan.items) == 15
    assert list(plan.rejected.values()) == [5]
    for one in rows:
        one["request"]["max_tokens"] = 10**7
    with pytest.raises(
        EvidenceError, match=r"every request would be rejected as it stands \(claude-haiku-5-5@medium: "
    ):
        planned(tmp_path, rows, candidates=(Candidate(HAIKU),), again=0)


def test_what_has_no_price_is_not_asked(tmp_path: Path) -> None:
    """A request that asks for what a candidate has no price for is left out; it does not end the plan."""
    rows = labelled(20)
    for one in rows[:3]:
        one["response"]["usage"]["speed"] = "fast"
    plan = planned(tmp_path, rows, again=0)
    assert all(why for _, why in plan.rejected)
    assert len(plan.prompts) == 20
    assert sum(plan.rejected.values()) + len(plan.items) == 40


def test_pairs_are_as_many_as_asked_for(tmp_path: Path) -> None:
    """Of each type, or all that there are."""
    plan = planned(tmp_path, world(120), pairs=10, graders={"report-summary": "exact"})
    assert {min(10, one.available) for one in plan.types} == {one.drawn for one in plan.types}


def test_graders_do_not_hang_on_the_size_of_the_sample(tmp_path: Path) -> None:
    """A small sample is graded as a large one, so that its answers can be used again."""
    few, many = (planned(tmp_path, world(120), pairs=n, graders={"report-summary": "exact"}) for n in (3, 60))
    assert [(one.grader, one.margin) for one in many.types] == [(one.grader, one.margin) for one in few.types]


def test_right_answers_set_the_margin(tmp_path: Path) -> None:
    """Without --type-margin it is the baseline's own error rate, between two and six points."""
    gold = write_gold(tmp_path / "gold.csv", 120)
    plan = planned(tmp_path, world(120), expected=(str(gold),), graders={"report-summary": "exact"})
    by_name = {one.task_type: one for one in plan.types}
    assert by_name["support-assistant"].margin > by_name["form-extraction"].margin == 0.02
    assert all(0.02 <= one.margin <= 0.06 and one.known == one.drawn for one in plan.types)
    assert {0.05} == {one.margin for one in planned(tmp_path, world(120), type_margin=0.05).types}


def test_a_wider_margin_needs_fewer_prompts(tmp_path: Path) -> None:
    """And a type that is not asked does not count among those that are tested."""
    rows = labelled(90, task_type="labels")
    alone = planned(tmp_path, rows).types[0]
    wide = planned(tmp_path, rows, type_margin=0.2).types[0]
    beside = {one.task_type: one for one in planned(tmp_path, rows + FREE).types}["labels"]
    assert wide.needed < alone.needed == beside.needed
    assert (alone.drawn, wide.drawn) == (90, 75)


def test_sizes_fit_the_spend_cap(tmp_path: Path) -> None:
    """Nine tenths of it by the expected cost; the rest of the plan is a sample of the whole."""
    whole = planned(tmp_path, world(120), graders={"report-summary": "exact"})
    cap = whole.quote().expected_usd / 2
    half = planned(tmp_path, world(120), cap, graders={"report-summary": "exact"})
    assert half.quote().expected_usd <= cap * Decimal("0.9")
    assert half.items == whole.items[: len(half.items)]
    assert (half.scaled, whole.scaled) == (True, False)
    report = plan_report(half, Limits(cap), (), BOOK)
    assert (True, cap, len(half.items)) == (report.scaled, report.max_spend_usd, report.requests)


def test_a_cap_leaves_a_named_size_alone(tmp_path: Path) -> None:
    """The run stops at the cap instead."""
    plan = planned(tmp_path, labelled(40), Decimal("0.001"), pairs=30)
    assert (len(plan.prompts), plan.scaled) == (30, False)


def test_even_the_smallest_cap_plans_one_prompt(tmp_path: Path) -> None:
    """So that the run can say that the cap does not pay for it."""
    assert len(planned(tmp_path, labelled(40), Decimal("0.000001")).prompts) == 1


@given(seed=st.integers(0, 2**32))
def test_the_same_ask_gives_the_same_plan(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Whatever the order of the rows; another seed draws others."""
    folder = tmp_path_factory.mktemp("same")
    rows = labelled(40)
    plan = planned(folder, rows, pairs=12, again=4)
    mixed = planned(folder, random.Random(seed).sample(rows, len(rows)), pairs=12, again=4)
    assert (plan.items, plan.prompts, plan.types) == (mixed.items, mixed.prompts, mixed.types)
    other = planned(folder, rows, pairs=12, again=4, seed=seed + 1)
    assert {one.answer_id for one in plan.items} != {one.answer_id for one in other.items}


def test_a_question_is_known_by_all_of_it(tmp_path: Path) -> None:
    """Another upstream or another byte of the request is another question."""
    ids = {one.answer_id for one in planned(tmp_path, labelled(20)).items}
    assert len(ids) == len(planned(tmp_path, labelled(20)).items)
    assert ids.isdisjoint(
        one.answer_id for one in planned(tmp_path, labelled(20), upstream="http://127.0.0.1:2").items
    )
    hotter = labelled(20, request={"max_tokens": 65})
    assert ids.isdisjoint(one.answer_id for one in planned(tmp_path, hotter).items)


def test_every_figure_of_the_plan_is_summed_up(tmp_path: Path) -> None:
    """Costs by candidate add up to the quote, and answers that are there cost nothing."""
    plan = planned(tmp_path, labelled(40), again=10)
    known = {plan.items[0].answer_id: False, plan.items[1].answer_id: False}
    report = plan_report(plan, Limits(Decimal(9)), known, BOOK)
    quote = plan.quote(known)
    assert (quote.expected_usd, quote.at_most_usd) == (report.expected_usd, report.at_most_usd)
    assert (report.requests, report.reused, report.again) == (90, 2, 10)
    assert sum(requests for requests, _, _ in report.costs_usd.values()) == 88
    assert f"{OPUS}@medium, the baseline again" in report.costs_usd
    assert 0.0 < report.types[0].power < 1.0
    assert {0.0, 0.005, 0.01} == set(report.pool_power)
    narrow = plan_report(replace(plan, ask=replace(plan.ask, margin=0.005)), Limits(), known, BOOK)
    assert {0.0} == set(narrow.pool_power)


def test_a_request_is_fitted_to_its_candidate_and_counted(tmp_path: Path) -> None:
    """Sampling that the candidate no longer takes is left out of what is hashed, quoted and sent."""
    rows = labelled(12, model="claude-sonnet-4-6", request={"temperature": 0})
    log = write_log(tmp_path / "log.jsonl", rows)
    plan = plan_of(Ask(places=(str(log),), candidates=(Candidate(HAIKU),), again=0))
    assert len(plan.items) == 12
    assert not plan.rejected
    shown = plan_report(plan, Limits(), (), BOOK)
    assert dict(shown.fitted) == {"claude-haiku-5-5@medium: temperature left out": 12}
    plain = plan_of(
        Ask(
            places=(str(write_log(tmp_path / "b.jsonl", labelled(12, model="claude-sonnet-4-6"))),),
            candidates=(Candidate(HAIKU),),
            again=0,
        )
    )
    assert {item.answer_id for item in plan.items} == {item.answer_id for item in plain.items}
