"""Decision: what the gateway sends for a request, and its word in the log where that failed."""

import logging
from collections.abc import Callable

from modelmix.core.capabilities import CapabilityTable
from modelmix.policy.choice import Chooser, Decision, Wish
from modelmix.policy.standing import Standing

log = logging.getLogger("modelmix.gateway")


class Decider:
    """Decides on requests; what goes wrong on the way leaves a request as it is, and is logged.

    Args:
        standing: Tells the policy in force.
        capabilities: What each model accepts.
        enforce: Whether routes are taken, or only written down.
    """

    def __init__(
        self, standing: Callable[[], Standing], capabilities: CapabilityTable, *, enforce: bool = False
    ) -> None:
        self._chooser = Chooser(standing, capabilities, enforce=enforce)

    def decide(self, body: bytes, wish: Wish) -> Decision:
        """Decide on one request; never raises."""
        decision = self._chooser.choose(body, wish)
        if decision.fault:
            log.error("a request was not routed: %s in our own code", decision.fault)
        return decision
