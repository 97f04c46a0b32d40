"""The practice world: its prompts, its truth, and that what happens agrees with what it says."""

import json
import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.simulator import world
from modelmix.simulator.ability import TRUTHS, ability, draw
from modelmix.simulator.behaviour import MODELS
from modelmix.simulator.kinds import (
    analytical_question,
    form_extraction,
    report_summary,
    support_assistant,
    ticket_triage,
)
from modelmix.simulator.kinds.kind import other_digits

OPUS, HAIKU, SONNET = "claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5"
CANDIDATES = [
    Candidate(OPUS),
    Candidate(HAIKU, Effort.LOW),
    Candidate(HAIKU),
    Candidate(SONNET, Effort.MAX),
    Candidate("claude-haiku-4-5"),
]


TRAPS = [
    ("form-extraction", form_extraction.FIELD_ABSENT, 0.25),
    ("support-assistant", support_assistant.UNANSWERED, 0.24),
]


def loss(kind: str, candidate: Candidate, baseline: Candidate) -> float:
    """Accuracy that a candidate truly loses against a baseline."""
    best = world.expected_accuracy(kind, baseline.model, baseline.effort)
    return best - world.expected_accuracy(kind, candidate.model, candidate.effort)


@pytest.mark.parametrize("kind", world.KINDS)
def test_what_happens_agrees_with_the_stated_truth(kind: str) -> None:
    """Over 2,000 prompts each candidate's share of correct answers is within four standard errors."""
    prompts = list(world.prompts(77, 2000, kind))
    for candidate in CANDIDATES:
        right = sum(world.answer(prompt, candidate, seed=3) == prompt.expected for prompt in prompts)
        true = world.expected_accuracy(kind, candidate.model, candidate.effort)
        error = math.sqrt(true * (1 - true) / len(prompts))
        assert abs(right / len(prompts) - true) < 4 * error


@pytest.mark.parametrize("model", [HAIKU, SONNET, "claude-haiku-4-5"])
@pytest.mark.parametrize(("kind", "name", "share"), TRAPS)
def test_a_named_slice_has_a_truth_of_its_own(kind: str, name: str, share: float, model: str) -> None:
    """It has its share of the prompts, is harder than the rest, and the parts make up the whole."""
    prompts = [prompt for prompt in world.prompts(78, 4000, kind) if prompt.slice_name]
    assert {prompt.slice_name for prompt in prompts} == {name}
    assert abs(len(prompts) / 4000 - share) < 4 * math.sqrt(share * (1 - share) / 4000)
    candidate = Candidate(model)
    true = world.expected_accuracy(kind, candidate.model, None, name)
    right = sum(world.answer(prompt, candidate, seed=3) == prompt.expected for prompt in prompts)
    assert abs(right / len(prompts) - true) < 4 * math.sqrt(true * (1 - true) / len(prompts))
    rest = world.expected_accuracy(kind, candidate.model, None, "")
    whole = world.expected_accuracy(kind, candidate.model)
    assert true < rest
    assert whole == pytest.approx((1 - share) * rest + share * true, abs=1e-12)


@pytest.mark.parametrize(("kind", "name", "share"), TRAPS)
def test_a_trap_catches_the_cheap_candidate_alone(kind: str, name: str, share: float) -> None:
    """Haiku 5.5 is right there about half the time, at any effort; Sonnet 5.5 stays near Opus 5.5."""
    best = world.expected_accuracy(kind, OPUS, None, name)
    for effort in (None, *Effort):
        assert world.expected_accuracy(kind, HAIKU, effort, name) < 0.63
        assert best - world.expected_accuracy(kind, SONNET, effort, name) < 0.025
    assert 0.35 < world.expected_accuracy(kind, HAIKU, None, name) < 0.5


def test_the_truth_makes_the_point_of_the_demonstration() -> None:
    """Triage holds on Haiku 5.5, analysis on nothing cheaper, all else on Sonnet 5.5 only."""
    for baseline in (Candidate(OPUS), Candidate("claude-opus-4-8")):
        for effort in (None, *Effort):
            assert loss("ticket-triage", Candidate(HAIKU, effort), baseline) < 0.01
            for kind in ("form-extraction", "support-assistant", "report-summary"):
                assert loss(kind, Candidate(HAIKU, effort), baseline) > 0.08
                assert loss(kind, Candidate(SONNET, effort), baseline) < 0.01
            assert loss("analytical-question", Candidate(HAIKU, effort), baseline) > 0.50
            assert loss("analytical-question", Candidate(SONNET, effort), baseline) > 0.08


@pytest.mark.parametrize("kind", world.KINDS)
def test_every_decision_is_clear_cut(kind: str) -> None:
    """Every candidate of the 5.5 line keeps well within two points of Opus 5.5, or loses over eight."""
    for model in (HAIKU, SONNET, OPUS):
        for effort in (None, *Effort):
            lost = loss(kind, Candidate(model, effort), Candidate(OPUS))
            assert lost < 0.012 or lost > 0.08


@pytest.mark.parametrize("kind", world.KINDS)
def test_closed_form_accuracy_equals_the_integral(kind: str) -> None:
    """A fine sum over the difficulties gives the same number."""
    truth = TRUTHS[kind]
    for strength in (0.3, 0.64, 0.94):
        steps = 20_000
        total = sum(
            part.share
            * sum(
                truth.chance(strength, part.easiest + (part.hardest - part.easiest) * (at + 0.5) / steps)
                for at in range(steps)
            )
            / steps
            for part in truth.slices
        )
        assert truth.accuracy(strength) == pytest.approx(total, abs=1e-8)


def test_shares_sum_to_one_and_are_met() -> None:
    """Of kinds and of slices; 2,000 prompts come in these shares."""
    assert sum(kind.share for kind in world.KINDS.values()) == pytest.approx(1.0)
    for truth in TRUTHS.values():
        assert sum(part.share for part in truth.slices) == pytest.approx(1.0)
    names = [prompt.task_type for prompt in world.prompts(4, 2000)]
    for name, kind in world.KINDS.items():
        spread = math.sqrt(kind.share * (1 - kind.share) / 2000)
        assert abs(names.count(name) / 2000 - kind.share) < 4 * spread


def test_prompts_are_fixed_by_seed_and_position() -> None:
    """The first of a longer run are those of a shorter one; another seed gives others; none repeats."""
    some = list(world.prompts(6, 50))
    assert list(world.prompts(6, 80))[:50] == some
    assert len({prompt.prompt_id for prompt in some}) == 50
    documents = [
        prompt.body["messages"][0]["content"] for seed in (6, 7) for prompt in world.prompts(seed, 200)
    ]
    assert len(set(documents)) == 400


@pytest.mark.parametrize("kind", world.KINDS)
def test_a_prompt_is_recognised_in_its_own_text(kind: str) -> None:
    """System prompt and user message suffice, and either alone does not."""
    prompt = next(world.prompts(11, 1, kind))
    system, user = prompt.body["system"][0]["text"], prompt.body["messages"][0]["content"]
    item = world.recognise(system, user)
    assert item is not None
    assert (item.kind.name, item.slice_name) == (kind, prompt.slice_name)
    assert item.kind.solve(item.document) == prompt.expected
    assert world.recognise("Be kind.", user) is None
    assert world.recognise(system, "no document") is None
    assert world.recognise("Task kind: unheard-of.", user) is None
    # Long enough for every tokenizer and every model of the 5.5 generation to cache.
    assert len(system) > 2560


@given(st.sampled_from(sorted(world.KINDS)), st.integers(0, 2**32), st.floats(0, 1, exclude_max=True))
def test_a_wrong_answer_is_never_the_right_one(name: str, seed: int, chance: float) -> None:
    """And it has the form of a right one: JSON with the same keys, a label, a sentence."""
    kind = world.KINDS[name]
    document = kind.write(Random(seed))
    right, wrong = kind.solve(document), kind.spoil(document, chance)
    assert wrong != right
    if name == "ticket-triage":
        assert wrong in ticket_triage.LABELS
    if name == "form-extraction":
        assert wrong.count('": ') == right.count('": ')
    if name == "support-assistant":
        assert wrong != support_assistant.NO_ANSWER
        assert wrong in document


@given(st.sampled_from(sorted(world.KINDS)), st.text(), st.floats(0, 1, exclude_max=True))
def test_any_document_can_be_answered(name: str, document: str, chance: float) -> None:
    """A document that is not of this world gets an answer, right and wrong ones alike, and no error."""
    kind = world.KINDS[name]
    item = world.Item.of(kind, document)
    assert 0 <= item.difficulty <= 1
    assert kind.solve(document) != kind.spoil(document, chance)
    assert item.answer(Candidate(HAIKU), 0)


def test_absent_fields_are_null_and_invented_when_wrong() -> None:
    """The absent field is what a wrong answer fills in."""
    prompt = next(one for one in world.prompts(3, 100, "form-extraction") if one.slice_name)
    item = world.recognise(prompt.body["system"][0]["text"], prompt.body["messages"][0]["content"])
    assert item is not None
    assert prompt.expected.count("null") == 1
    assert item.kind.spoil(item.document, 0.5).count("null") == 0


def test_an_unanswered_question_is_answered_with_what_stands_beside_it() -> None:
    """Where the article has no answer, the wrong one is a code or figure that it states of something else."""
    prompts = [one for one in world.prompts(3, 300, "support-assistant") if one.slice_name]
    assert {prompt.expected for prompt in prompts} == {support_assistant.NO_ANSWER}
    for prompt in prompts:
        document = prompt.body["messages"][0]["content"]
        wrong = support_assistant.spoil(document, 0.5)
        assert f" {wrong}" in document


def test_the_right_answer_is_copied_from_the_article() -> None:
    """It stands there once, after the words of the topic that was asked for."""
    document = "A repair takes 9 working days.\nA sensor is paired in step BB-200.\nCustomer's question: "
    assert support_assistant.solve(document + "Hi there, how long does a repair take?") == "9 working days"
    asked = document + "how do I pair a sensor with the hub?"
    assert support_assistant.solve(asked) == "BB-200"
    assert support_assistant.spoil(asked, 0.9) == "9 working days"
    assert support_assistant.solve(document + "how long is my warranty?") == support_assistant.NO_ANSWER
    assert support_assistant.spoil(document + "how long is my warranty?", 0.0) == "9 working days"
    assert support_assistant.spoil(document + "how do I pair", 0.0) == "BB-200"
    alone = "A repair takes 9 working days.\nCustomer's question: how long does a repair take?"
    assert support_assistant.spoil(alone, 0.4) == support_assistant.NO_ANSWER


def test_no_question_ends_like_another() -> None:
    """A question names one topic, and each statement has one place for its answer."""
    questions = [topic.question for topic in support_assistant._TOPICS]
    for one in questions:
        assert [other for other in questions if one.endswith(other)] == [one]
    assert all(topic.statement.count("{}") == 1 for topic in support_assistant._TOPICS)


def test_easy_and_hard_cases_share_one_system_prompt() -> None:
    """Within a type nothing but the document tells them apart, and their difficulty is theirs alone."""
    prompts = list(world.prompts(5, 200, "support-assistant"))
    assert len({prompt.body["system"][0]["text"] for prompt in prompts}) == 1
    easy = min(prompts, key=lambda prompt: prompt.difficulty)
    hard = max(prompts, key=lambda prompt: prompt.difficulty)
    assert world.chance(easy, Candidate(HAIKU)) == pytest.approx(0.95, abs=1e-6)
    assert world.chance(hard, Candidate(HAIKU)) < 0.01
    assert world.chance(hard, Candidate(OPUS)) == pytest.approx(0.95, abs=1e-4)


@pytest.mark.parametrize("kind", world.KINDS)
def test_a_prompt_knows_its_own_truth(kind: str) -> None:
    """Its difficulty and a candidate's ability give the share of seeds on which the answer is right."""
    (prompt,) = world.prompts(12, 1, kind)
    for candidate in CANDIDATES:
        true = world.chance(prompt, candidate)
        right = sum(world.answer(prompt, candidate, seed) == prompt.expected for seed in range(400))
        assert abs(right / 400 - true) <= 4 * math.sqrt(true * (1 - true) / 400)
    assert prompt.answer_form == world.KINDS[kind].answer_form
    if prompt.answer_form == "json":
        assert isinstance(json.loads(prompt.expected), dict)
    if prompt.answer_form == "label":
        assert prompt.expected in ticket_triage.LABELS


def test_the_first_line_of_a_label_holds() -> None:
    """What the prose says later is not the field."""
    values = form_extraction.fields("Telephone: 1\nTotal due:  7 EUR \nTelephone: 2")
    assert (values["contact_phone"], values["total"], values["supplier"]) == ("1", "7 EUR", None)


def test_documents_without_facts_still_have_two_answers() -> None:
    """The readers say what is missing, and a spoiled answer differs from it."""
    assert support_assistant.solve("") == support_assistant.NO_ANSWER
    assert support_assistant.spoil("", 0.3) != support_assistant.NO_ANSWER
    assert report_summary.solve("").count("not stated") == 6
    assert "about 12" in report_summary.spoil("", 0.0)
    assert ticket_triage.solve("") == "how-to"
    assert analytical_question.solve("") == "The table is not in the document."
    assert form_extraction.solve("") != form_extraction.spoil("Invoice number: none", 0.0)


def test_a_document_whose_absent_fields_cannot_be_invented_is_spoiled_otherwise() -> None:
    """With only wordless fields there is no digit to misread."""
    lines = "\n".join(f"{label}: none" for label in ("Payable by", "Purchase order", "Telephone"))
    assert "unknown" in form_extraction.spoil(lines, 0.3)


@given(st.integers(0, 9), st.floats(0, 1, exclude_max=True))
def test_a_misread_digit_is_another_digit(digit: int, chance: float) -> None:
    """Never the same one, and nothing else changes."""
    wrong = other_digits(f"a{digit}b", chance)
    assert wrong != f"a{digit}b"
    assert (wrong[0], wrong[-1], len(wrong)) == ("a", "b", 3)


def test_outcomes_are_correlated_across_models() -> None:
    """One draw per prompt: what a weaker candidate gets right, a stronger one gets right too."""
    for prompt in world.prompts(8, 300):
        weak = world.answer(prompt, Candidate(HAIKU, Effort.LOW), 5) == prompt.expected
        strong = world.answer(prompt, Candidate(OPUS, Effort.MAX), 5) == prompt.expected
        assert strong or not weak


def test_the_truth_document_tells_every_candidate() -> None:
    """Tasks, models, efforts and the same accuracies as the function; a default equals its own level."""
    document = world.truth(9)
    assert (document["seed"], document["synthetic"]) == (9, True)
    assert set(document["accuracy"]) == set(world.KINDS)
    assert "claude-opus-4-1-20250805" not in document["models"]
    for model in document["models"]:
        row = document["accuracy"]["report-summary"][model]
        assert set(row) == {"default", *MODELS[model].efforts}
        level = MODELS[model].default_effort
        assert row["default"] == (row[level] if level in row else row["default"])
        assert row["default"] == world.expected_accuracy("report-summary", model)
    for name, task in document["tasks"].items():
        for part in task["slices"]:
            levels = part["accuracy"][HAIKU]
            assert set(levels) == {"default", *MODELS[HAIKU].efforts}
            assert levels["low"] == world.expected_accuracy(name, HAIKU, Effort.LOW, part["name"])
        whole = sum(part["share"] * part["accuracy"][SONNET]["default"] for part in task["slices"])
        assert document["accuracy"][name][SONNET]["default"] == pytest.approx(whole, abs=1e-12)


def test_effort_helps_where_there_is_effort() -> None:
    """Ability rises with effort; a model without the parameter has one ability."""
    levels = [ability(Candidate(HAIKU, level)) for level in Effort]
    assert levels == sorted(levels)
    assert ability(Candidate(HAIKU)) == ability(Candidate(HAIKU, Effort.MEDIUM))
    assert ability(Candidate("claude-haiku-4-5", Effort.MAX)) == ability(Candidate("claude-haiku-4-5"))
    assert world.served(Candidate("claude-haiku-4-5", Effort.MAX)) == Candidate("claude-haiku-4-5-20251001")
    assert world.served(Candidate(OPUS)) == Candidate(OPUS, Effort.MEDIUM)


def test_unknown_names_are_named() -> None:
    """Kinds, models and slices that do not exist are an error of the programmer's, with the known ones."""
    with pytest.raises(ValueError, match=r"'poetry' is not a task type.*form-extraction"):
        list(world.prompts(1, 1, "poetry"))
    with pytest.raises(ValueError, match="'claude-x' is not a model"):
        world.expected_accuracy("ticket-triage", "claude-x")
    with pytest.raises(ValueError, match="'claude-x' is not a model"):
        world.served(Candidate("claude-x"))
    with pytest.raises(ValueError, match="'odd' is not a slice"):
        world.expected_accuracy("ticket-triage", OPUS, None, "odd")


@given(st.lists(st.text() | st.integers()))
def test_a_draw_lies_in_the_unit_interval(parts: list[object]) -> None:
    """It is fixed by its arguments, whatever they are."""
    assert 0 <= draw(*parts) < 1
    assert draw(*parts) == draw(*parts)
