"""The receipt: today, proven, refused, at stake, cash, sign for; each with its n, bound and basis."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from modelmix.report.apportion import apportioned, quantum_of
from modelmix.report.savings import MONTH_DAYS, Savings, Standing, TypeSaving

MEASURED, ESTIMATED, SIMULATED, ASSUMED = "measured", "estimated", "simulated", "assumed"
HOW_TO_COMMIT = "modelmix report --contract contract.yaml"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a contract makes of the savings; amounts are for its whole term.

    Attributes:
        term_days: Length of the term.
        cash_usd: What of the saving lowers payments, after what is already signed.
        cash_low_usd: Lower end of its interval.
        cash_high_usd: Upper end.
        headroom_usd: What of the saving only frees room under what is already signed.
        sign_usd: Spend to sign for.
        sign_low_usd: Least that would be right within the interval.
        sign_high_usd: Most.
        basis: ``estimated`` or ``assumed``.
        cash_why: What the cash is the difference of, in words.
        sign_why: What the commitment rests on, in words.
    """

    term_days: int
    cash_usd: Decimal
    cash_low_usd: Decimal
    cash_high_usd: Decimal
    headroom_usd: Decimal
    sign_usd: Decimal
    sign_low_usd: Decimal
    sign_high_usd: Decimal
    basis: str
    cash_why: str
    sign_why: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """A policy's amounts over one span, rounded so that they add up.

    Attributes:
        quantum: The step they are written in.
        today: By type, what it costs today.
        explicit: By type, what explicit choices cost.
        other: What calls cost that no entry takes.
        saving: By type, what its candidate costs less, or None.
        bound: By type, lower bound of that, rounded down, or None.
        refused: By type, what a declined candidate would save beyond that, or None.
        refused_bound: By type, lower bound of it, rounded down, or None.
    """

    quantum: Decimal
    today: tuple[Decimal, ...]
    explicit: tuple[Decimal, ...]
    other: Decimal
    saving: tuple[Decimal | None, ...]
    bound: tuple[Decimal | None, ...]
    refused: tuple[Decimal | None, ...]
    refused_bound: tuple[Decimal | None, ...]

    @property
    def today_usd(self) -> Decimal:
        """All traffic."""
        return sum((*self.today, *self.explicit), self.other)

    def saving_of(self, types: tuple[TypeSaving, ...], standing: Standing) -> Decimal:
        """Saving of the types of one standing, in the order of ``types``; what is declined for REFUSED."""
        if standing is Standing.REFUSED:
            return sum((usd or _ZERO for usd in self.refused), _ZERO)
        rows = zip(types, self.saving, strict=True)
        return sum((usd or _ZERO for row, usd in rows if row.standing is standing), _ZERO)

    def bound_of(self, types: tuple[TypeSaving, ...], standing: Standing) -> Decimal:
        """Sum of the lower bounds of the types of one standing."""
        if standing is Standing.REFUSED:
            return sum((usd or _ZERO for usd in self.refused_bound), _ZERO)
        rows = zip(types, self.bound, strict=True)
        return sum((usd or _ZERO for row, usd in rows if row.standing is standing), _ZERO)


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts of all types.

    Attributes:
        savings: What they are of.
        span: Over the span of the traffic.
        month: Over 30 days, or None.
        alpha: Level of bounds.
    """

    savings: Savings
    span: Amounts
    month: Amounts | None
    alpha: float = 0.05


def amounts_of(savings: Savings, factor: Decimal = Decimal(1)) -> Amounts:
    """Round a policy's amounts, each times a factor, so that parts add up to their sums."""
    quantum = quantum_of(savings.today_usd * factor)
    types = savings.types
    spent = [row.today_usd for row in types] + [row.explicit_usd for row in types] + [savings.other_usd]
    today = apportioned([usd * factor for usd in spent], quantum)
    return Amounts(
        quantum=quantum,
        today=tuple(today[: len(types)]),
        explicit=tuple(today[len(types) : -1]),
        other=today[-1],
        saving=_rounded([row.saving_usd for row in types], factor, quantum),
        bound=_floored([row.saving_bound_usd for row in types], factor, quantum),
        refused=_rounded([row.refused_usd for row in types], factor, quantum),
        refused_bound=_floored([row.refused_bound_usd for row in types], factor, quantum),
    )


def _rounded(
    amounts: Sequence[Decimal | None], factor: Decimal, quantum: Decimal
) -> tuple[Decimal | None, ...]:
    """Round those that are known so that they add up to their sum."""
    known = [(i, usd * factor) for i, usd in enumerate(amounts) if usd is not None]
    rounded = apportioned([usd for _, usd in known], quantum)
    found = dict(zip((i for i, _ in known), rounded, strict=True))
    return tuple(found.get(i) for i in range(len(amounts)))


def _floored(
    amounts: Sequence[Decimal | None], factor: Decimal, quantum: Decimal
) -> tuple[Decimal | None, ...]:
    return tuple(None if b is None else (b * factor).quantize(quantum, ROUND_FLOOR) for b in amounts)


def month_of(savings: Savings) -> Amounts | None:
    """Return the amounts of 30 days at the same volume; None with less than a day of traffic."""
    factor = savings.scaled(Decimal(1), MONTH_DAYS)
    return None if factor is None else amounts_of(savings, factor)


def receipt(money: Money, advice: Advice | None, *, is_simulated: bool = False) -> dict[str, Any]:
    """Return the lines of the receipt as plain JSON, in the order in which they are read.

    Args:
        money: The amounts.
        advice: What a contract makes of them, or None.
        is_simulated: Whether a practice API answered what the policy rests on: whatever the traffic is, what
            is said of savings is then simulated.
    """
    savings, span, month = money.savings, money.span, money.month
    is_invented = bool(savings.calls) and savings.simulated_calls >= savings.calls
    estimate = SIMULATED if is_invented or is_simulated else ESTIMATED
    estimated = sum(row.estimated_calls for row in savings.types)
    today_basis = ESTIMATED if estimated else MEASURED
    lines: dict[str, Any] = {
        "today": {
            "usd": number(span.today_usd),
            "month_usd": None if month is None else number(month.today_usd),
            "calls": savings.calls,
            "estimated_calls": estimated,
            "unpriced_calls": savings.unpriced_calls,
            "basis": SIMULATED if is_invented else today_basis,
        }
    }
    for standing in (Standing.PROVEN, Standing.REFUSED, Standing.UNDECIDED):
        lines[standing] = _line(savings, span, month, standing)
        lines[standing]["basis"] = estimate
    lines["after"] = {
        "usd": number(span.today_usd - span.saving_of(savings.types, Standing.PROVEN)),
        "month_usd": None
        if month is None
        else number(month.today_usd - month.saving_of(savings.types, Standing.PROVEN)),
        "basis": estimate,
    }
    signing = _commitment(advice)
    if advice is not None and estimate == SIMULATED:
        for line in signing.values():
            line["basis"] = SIMULATED
    return lines | signing


def _line(savings: Savings, span: Amounts, month: Amounts | None, standing: Standing) -> dict[str, Any]:
    refused = tuple(row for row in savings.types if row.refused_usd)
    types = refused if standing is Standing.REFUSED else savings.of(standing)
    usd = span.saving_of(savings.types, standing)
    today = span.today_usd
    return {
        "usd": number(usd),
        "share": round(float(usd / today), 6) if today else 0.0,
        "bound_usd": number(span.bound_of(savings.types, standing)),
        "month_usd": None if month is None else number(month.saving_of(savings.types, standing)),
        "month_bound_usd": None if month is None else number(month.bound_of(savings.types, standing)),
        "types": len(types),
        "calls": sum(row.calls for row in types),
        "pairs": sum(_pairs(row, standing) for row in types),
        "without_price": sum(row.saving_usd is None for row in types),
        "more_usd": _more(types),
    }


def _pairs(row: TypeSaving, standing: Standing) -> int:
    """Return the pairs that a type's line rests on: those of the declined candidate, else of its evidence."""
    if standing is Standing.REFUSED and row.refusal is not None:
        return row.refusal.pairs
    return 0 if row.evidence is None else row.evidence.pairs


def _more(types: tuple[TypeSaving, ...]) -> float | None:
    """Return about what it would cost to decide, or None where nobody knows."""
    known = [row.evidence.more_usd for row in types if row.evidence is not None and row.evidence.more_usd]
    return number(sum(known, _ZERO).quantize(Decimal("0.01"))) if known else None


def _commitment(advice: Advice | None) -> dict[str, Any]:
    if advice is None:
        unknown = {"usd": None, "basis": "not known", "how": HOW_TO_COMMIT}
        return {"cash": dict(unknown), "sign_for": dict(unknown)}
    cent = Decimal("0.01")
    return {
        "cash": {
            "usd": number(advice.cash_usd.quantize(cent)),
            "low_usd": number(advice.cash_low_usd.quantize(cent)),
            "high_usd": number(advice.cash_high_usd.quantize(cent)),
            "headroom_usd": number(advice.headroom_usd.quantize(cent)),
            "term_days": advice.term_days,
            "basis": advice.basis,
            "why": advice.cash_why,
        },
        "sign_for": {
            "usd": number(advice.sign_usd.quantize(cent)),
            "low_usd": number(advice.sign_low_usd.quantize(cent)),
            "high_usd": number(advice.sign_high_usd.quantize(cent)),
            "term_days": advice.term_days,
            "basis": advice.basis,
            "why": advice.sign_why,
        },
    }


def number(amount: Decimal) -> float:
    """Return an amount that was rounded before as a JSON number; a negative zero becomes a plain one."""
    return float(amount) + 0.0
