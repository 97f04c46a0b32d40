"""Evidence: graded answers beside the recorded ones, priced as if cached as those were."""

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.rig import Heard, Peer, answered, upstream
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.usage import Usage
from modelmix.evaluate.graders.spec import parse
from modelmix.evaluate.verdict import Verdict
from modelmix.pipeline.replay.ask import Ask, Limits
from modelmix.pipeline.replay.evidence import Evidence, Gatherer, Seen
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.prompt import prompt_text
from modelmix.pipeline.replay.summary import replay_report
from modelmix.store.replay_records import AnswerRow, GradeRow
from pipeline.replay.rig import BEGAN, BOOK, HAIKU, OPUS, Bench, Row, labelled, plan_of, row, write_log

DAY = BEGAN.replace(day=25)
ARM = Candidate(HAIKU, Effort.MEDIUM)


def planned(folder: Path, rows: list[Row], **ask: object) -> Plan:
    """Plan a replay on the cheapest candidate."""
    asked = Ask(places=(str(write_log(folder / "log.jsonl", rows)),), candidates=(Candidate(HAIKU),), again=0)
    return plan_of(replace(asked, **ask), None, DAY)  # type: ignore[arg-type] # fields of the ask


def gathered(plan: Plan, scores: list[float | None], usage: Usage | None = None, **grade: object) -> Evidence:
    """Gather evidence from answers with these scores, in the order of the plan; None is no answer."""
    answers: dict[str, AnswerRow] = {}
    grades: dict[tuple[str, str, str], GradeRow] = {}
    for item, score in zip(plan.items, scores, strict=False):
        prompt = plan.prompts[item.prompt]
        key = (item.answer_id, plan.graders[prompt.recorded.call.task_type].spec, prompt.reference_sha256)
        if score is not None:
            answers[item.answer_id] = AnswerRow(
                answer_id=item.answer_id,
                call_id="c",
                status=200,
                error="",
                usd=Decimal(1),
                usage=usage or Usage(input_tokens=110, output_tokens=7),
                reply='["said",[],"end_turn"]',
            )
            grades[key] = GradeRow(*key, score=score, why="" if score == 1.0 else "other label")
    return Gatherer(plan, answers, grades, BOOK, plan.day).gather()


def test_outcomes_pair_with_the_recorded_answer(tmp_path: Path) -> None:
    """Each answered prompt has two outcomes, of the baseline and of the candidate; others have none."""
    plan = planned(tmp_path, labelled(20))
    evidence = gathered(plan, [1.0, 0.0, None, 0.5])
    pairs = Counter(one.prompt_id for one in evidence.outcomes)
    answered_ids = [plan.prompts[number].recorded.prompt_id for number in (0, 1, 3)]
    assert dict.fromkeys(answered_ids, 2) == pairs
    seen = evidence.seen["triage", ARM]
    assert (seen.n, seen.gains, seen.losses, seen.whys) == (3, 0.0, 1.5, {"other label": 2})


def test_without_right_answers_the_baseline_is_right(tmp_path: Path) -> None:
    """Its score is 1, so that a candidate cannot gain, and what it loses is an upper bound."""
    evidence = gathered(planned(tmp_path, labelled(20)), [0.0] * 20)
    assert {1.0} == {one.score for one in evidence.outcomes if one.candidate.model == OPUS}
    assert (evidence.seen["triage", ARM].gains, evidence.seen["triage", ARM].pairs.loss) == (0.0, 1.0)


def test_with_right_answers_both_are_graded(tmp_path: Path) -> None:
    """The baseline errs where its recorded answer is wrong, and a candidate can gain there."""
    rows = labelled(20, expected="billing")
    plan = planned(tmp_path, rows, graders={"": "label"})
    evidence = gathered(plan, [1.0] * 20)
    right = sum(one["response"]["content"][0]["text"] == "billing" for one in rows)
    scores = Counter(one.score for one in evidence.outcomes if one.candidate.model == OPUS)
    assert {1.0: right, 0.0: 20 - right} == scores
    assert (20.0 - right, 0.0) == (evidence.seen["triage", ARM].gains, evidence.seen["triage", ARM].losses)


def test_costs_are_as_if_cached_as_recorded(tmp_path: Path) -> None:
    """A replay finds its own prefixes in the cache; live traffic pays as it paid before."""
    usage = {
        "input_tokens": 50,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 50,
        "output_tokens": 5,
    }
    plan = planned(tmp_path, labelled(20, response={"usage": usage}))
    evidence = gathered(plan, [1.0], Usage(input_tokens=10, cache_read_tokens=90, output_tokens=4))
    as_recorded = Usage(input_tokens=50, cache_write_5m_tokens=50, output_tokens=4)
    by_model = {one.candidate.model: one.cost_usd for one in evidence.outcomes}
    assert BOOK.cost(as_recorded, HAIKU, DAY.date()).total_usd == by_model[HAIKU]
    recorded = replace(as_recorded, output_tokens=5)
    assert BOOK.cost(recorded, OPUS, DAY.date()).total_usd == by_model[OPUS]
    seen = evidence.seen["triage", ARM]
    assert (by_model[HAIKU], by_model[OPUS]) == (seen.usd, seen.baseline_usd)


def test_slices_come_from_the_reference(tmp_path: Path) -> None:
    """What the right answer is puts a prompt in its slice, never what was said; the log may name more."""
    rows = labelled(20, expected="NONE")
    rows[0]["slice"] = "named"
    plan = planned(tmp_path, rows, graders={"": "label"})
    evidence = gathered(plan, [0.0] * 20)
    slices = {one.prompt_id: one.slice_name for one in evidence.outcomes}
    assert ("named; no answer", {"no answer"}) == (slices.pop("case-000"), set(slices.values()))
    found = evidence.seen["triage", ARM].slices
    assert {name: pairs.n for name, pairs in found.items()} == {"named": 1.0, "no answer": 20.0}


def test_the_baseline_against_itself_is_no_outcome(tmp_path: Path) -> None:
    """A/A is kept apart by type."""
    plan = planned(tmp_path, labelled(20), again=20)
    evidence = gathered(plan, [1.0, 0.0] * 20)
    assert (
        len(evidence.outcomes) // 2,
        evidence.again["triage"].n,
        evidence.again["triage"].losses,
    ) == (20, 20.0, 20.0)


def test_what_has_no_price_is_counted(tmp_path: Path) -> None:
    """The pair counts for quality, not for cost."""
    plan = planned(tmp_path, labelled(20, request={"model": "my-model"}, response={"model": "my-model"}))
    evidence = gathered(plan, [1.0] * 20)
    seen = evidence.seen["triage", ARM]
    assert (20, 20, Decimal(0)) == (seen.n, seen.unpriced, seen.usd)
    assert {None} == {one.cost_usd for one in evidence.outcomes if one.candidate.model == "my-model"}


def test_text_stands_in_outcomes_only_on_request(tmp_path: Path) -> None:
    """Prompt, answer and right answer, cut to a length; the baseline's own answer beside it."""
    tool = [{"type": "tool_use", "id": "t", "name": "sort", "input": {"label": "billing"}}]
    rows = [
        *labelled(20),
        row("tool", "", prompt_id="tool", response={"content": tool, "stop_reason": "tool_use"}),
    ]
    for keep in (False, True):
        plan = planned(tmp_path, rows, keep_text=keep, graders={"": "exact"})
        evidence = gathered(plan, [1.0] * 21)
        texts = {
            (one.prompt_id, one.candidate.model): (one.prompt, one.response, one.expected)
            for one in evidence.outcomes
        }
        assert (
            texts["case-000", HAIKU] == ("case 0", "said", "billing")
            if keep
            else texts["case-000", HAIKU] == ("", "", "")
        )
        assert texts["tool", OPUS][1] == ('{"label":"billing"}' if keep else "")


@pytest.mark.parametrize(
    ("request_body", "text"),
    [
        ({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "a"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": "a"}, {"type": "image"}, 3, {"text": "b"}],
                    }
                ]
            },
            "a\nb",
        ),
        ({"messages": [{"role": "user", "content": 3}, "x"]}, ""),
        ({"messages": []}, ""),
        ({"messages": "x"}, ""),
    ],
)
def test_the_text_of_a_prompt_is_its_last_message(request_body: Row, text: str) -> None:
    """Of the user; anything else gives nothing."""
    assert text == prompt_text(request_body, 100)
    assert text[:1] == prompt_text(request_body, 1)


def test_a_report_sums_up_what_was_found(tmp_path: Path) -> None:
    """Means per call, notes on what the figures rest on, and the test of the baseline against itself."""
    answers = iter(["billing", "other"] * 50)

    def script(_peer: Peer, heard: Heard) -> bytes:
        model = OPUS if OPUS.encode() in heard.body else HAIKU
        said = [{"type": "text", "text": next(answers)}]
        return answered({"id": f"msg_{hash(heard.body)}", "model": model, "content": said})

    with upstream(script) as (url, _):
        bench = Bench(tmp_path, url, n=1)
        log = write_log(tmp_path / "labels.jsonl", labelled(20))
        done = bench.run(
            places=(str(log),), expected=(), graders={}, again=10, candidates=(Candidate(HAIKU),), pairs=20
        )
    report = replay_report(done, Limits(Decimal(3)))
    only = report.seen[0]
    assert (20.0, f"{OPUS}@medium", Decimal(3)) == (only.pairs.n, only.baseline, report.max_spend_usd)
    assert only.usd_per_call is not None
    assert done.evidence.seen["triage", ARM].usd == only.usd_per_call * 20
    assert report.again is not None
    assert (report.again.pairs, report.again.verdict) == (10.0, Verdict.FAILS)
    notes = " ".join(report.notes)
    for part in (
        "no right answer is known for triage",
        "an upper bound",
        f"list prices of {done.plan.day}",
        "the baseline differs from itself on",
        "(--expected)",
    ):
        assert part in notes
    assert json.dumps(sorted(report.ungradable)) == "[]"


def test_what_cannot_be_graded_is_set_aside(tmp_path: Path) -> None:
    """Where nothing can be said of the recorded answer, its prompt is no pair."""
    plan = planned(tmp_path, labelled(20))
    evidence = gathered(replace(plan, graders={"triage": parse("json_fields").grader}), [1.0] * 20)
    assert (evidence.outcomes, evidence.ungradable) == ((), {"reference is not JSON": 20})


def test_nothing_seen_has_no_mean(tmp_path: Path) -> None:
    """Without a price there is no cost per call, and without pairs no test."""
    assert Seen().pairs.n == 0
    plan = planned(tmp_path, labelled(20))
    assert (gathered(plan, []).seen, gathered(plan, []).again) == ({}, {})


def test_times_are_kept_where_they_mean_anything(tmp_path: Path) -> None:
    """Both sides carry their time; recorded batches and a practice API carry none."""
    plan = planned(tmp_path, labelled(20, latency_ms=900))
    item = plan.items[0]
    prompt = plan.prompts[item.prompt]
    key = (item.answer_id, plan.graders["triage"].spec, prompt.reference_sha256)
    answer = AnswerRow(
        answer_id=item.answer_id, call_id="c", status=200, error="", usd=Decimal(1),
        usage=Usage(input_tokens=110, output_tokens=7), reply='["said",[],"end_turn"]', latency_ms=250.0,
    )  # fmt: skip
    gatherer = Gatherer(plan, {item.answer_id: answer}, {key: GradeRow(*key, score=1.0)}, BOOK, plan.day)
    assert [one.latency_ms for one in gatherer.gather().outcomes] == [900.0, 250.0]
    untimed = replace(gatherer, is_timed=False)
    assert [one.latency_ms for one in untimed.gather().outcomes] == [None, None]
    batch = replace(prompt, recorded=replace(prompt.recorded, call=replace(prompt.recorded.call, batch=True)))
    prompts = tuple(batch if at == item.prompt else one for at, one in enumerate(plan.prompts))
    of_batch = replace(gatherer, plan=replace(plan, prompts=prompts))
    assert [one.latency_ms for one in of_batch.gather().outcomes] == [None, 250.0]
