"""The practice world: its prompts, its truth, and that what happens agrees with what it says."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.simulator import world
from modelmix.simulator.ability import TRUTHS, ability, draw
from modelmix.simulator.behaviour import MODELS
from modelmix.simulator.kinds import analytical_question, form_extraction, report_summary, ticket_triage
from modelmix.simulator.kinds.kind import other_digits

OPUS, HAIKU, SONNET = "claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5"
CANDIDATES = [
    Candidate(OPUS),
    Candidate(HAIKU, Effort.LOW),
    Candidate(HAIKU),
    Candidate(SONNET, Effort.MAX),
    Candidate("claude-haiku-4-5"),
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


def test_the_slice_of_absent_fields_has_a_truth_of_its_own() -> None:
    """It is a fifth of the forms, harder than the rest, and the parts make up the whole."""
    prompts = [prompt for prompt in world.prompts(78, 4000, "form-extraction") if prompt.slice_name]
    assert abs(len(prompts) / 4000 - 0.2) < 4 * math.sqrt(0.2 * 0.8 / 4000)
    candidate = Candidate("claude-haiku-4-5")
    true = world.expected_accuracy("form-extraction", candidate.model, None, form_extraction.FIELD_ABSENT)
    right = sum(world.answer(prompt, candidate, seed=3) == prompt.expected for prompt in prompts)
    assert abs(right / len(prompts) - true) < 4 * math.sqrt(true * (1 - true) / len(prompts))
    rest = world.expected_accuracy("form-extraction", candidate.model, None, "")
    whole = world.expected_accuracy("form-extraction", candidate.model)
    assert true < rest
    assert whole == pytest.approx(0.8 * rest + 0.2 * true, abs=1e-12)


def test_the_truth_makes_the_point_of_the_demonstration() -> None:
    """Triage and forms hold on Haiku 5.5, summaries on Sonnet 5.5 only, analysis on nothing cheaper."""
    for baseline in (Candidate(OPUS), Candidate("claude-opus-4-8")):
        for effort in (None, *Effort):
            assert loss("ticket-triage", Candidate(HAIKU, effort), baseline) < 0.01
            assert loss("form-extraction", Candidate(HAIKU, effort), baseline) < 0.01
            assert loss("report-summary", Candidate(HAIKU, effort), baseline) > 0.04
            assert loss("analytical-question", Candidate(HAIKU, effort), baseline) > 0.10
        assert loss("report-summary", Candidate(SONNET), baseline) < 0.01
    for effort in Effort:
        if effort is not Effort.MAX:
            assert loss("analytical-question", Candidate(SONNET, effort), Candidate(OPUS)) > 0.10


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


@given(st.sampled_from(sorted(world.KINDS)), st.text(), st.floats(0, 1, exclude_max=True))
def test_any_document_can_be_answered(name: str, document: str, chance: float) -> None:
    """A document that is not of this world gets an answer, right and wrong ones alike, and no error."""
    kind = world.KINDS[name]
    item = world.Item(kind, document)
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


def test_documents_without_facts_still_have_two_answers() -> None:
    """The readers say what is missing, and a spoiled answer differs from it."""
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
