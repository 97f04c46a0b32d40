"""Drive: run a policy over recorded attempts, as the gateway would run it over live ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelmix.core.attempt import Attempt, Graded
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.task import Features
from modelmix.errors import EvidenceError
from modelmix.policy.base import Policy, Route

MAX_STEPS = 8
"""Most tries of one task; a cascade has two stages, so a policy that goes on is broken."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What a policy did with one task.

    Attributes:
        route: Its final choice, or None where a try could not be answered from the record.
        attempts: Attempts that were made, each paid for, in order; the served one is among them.
        served: The graded attempt that the client would have got, or None where it was not recorded.
        missing: Candidate that was asked for and is not in the record, or None.
    """

    route: Route | None
    attempts: tuple[Attempt, ...]
    served: Graded | None
    missing: Candidate | None = None


def drive(
    policy: Policy,
    features: Features,
    recorded: Mapping[Candidate, Graded],
    capabilities: CapabilityTable | None = None,
    *,
    max_steps: int = MAX_STEPS,
) -> Driven:
    """Run a policy over the recorded attempts of one task.

    The policy sees features and attempts; grades are added after it has chosen.

    Args:
        policy: The policy.
        features: What is known of the task beforehand.
        recorded: Candidate → its graded attempt at this task.
        capabilities: Table by which a model's default effort and that effort written out are one candidate,
            or None to compare candidates as written.
        max_steps: Most tries before the policy must route.

    Returns:
        Route and attempts. A route to the candidate of the last attempt delivers that attempt; any other is
        one attempt more.

    Raises:
        EvidenceError: The policy still asks for a try after ``max_steps`` of them.
    """
    record = {_known(candidate, capabilities): graded for candidate, graded in recorded.items()}
    attempts: list[Attempt] = []
    last: Candidate | None = None
    served: Graded | None = None
    for _ in range(max_steps + 1):
        step = policy.next(features, tuple(attempts))
        wanted = _known(step.candidate, capabilities)
        if isinstance(step, Route) and wanted == last:
            return Driven(step, tuple(attempts), served)
        last, served = wanted, record.get(wanted)
        if served is not None:
            attempts.append(served.attempt)
        if isinstance(step, Route) or served is None:
            route = step if isinstance(step, Route) else None
            return Driven(route, tuple(attempts), served, None if served is not None else step.candidate)
    raise EvidenceError(f"the policy never routes: {max_steps} tries of one task were not enough; correct it")


def _known(candidate: Candidate, capabilities: CapabilityTable | None) -> Candidate:
    return candidate if capabilities is None else capabilities.effective(candidate)
