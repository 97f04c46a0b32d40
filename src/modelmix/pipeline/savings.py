"""Savings: a policy held against what the ledger has of the traffic."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from modelmix.core.call import Call
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.errors import ArtifactError, PriceNotFound
from modelmix.pipeline.audit import Window
from modelmix.policy.artifact import parse, to_policy
from modelmix.policy.document import PolicyDocument
from modelmix.policy.placement import Placement
from modelmix.report.savings import Savings, Span, savings_of
from modelmix.report.today import Today

USAGE_UNKNOWN = "usage-unknown"
"""Error of a gateway row whose tokens could not be read: what it cost is not known, and not nothing."""


def read_policy(path: Path) -> PolicyDocument:
    """Read a policy file.

    Raises:
        ArtifactError: It cannot be read, is not valid, or was changed after it was written.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(
            str(path),
            f"cannot be read ({error.strerror or error}); write it with modelmix optimize, "
            "or name it by --policy",
        ) from error
    return parse(data, str(path))


def savings(
    policy: PolicyDocument,
    calls: Iterable[Call],
    book: PriceBook,
    capabilities: CapabilityTable,
    now: datetime,
    window: Window | None = None,
) -> Savings:
    """Apply a policy to calls.

    Args:
        policy: The policy.
        calls: The ledger's calls, all of them: those outside the window tell what a baseline costs where the
            window has none. They are passed over once.
        book: Prices; each call is priced at its own day.
        capabilities: Tells aliases and default efforts.
        now: UTC instant, which decides whether the certificate still holds.
        window: Span of the traffic that counts.
    """
    window = window or Window()
    standing = to_policy(policy, capabilities).on(now.date())
    placement = Placement(standing)
    today = Today()
    for call in calls:
        today.add(call, placement.of(call), cost_usd(call, book), counts=window.holds(call.at))
    until = None if window.until is None else min(window.until, now)
    span = Span(window.since, until, standing.state, book.as_of, book.sha256)
    return savings_of(policy, today, span)


def cost_usd(call: Call, book: PriceBook) -> Decimal | None:
    """Return what a call cost at list price, or None where that is not known."""
    if call.error == USAGE_UNKNOWN:
        return None
    try:
        priced = book.cost(
            call.usage, call.model_served, call.at, batch=call.batch, us=call.us, fast=call.fast
        )
    except PriceNotFound:
        return None
    return priced.total_usd
