"""JSON text: what is read, and what is not."""

from decimal import Decimal

import pytest

from modelmix.evaluate.graders.json_text import MAX_CHARACTERS, MAX_DEPTH, Json, decode, native


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.50, true, null, "x"]}', {"a": [Decimal(1), Decimal("2.50"), True, None, "x"]}),
        ('\ufeff {"a": 1}\n', {"a": Decimal(1)}),
        ('```json\n{"a": 1}\n```', {"a": Decimal(1)}),
        ("```JSON \n[1]```", [Decimal(1)]),
        ("```\n1\n```", Decimal(1)),
        ('"\\ud800"', "\ud800"),
        ('"```"', "```"),
        ("1e308", Decimal("1e308")),
        ("-1e-99999999999999999999", Decimal(0)),
        ("1e-400", Decimal("1e-400")),
    ],
)
def test_json_is_read_exactly(text: str, value: Json) -> None:
    """Numbers are decimals, and one fence around the whole is passed over."""
    assert value == decode(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("Here it is: {}", "not JSON"),
        ('{} {"a": 1}', "not JSON"),
        ("{“a”: 1}", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ('{"a": 1,}', "not JSON"),
        ('"a\nb"', "not JSON"),
        ("```python\n{}\n```", "not JSON"),
        ("```", "not JSON"),
        ("```json\n{}\n``` as asked", "not JSON"),
        ('{"a": 1, "a": 1}', "not JSON: a name twice"),
        ("NaN", "not JSON: a number out of range"),
        ("[-Infinity]", "not JSON: a number out of range"),
        ("1e400", "not JSON: a number out of range"),
        ("9" * 401, "not JSON: a number out of range"),
        ("9" * 10_000, "not JSON: a number out of range"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "not JSON: nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "not JSON: nested too deeply"),
        (" " * (MAX_CHARACTERS + 1), "not JSON: too long"),
    ],
)
def test_what_programs_read_differently_is_not_json(text: str, why: str) -> None:
    """The reason quotes nothing of the text."""
    with pytest.raises(ValueError, match="not JSON") as caught:
        decode(text)
    assert why == str(caught.value)


def test_the_deepest_that_is_read() -> None:
    """As many levels as allowed are read, and no more."""
    assert isinstance(decode("[" * MAX_DEPTH + "]" * MAX_DEPTH), list)
    assert isinstance(decode("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH), list)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('Here it is:\n```json\n{"a": 1}\n```\nDone.', {"a": Decimal(1)}),
        ('Sure! {"a": 1} Done.', {"a": Decimal(1)}),
        ("The list [1] it is", [Decimal(1)]),
        ("12", Decimal(12)),
    ],
)
def test_prose_is_passed_over_on_request(text: str, value: Json) -> None:
    """With prose allowed the only block, or what the outermost brackets hold, is read."""
    assert value == decode(text, in_prose=True)


@pytest.mark.parametrize("text", ["```\n1\n``` or\n```\n2\n```", "see {this", "[a] {}"])
def test_prose_may_hide_no_choice(text: str) -> None:
    """Two blocks, and brackets that hold no JSON, are not read."""
    with pytest.raises(ValueError, match="not JSON"):
        decode(text, in_prose=True)


def test_native_numbers() -> None:
    """Whole numbers become int, others float, nothing else changes."""
    found = native(decode('{"a": [1, 2.0, 1e2, true, null, "x"]}'))
    assert found == {"a": [1, 2.0, 100.0, True, None, "x"]}
    assert [int, float, float, bool] == [type(one) for one in found["a"][:4]]
