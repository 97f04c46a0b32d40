"""A policy with a route to a dearer candidate, as reports and commitments take it."""

from modelmix.policy.artifact import signed
from modelmix.policy.document import PolicyDocument, TaskBar
from modelmix.policy.evidence import Latency, Upward
from report.ledgers import entry, policy_of

UPWARD = Upward(net_usd=1.5, net_bound_usd=0.7, pays_above_usd=0.2)
TIMES = Latency(
    baseline_p50_ms=2000,
    baseline_p95_ms=4000,
    baseline_answers=300,
    candidate_p50_ms=700,
    candidate_p95_ms=900,
    candidate_p95_at_most_ms=1100,
    candidate_answers=290,
)


def upward_policy() -> PolicyDocument:
    """Sign a policy whose one type moves up: half as dear again, and a dollar and a half less all told."""
    moved = entry(
        "forms",
        "CLEARS",
        moved=True,
        loss=-0.08,
        bound=-0.04,
        saving_share=-0.5,
        saving_bound=-0.6,
        kind="upward",
        upward=UPWARD,
        latency=TIMES,
    )
    policy = policy_of(forms=moved.model_copy(update={"bar": TaskBar(type_margin=0.03, error_cost_usd=20)}))
    assert policy.certificate is not None
    figures = {"saving_share": -0.5, "saving_bound": -0.6, "net_saving_share": 0.3, "net_saving_bound": 0.2}
    certificate = type(policy.certificate)(**{**policy.certificate.model_dump(), **figures})
    return signed(policy.model_copy(update={"certificate": certificate}))
