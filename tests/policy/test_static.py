"""Static: one candidate for every task."""

from modelmix.core.candidate import Candidate
from modelmix.core.task import Features
from modelmix.policy.base import Policy, Route
from modelmix.policy.static import Static


def test_routes_everything_to_its_candidate() -> None:
    """Whatever is asked for, the one candidate answers, at once."""
    policy: Policy = Static(Candidate("claude-opus-5-5"))
    features = Features(requested=Candidate("claude-haiku-5-5"))
    assert Route(Candidate("claude-opus-5-5"), "static") == policy.next(features, ())
