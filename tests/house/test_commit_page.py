"""The page about the contract file: its example is a contract, and it leaves no key out."""

import re

from house.test_policy_page import _models
from house.tree import ROOT, blocks
from modelmix.ingest.contract import MOST_CHANCES, ContractDocument, parse
from modelmix.ingest.contract_cells import MOST_MONTHS

PAGE = ROOT / "docs" / "commit.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLE = (ROOT / "docs" / "contract.yaml").read_bytes()
KEYS = {name for model in _models(ContractDocument) for name in model.model_fields}


def test_the_example_is_a_contract() -> None:
    """The file beside the page is read, and the page shows the same."""
    (shown,) = (text for language, text in blocks(PAGE) if language == "yaml")
    assert shown.encode() == EXAMPLE
    document = parse(EXAMPLE, "docs/contract.yaml")
    assert [tier.from_usd for tier in document.tiers] == [0, 250_000, 1_000_000, 2_500_000, 5_000_000]


def test_the_example_has_every_key_but_those_of_the_other_form_of_growth() -> None:
    """No key of the file format is missing from the example."""
    written = set(re.findall(r"([a-z_0-9]+):", EXAMPLE.decode()))
    assert {"mean", "cv"} == KEYS - written


def test_every_key_is_explained() -> None:
    """Each key of the format stands in a table of the page, in either form of growth."""
    prose = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"[a-z_0-9]+", " ".join(re.findall(r"`([^`]+)`", prose)))) >= KEYS


def test_the_limits_are_those_of_the_reader() -> None:
    """Longest term and longest list are as the page says."""
    assert f"its length, 1 to {MOST_MONTHS}" in TEXT
    assert f"A list has 1 to {MOST_CHANCES} entries" in TEXT
