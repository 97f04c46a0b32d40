"""The practice API as a judge: it follows the truth about its own answers, with a stated error and habit."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelmix.simulator.behaviour import MODELS
from modelmix.simulator.judging import ACCURACY, FIRST_BIAS, answers_in, verdict
from modelmix.simulator.world import Prompt, prompts

SEED = 3
ALONE = {"type": "object", "properties": {"fine": {"type": "boolean"}}, "required": ["fine"]}
PAIR = {
    "type": "object",
    "properties": {"winner": {"type": "string", "enum": ["left", "right", "neither"]}},
    "required": ["winner"],
}
SUMMARIES = list(prompts(SEED, 400, "report-summary"))


def text_of(prompt: Prompt, *answers: str) -> str:
    """Write a request for a verdict in words of nobody's client."""
    asked = prompt.body["messages"][0]["content"]
    return "\n--\n".join([str(prompt.body["system"]), asked, *answers])


def wrong_of(prompt: Prompt) -> str:
    """Return an answer with a figure wrong, as a model of the world would give it."""
    from modelmix.simulator.ability import draw
    from modelmix.simulator.world import recognise

    item = recognise(text_of(prompt), text_of(prompt))
    assert item is not None
    return item.kind.spoil(item.document, draw("spoil", SEED, next(iter(MODELS)), item.document))


def said(schema: dict[str, Any], text: str, name: str) -> object:
    """Return one field of the verdict."""
    found = verdict(schema, text, SEED, "claude-opus-5-5")
    assert found is not None
    return found[name]


def test_verdicts_on_one_answer_err_at_the_stated_rate() -> None:
    """Right answers pass and wrong ones do not, but for half of the verdicts that do not look."""
    right = [said(ALONE, text_of(one, one.expected), "fine") is True for one in SUMMARIES]
    wrong = [said(ALONE, text_of(one, wrong_of(one)), "fine") is False for one in SUMMARIES]
    expected = ACCURACY + (1.0 - ACCURACY) / 2.0
    for found in (right, wrong):
        assert abs(sum(found) / len(found) - expected) < 0.03


def test_comparisons_prefer_the_right_answer_and_a_little_the_first() -> None:
    """A right one wins in either place, more often in the first; two right ones are mostly a tie."""
    counts = {"first": 0, "second": 0, "tie": 0, "habit": 0}
    for one in SUMMARIES:
        right, wrong = one.expected, wrong_of(one)
        counts["first"] += said(PAIR, text_of(one, right, wrong), "winner") == "left"
        counts["second"] += said(PAIR, text_of(one, wrong, right), "winner") == "right"
        same = said(PAIR, text_of(one, right, right), "winner")
        counts["tie"] += same == "neither"
        counts["habit"] += same == "left"
    n = len(SUMMARIES)
    assert counts["first"] > counts["second"] > 0.85 * n
    assert counts["tie"] > 0.85 * n
    assert abs(counts["habit"] / n - FIRST_BIAS) < 0.05


def test_a_choice_of_two_has_no_tie() -> None:
    """Where a schema offers no third value, the first stands for a tie."""
    schema = {"type": "object", "properties": {"w": {"enum": ["a", "b"]}}, "required": ["w"]}
    one = SUMMARIES[0]
    assert said(schema, text_of(one, one.expected, one.expected), "w") in {"a", "b"}


def test_what_is_no_verdict_is_left_alone() -> None:
    """Texts of nobody's world, answers that it never gave, and schemas without a verdict get none."""
    one = SUMMARIES[0]
    whole = text_of(one, one.expected)
    assert answers_in("nothing of the kind", SEED) == []
    for schema, text in (
        (ALONE, "nothing of the kind"),
        (ALONE, text_of(one, "an answer of another world")),
        (PAIR, whole),
        ({"type": "object", "properties": {"x": {"type": "string"}}}, whole),
        ({"type": "object"}, whole),
        ({"type": "array", "properties": {"x": {"type": "boolean"}}}, whole),
    ):
        assert verdict(schema, text, SEED, "claude-opus-5-5") is None


@given(st.text(), st.text())
def test_any_text_around_is_taken(before: str, after: str) -> None:
    """It never fails on what stands around an answer."""
    one = SUMMARIES[0]
    verdict(PAIR, f"{before}{text_of(one, one.expected)}{after}", SEED, "claude-opus-5-5")
