"""Explain: why one request goes where it goes."""

from datetime import date

import pytest

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.task import Features
from modelmix.policy.artifact import to_policy
from modelmix.policy.document import PolicyDocument
from modelmix.policy.explain import explain

OPUS = Candidate("claude-opus-5-5", Effort.MEDIUM)
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)
FORMS = Features(requested=OPUS, tag="form-extraction")


def test_a_moved_request_is_explained_by_its_evidence(
    document: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """Entry, route, reason in words, and the numbers of the certificate."""
    found = explain(document, to_policy(document, capabilities), FORMS)
    assert (found.entry, found.candidate) == ("form-extraction", HAIKU)
    assert "the evidence carries the route" in found.why
    assert found.certificate == "CLEARS, loss ≤ 1.3 pp, 3,412 pairs, expires 2027-02-21"
    assert found.evidence == "loss ≤ 1.1 pp, CLEARS its 3.0 pp, 640 pairs"


@pytest.mark.parametrize(
    ("features", "words"),
    [
        (
            Features(requested=OPUS, tools=1),
            "stays on the baseline: no cheaper candidate is proven for it (UNDECIDED",
        ),
        (Features(requested=OPUS), "no entry matches it"),
        (Features(requested=HAIKU, tag="form-extraction"), "does not ask for its type's baseline"),
    ],
)
def test_a_request_that_stays_is_told_why(
    document: PolicyDocument, capabilities: CapabilityTable, features: Features, words: str
) -> None:
    """Each reason has its words."""
    found = explain(document, to_policy(document, capabilities), features)
    assert words in found.why
    assert found.candidate == features.requested


def test_state_and_missing_proof_are_told(
    document: PolicyDocument, unsigned: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """Grace, expiry, the kill switch, an uncertified route refused or allowed, and no baseline at all."""
    policy = to_policy(document, capabilities)
    bare = unsigned.model_copy(update={"certificate": None})
    virtual = Features(requested=Candidate("modelmix"))
    empty = document.model_copy(update={"tasks": {}})
    cases = [
        (document, policy.on(date(2027, 3, 1)), FORMS, "in its days of grace"),
        (document, policy.on(date(2027, 5, 1)), FORMS, "has expired"),
        (document, policy.switched_off(), FORMS, "switched off"),
        (bare, to_policy(bare, capabilities), FORMS, "has no certificate"),
        (bare, to_policy(bare, capabilities, allow_uncertified=True), FORMS, "WITHOUT a certificate"),
        (empty, to_policy(empty, capabilities), virtual, "no entry names a baseline"),
    ]
    for one, held, features, words in cases:
        assert words in explain(one, held, features).why
