"""Words: how candidates, moves and evidence are said to people."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from modelmix.core.candidate import Candidate
from modelmix.policy.document import Certificate, PolicyDocument, TaskEntry
from modelmix.policy.evidence import UnitName

_TENTH_OF_A_POINT, _PERCENT, _CENT = Decimal("0.001"), Decimal("0.01"), Decimal("0.01")
_UNITS: dict[UnitName | None, str] = {
    None: "pairs",
    "task": "pairs of whole tasks",
    "turn": "pairs of last turns",
}


def way(entry: TaskEntry) -> str:
    """Say in words where a type's requests go: ``opus-5-5 → haiku-5-5 · low``."""
    asked = " or ".join(short(candidate) for candidate in entry.baseline) or "baseline"
    return f"{asked} → {short(entry.route)}" if isinstance(entry.route, Candidate) else f"stays on {asked}"


def short(candidate: Candidate) -> str:
    """Write a candidate for people: ``haiku-5-5 · low``."""
    name = candidate.model.removeprefix("claude-")
    return name if candidate.effort is None else f"{name} · {candidate.effort}"


def points(share: Decimal) -> str:
    """Write a difference of scores in percentage points: ``1.3 pp``."""
    return f"{share * 100:.1f} pp"


def at_most(bound: Decimal) -> str:
    """Write an upper bound in percentage points, rounded up: never better than what holds."""
    return points(bound.quantize(_TENTH_OF_A_POINT, ROUND_CEILING))


def at_least(bound: Decimal) -> str:
    """Write a lower bound of a share in per cent, rounded down."""
    return percent(bound.quantize(_PERCENT, ROUND_FLOOR))


def quality(entry: TaskEntry) -> str:
    """Say in words what the evidence says of a type: ``loss ≤ 1.1 pp, CLEARS its 3.0 pp, 640 pairs``."""
    evidence = entry.evidence
    if evidence is None:
        return ""
    parts = [] if evidence.bound is None else [f"loss ≤ {at_most(evidence.bound)}"]
    margin = None if entry.bar is None else entry.bar.type_margin
    own = f" its {points(margin)}" if margin is not None and evidence.verdict == "CLEARS" else ""
    return ", ".join(
        [*parts, evidence.verdict + own, f"{evidence.pairs:,} {_UNITS[evidence.unit]}", *_upward(entry)]
    )


def _upward(entry: TaskEntry) -> list[str]:
    found = None if entry.evidence is None else entry.evidence.upward
    if found is None:
        return []
    return [
        f"dearer per call, saves at least ${found.net_bound_usd:f} per accepted outcome",
        f"pays only while a wrong answer costs more than ${found.pays_above_usd:f}",
    ]


def percent(share: Decimal) -> str:
    """Write a share in per cent: ``91 %``."""
    return f"{share * 100:.0f} %"


def usd(amount: Decimal) -> str:
    """Write a change of the bill per month, with its sign: ``+$1,310/mo``."""
    sign = "\N{MINUS SIGN}" if amount < 0 else "+"
    return f"{sign}${abs(amount):,.0f}/mo"


def error_cost(document: PolicyDocument, entry: TaskEntry) -> str | None:
    """Say what a wrong answer of a type costs, its own cost or the policy's: ``$4.00``; None if unsaid."""
    own = None if entry.bar is None else entry.bar.error_cost_usd
    amount = own if own is not None else document.bar.error_cost_usd
    if amount is None:
        return None
    return f"${amount:,.2f}" if amount == amount.quantize(_CENT) else f"${amount:,f}"


def default_words(document: PolicyDocument) -> str:
    """Say who serves a virtual model's request that no entry matches."""
    return short(document.default) if isinstance(document.default, Candidate) else "the highest baseline"


def expiry(certificate: Certificate) -> str:
    """Say how long a certificate holds."""
    return f"holds until {certificate.expires}, then {certificate.grace_days} days of grace"


def proof(document: PolicyDocument) -> str:
    """Say what a policy's certificate says: ``CLEARS, loss ≤ 1.3 pp, 3,412 pairs, expires 2027-02-21``."""
    certificate = document.certificate
    if certificate is None:
        return "none"
    bound = "" if certificate.bound is None else f", loss ≤ {at_most(certificate.bound)}"
    return f"{certificate.verdict}{bound}, {certificate.pairs:,} pairs, expires {certificate.expires}"
