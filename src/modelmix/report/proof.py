"""Proof: what replays have cost; they ask again what was asked before, and are no traffic."""

from dataclasses import dataclass, replace
from decimal import Decimal

from modelmix.core.call import Call
from modelmix.report.audit import Row
from modelmix.report.money import usd
from modelmix.report.plain import counted

SIMULATED = "msg_sim"
"""How ids of the practice API begin; it shares no table with the product, so a test holds them together."""

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Proof:
    """Calls of replays.

    Attributes:
        calls: How many.
        usd: List price of those that have one.
        unpriced_calls: Calls among them without a price.
        simulated_calls: Calls among them that the practice API answered: nobody paid for them.
    """

    calls: int = 0
    usd: Decimal = _ZERO
    unpriced_calls: int = 0
    simulated_calls: int = 0

    def with_call(self, call: Call, usd: Decimal | None) -> "Proof":
        """Return the sum with one more call.

        Args:
            call: The call.
            usd: What it cost, or None where that is not known.
        """
        return replace(
            self,
            calls=self.calls + 1,
            usd=self.usd + (usd or _ZERO),
            unpriced_calls=self.unpriced_calls + (usd is None),
            simulated_calls=self.simulated_calls + call.call_id.startswith(SIMULATED),
        )

    @property
    def basis(self) -> str:
        """``simulated`` where the practice API answered every call, else ``measured``."""
        return basis_of(self.calls, self.simulated_calls)


def basis_of(calls: int, simulated_calls: int) -> str:
    """Say how the cost of some calls is known: ``simulated`` if the practice API answered them all."""
    return "simulated" if calls and simulated_calls >= calls else "measured"


def proof_words(row: Row, basis: str) -> str:
    """Say what replays have cost.

    Args:
        row: Their calls.
        basis: How that is known.
    """
    cost = usd(row.usd) if row.is_priced else "no price known"
    unpriced = f", {row.unpriced_calls:,} of them without a price" if row.unpriced_calls else ""
    return f"{cost} in {counted(row.calls, 'call')} of replays{unpriced} ({basis})"
