"""The page about the policy file: its examples are policies, and it leaves no key out."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from house.tree import ROOT, blocks
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.core.task import Features
from modelmix.errors import ArtifactError
from modelmix.policy import artifact, rules
from modelmix.policy.check import check
from modelmix.policy.document import PolicyDocument
from modelmix.policy.rule_nodes import FIELDS
from modelmix.settings import load

PAGE = ROOT / "docs" / "policy.md"
TEXT = PAGE.read_text(encoding="utf-8")
WHOLE, BY_HAND = (text.encode() for language, text in blocks(PAGE) if language == "yaml")
DAY = date(2026, 12, 1)


def _models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Give a model and every model that its keys hold."""
    yield kind
    for field in kind.model_fields.values():
        for inner in _inside(field.annotation):
            yield from _models(inner)


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _inside(part)


KEYS = {name for model in _models(PolicyDocument) for name in model.model_fields}


@pytest.fixture(scope="module")
def capabilities() -> CapabilityTable:
    """The capability table of the package."""
    return load().capabilities()


@pytest.fixture(scope="module")
def book() -> PriceBook:
    """The price book of the package."""
    return load().price_book()


def test_the_whole_example_is_a_policy(capabilities: CapabilityTable, book: PriceBook) -> None:
    """It is read with its hash, is written back byte by byte, is fit to serve, and takes its routes."""
    document = artifact.parse(WHOLE, PAGE.name)
    assert artifact.render(document) == WHOLE
    assert [finding for finding in check(document, capabilities, book, DAY) if finding.level != "info"] == []
    policy = artifact.to_policy(document, capabilities).on(DAY)
    assert policy.refused == ()
    asked = document.tasks["form-extraction"].baseline[0]
    route = policy.next(Features(requested=asked, tag="form-extraction"), ())
    assert route.candidate == document.tasks["form-extraction"].route
    assert re.fullmatch(r"task=form-extraction; static; policy=[0-9a-f]{8}", route.reason)
    assert f"`{route.reason}`" in TEXT


def test_the_whole_example_has_every_key() -> None:
    """No key of the file format is missing from the example."""
    written = set(re.findall(r"([a-z_0-9]+):", WHOLE.decode()))
    assert written >= KEYS


def test_a_changed_example_is_refused() -> None:
    """What the page says of a changed file is so."""
    with pytest.raises(ArtifactError, match="was changed"):
        artifact.parse(WHOLE.replace(b"moved_share: 0.71", b"moved_share: 0.72"))


def test_the_example_by_hand_routes_what_is_no_downgrade(capabilities: CapabilityTable) -> None:
    """It needs no hash, and its route upward is taken."""
    document = artifact.parse(BY_HAND, PAGE.name)
    policy = artifact.to_policy(document, capabilities)
    (entry,) = document.tasks.values()
    long = Features(requested=entry.baseline[0], documents=1, input_tokens=150_000)
    assert policy.next(long, ()).candidate == entry.route


def test_every_key_and_feature_is_explained() -> None:
    """Each key of the format stands in a table of the page, and each feature in its list."""
    explained = set(re.findall(r"`([a-z_0-9]+)`", TEXT))
    assert explained >= KEYS
    assert explained >= set(FIELDS)


def test_the_rules_shown_are_rules() -> None:
    """Each line of the block of rules is read as it stands."""
    (shown,) = (text for language, text in blocks(PAGE) if language == "text")
    for line in shown.splitlines():
        assert rules.render(rules.parse(line)) == line
