"""Explain: why one request goes where it goes, with the numbers behind it."""

from dataclasses import dataclass

from modelmix.core.candidate import Candidate
from modelmix.core.task import Features
from modelmix.policy.by_type import ByType
from modelmix.policy.document import PolicyDocument, TaskEntry
from modelmix.policy.words import proof, quality

_WHY = {
    "static": "it asks for its type's baseline, and the evidence carries the route",
    "static; uncertified": "it asks for its type's baseline; the route is taken WITHOUT a certificate",
    "off": "the policy is switched off",
    "no-match": "no entry matches it",
    "explicit-model": "it does not ask for its type's baseline, and an explicit choice is honoured",
    "unproven": "its type stays on the baseline: no cheaper candidate is proven for it",
    "uncertified": "its route has no certificate, and uncertified downgrades are not allowed",
    "expired": "the certificate has expired, its days of grace included",
    "no-baseline": "it leaves the choice to the policy, and no entry names a baseline to fall back on",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one request goes where it goes.

    Attributes:
        requested: What it asks for.
        candidate: Who answers.
        reason: The reason as the gateway gives it.
        why: The reason in words.
        entry: Name of the entry that decides, or empty.
        evidence: What the evidence of that entry says, in words, or empty.
        certificate: What the policy's certificate says of all that moves, in words.
    """

    requested: Candidate
    candidate: Candidate
    reason: str
    why: str
    entry: str
    evidence: str
    certificate: str


def explain(document: PolicyDocument, policy: ByType, features: Features) -> Explanation:
    """Explain the route of one request.

    Args:
        document: The policy's document, for its evidence.
        policy: What ``to_policy`` makes of it, as it stands on the day in question.
        features: The request.
    """
    entry = policy.entry(features)
    route = policy.next(features, ())
    name = "" if entry is None else entry.name
    found = document.tasks.get(name)
    return Explanation(
        requested=features.requested,
        candidate=route.candidate,
        reason=route.reason,
        why=_words(route.reason, found),
        entry=name,
        evidence="" if found is None else quality(found),
        certificate=proof(document),
    )


def _words(reason: str, entry: TaskEntry | None) -> str:
    parts = [part for part in reason.split("; ") if "=" not in part]
    late = ", in its days of grace after expiry" if "grace" in parts else ""
    words = _WHY["; ".join(part for part in parts if part != "grace")]
    own = "" if entry is None or entry.why is None else f" ({entry.why})"
    return words + late + own
