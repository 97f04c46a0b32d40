"""The contract file."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import modelmix
from modelmix.economics.contract import Overage
from modelmix.economics.forecast import SURE, Chance
from modelmix.errors import ConfigError
from modelmix.ingest.contract import ContractDocument, Term, parse, schema
from modelmix.ingest.contract_cells import percent, shown
from modelmix.policy import yaml_text

TEXT = """\
modelmix_contract: 1
name: made
term: {start: 2027-01-01, months: 12}
tiers:
  - {from_usd: 0, discount: 0%}
  - {from_usd: 250000, discount: 8%}
  - {from_usd: 1000000, discount: 0.15}
demand:
  baseline_usd: 2400000
  growth: [{probability: 25%, factor: 0.9}, {probability: 75%, factor: 120%}]
  adoption: [{probability: 1, share: 30%}]
  saving: -5%
"""
PUBLISHED = Path(modelmix.__file__).parent / "data" / "contract.schema.json"


def test_a_contract_is_read() -> None:
    """Shares in either form, defaults where nothing is said, and the term's end and days."""
    document = parse(TEXT.encode(), "c.yaml")
    contract, assumed = document.contract(), document.assumptions()
    assert [(tier.from_usd, tier.discount) for tier in contract.tiers] == [
        (0, 0), (250_000, 0.08), (1_000_000, 0.15),
    ]  # fmt: skip
    assert (contract.overage, document.unused, document.signed) == (Overage.LIST, "lost", None)
    assert assumed.growth == (Chance(0.25, 0.9), Chance(0.75, 1.2))
    assert (assumed.adoption, assumed.price, assumed.growth_cv) == ((Chance(1, 0.3),), SURE, 0.0)
    assert (document.demand.baseline_usd, document.demand.saving) == (Decimal(2_400_000), Decimal("-0.05"))
    assert (document.term.end, document.term.days) == (date(2028, 1, 1), 365)


def test_the_optional_parts_are_read() -> None:
    """Lognormal growth, list prices, the other clause and a signed commitment."""
    text = TEXT.replace(
        "  growth: [{probability: 25%, factor: 0.9}, {probability: 75%, factor: 120%}]",
        "  growth: {mean: 1.2, cv: 30%}\n  price: [{probability: 1, factor: 0.8}]",
    )
    document = parse(f"{text}overage: committed\nsigned: {{commit_usd: 300000.5}}\n".encode())
    assumed = document.assumptions()
    assert (assumed.growth, assumed.growth_cv, assumed.price) == ((Chance(1, 1.2),), 0.3, (Chance(1, 0.8),))
    assert document.contract().overage is Overage.COMMITTED
    assert document.signed is not None
    assert document.signed.commit_usd == Decimal("300000.5")


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2027-01-31", 1, date(2027, 2, 28)),
        ("2027-12-15", 1, date(2028, 1, 15)),
        ("2024-02-29", 12, date(2025, 2, 28)),
        ("2027-11-01", 14, date(2029, 1, 1)),
    ],
)
def test_a_term_ends_on_the_same_day_of_a_later_month(start: str, months: int, end: date) -> None:
    """Or on the last day of a month that is too short."""
    assert Term(start=start, months=months).end == end


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("8%", "100%", "line 6, tiers.1.discount: must be at least 0 % and below 100 %, not '100%'"),
        ("8%", "-3%", "not '-3%'; write 8% or 0.08"),
        ("8%", "8", "not 8; write 8% or 0.08"),
        ("8%", "eight", "not 'eight'; write 8% or 0.08"),
        ("8%", "true", "not true; write"),
        ("8%", "~", "not nothing; write"),
        ("0.15", "7%", "line 4, tiers: the discount falls to 7 % at 1000000; write at least 8 %"),
        ("250000", "0", "tiers: two tiers begin at 0; keep one of them"),
        ("250000", "2000000", "tiers: 1000000 stands after 2000000; write the lower from_usd first"),
        ("from_usd: 0", "from_usd: 10", "begins at 10, not at 0; write {from_usd: 0, discount: 0%}"),
        ("250000", "250_000", "an amount of USD, at least 0 and below 1,000,000,000,000, not '250_000'"),
        ("250000", "-1", "not -1; write 250000"),
        ("250000", "1.234", "must be dollars and cents, not 1.234; write 1.23"),
        ("2400000", "0", "demand.baseline_usd: must be above 0; write an amount"),
        ("2400000", ".nan", "not '.nan'; write 250000"),
        ("-5%", ".inf", "demand.saving: must be at least -100 % and at most 100 %, not '.inf'"),
        ("-5%", "[5]", "not a list; write"),
        ("-5%", "{a: 5}", "not a mapping; write"),
        ("months: 12", "months: 0", "must be a count of months from 1 to 60, not 0; write 12"),
        ("months: 12", "months: 1.5", "not 1.5; write 12"),
        ("2027-01-01", "2027-02-30", "line 3, term.start: must be a day from 2020-01-01 to 2100-01-01"),
        ("2027-01-01", "0000-01-01", "not '0000-01-01'; write 2027-01-01"),
        ("2027-01-01", "9999-12-31", "not '9999-12-31'; write 2027-01-01"),
        ("2027-01-01", "1", "not 1; write 2027-01-01"),
        ("term: {start: 2027-01-01, months: 12}\n", "", "term: is missing; write term: {start: 2027-01-01"),
        ("term: {start: 2027-01-01, months: 12}", "term: 3", "term: has another shape; write term: {"),
        ("start: 2027-01-01, ", "", "term.start: is missing; write start: 2027-01-01"),
        ("name: made", "name: 3", "name: must be a text, not 3; write it in quotes"),
        ("name:", "nmae:", "nmae: is not a key; did you mean name? (and 1 more)"),
        ("factor: 0.9", "share: 0.9", "growth.0.share: is not a key; write one of probability, factor"),
        ("probability: 75%", "probability: 65%", "the probabilities sum to 90 %, not 100 %; add 10 % to one"),
        ("probability: 75%", "probability: 77.5%", "sum to 102.5 %, not 100 %; take 2.5 % from one of them"),
        ("probability: 75%", "probability: 0", "must be above 0 % and at most 100 %, not 0"),
        ("factor: 0.9", "factor: 0", "must be above 0 and at most 1,000, not 0; write 1.2 or 120%"),
        ("[{probability: 1, share: 30%}]", "[]", "demand.adoption: must have 1 to 12 entries, not 0"),
        ("[{probability: 1, share: 30%}]", "7", "demand.adoption: has another shape; write adoption: [{"),
        ("name: made", "name: made\noverage: free", "overage: must be list or committed, not 'free'"),
        ("name: made", "name: made\nunused: rollover", "must be lost, not 'rollover'; write unused: lost"),
        ("name: made", "name: made\nname: b", "the key 'name' stands on line 2 already"),
        ("name: made", "name: &a made", "the anchor 'a' is not used in a contract file"),
        ("contract: 1", "contract: 2", "is of format 2, this modelmix reads 1"),
        ("contract: 1", "contract: true", "write `modelmix_contract: 1` as its first key"),
        (TEXT, "", "the file is empty; begin it with `modelmix_contract: 1`"),
        (TEXT, "[1]", "is not a contract file"),
        ("{probability: 25%, factor: 0.9}, {probability: 75%, factor: 120%}", "5", "growth.0: has another"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(old: str, new: str, why: str) -> None:
    """One sentence: the file, the line and key, the value, and what to write instead."""
    assert old in TEXT
    with pytest.raises(ConfigError) as caught:
        parse(TEXT.replace(old, new, 1).encode(), "c.yaml")
    said = str(caught.value)
    assert why in said
    assert said.startswith("c.yaml: ")
    assert "\n" not in said
    assert (type(caught.value), caught.value.exit_code) == (ConfigError, 3)


def test_a_ladder_has_an_end() -> None:
    """No tier at all and more than twelve are refused."""
    steps = ", ".join(f"{{from_usd: {at}, discount: 1%}}" for at in range(13))
    for tiers, n in (("[]", 0), (f"[{steps}]", 13)):
        text = TEXT[: TEXT.index("tiers:")] + f"tiers: {tiers}\n" + TEXT[TEXT.index("demand:") :]
        with pytest.raises(ConfigError, match=f"must have 1 to 12 tiers, not {n}"):
            parse(text.encode())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_contract_or_one_sentence(data: bytes) -> None:
    """Nothing else leaves the reader."""
    _read(data)


WORDS = """
modelmix_contract name term tiers overage unused signed demand start months from_usd discount commit_usd
growth baseline_usd adoption price saving probability factor share mean cv list committed lost 1 12 0 25%
100% 0.5 -1 2027-01-01 ~ true 1e9 .nan 99999999999999999999 '' "\x00
"""
words = st.sampled_from(WORDS.split())
values = st.recursive(
    words | st.integers() | st.floats(0, 2, allow_nan=False).map("{:.4f}".format),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda v: "[" + ", ".join(map(str, v)) + "]")
        | st.dictionaries(words, inner, max_size=3).map(
            lambda v: "{" + ", ".join(f"{key}: {value}" for key, value in v.items()) + "}"
        )
    ),
    max_leaves=6,
)


@given(st.data())
def test_any_change_of_a_contract_is_a_contract_or_one_sentence(data: st.DataObject) -> None:
    """A value, a key or a line of a real file is replaced by something that looks like it belongs there."""
    lines = TEXT.splitlines()
    at = data.draw(st.integers(1, len(lines) - 1))
    key, colon, _ = lines[at].partition(":")
    change = data.draw(st.sampled_from(["value", "key", "line", "gone"]))
    lines[at] = {
        "value": f"{key}{colon} {data.draw(values)}",
        "key": f"{data.draw(words)}:{lines[at].partition(':')[2]}",
        "line": f"{data.draw(values)}",
        "gone": "",
    }[change]
    _read("\n".join(lines).encode())


def _read(data: bytes) -> None:
    try:
        assert isinstance(parse(data, "c.yaml"), ContractDocument)
    except ConfigError as error:
        said = str(error)
        assert said.startswith("c.yaml: ")
        assert len(said.splitlines()) == 1


def test_the_published_schema_is_the_generated_one() -> None:
    """The copy that the package carries is what the model says."""
    assert schema() == PUBLISHED.read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "valid"),
    [("8%", "8%", True), ("8%", "0.08", True), ("8%", "1.0", False), ("8%", "eight", False),
     ("months: 12", "months: 61", False), ("name: made", "nmae: made", False), ("-5%", "-1.5", False),
     ("months: 12", "months: 12}\noverage: {", False), ("name: made", "name: made\noverage: free", False)],
)  # fmt: skip
def test_the_schema_agrees_with_the_reader(old: str, new: str, *, valid: bool) -> None:
    """What one takes the other takes, where a schema can say it."""
    text = TEXT.replace(old, new, 1).encode()
    content = json.loads(json.dumps(yaml_text.read(text, "c").value, default=float))
    validator = Draft202012Validator(json.loads(PUBLISHED.read_bytes()))
    assert validator.is_valid(content) is valid
    try:
        parse(text)
    except ConfigError:
        assert not valid
    else:
        assert valid


def test_values_are_shown_by_what_they_are() -> None:
    """Short, and never as a programming language writes them."""
    values: list[object] = [None, False, "x" * 99, [1], {}, 5, Decimal("0.50")]
    assert [shown(value) for value in values] == [
        "nothing", "false", "'" + "x" * 39, "a list", "a mapping", "5", "0.50",
    ]  # fmt: skip
    assert [percent(Decimal(v)) for v in ("0.1", "1", "0.125", "10")] == ["10 %", "100 %", "12.5 %", "1000 %"]
