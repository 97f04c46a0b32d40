"""The mix: which share of each task type goes to which option, at the least cost or the best quality.

A multiple-choice knapsack. Each type has its options, each option a cost and a quality per call; shares of a
type add up to 1. Either the average quality has to reach a bar at the least cost, or the cost has to stay
within a budget at the best quality. An average hides a bad type, so a type may have a bar of its own, which
is a hard row beside the average.

With splits it is a linear program, of which at most one type is split for the one row that couples them, and
one for its own bar; its dual is the price of quality. Without splits it is an integer program.

Source: Kellerer, Pferschy and Pisinger, Knapsack Problems (2004), ch. 11; solved by HiGHS through scipy.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, vstack

from modelmix.economics.ranges import check_amounts, check_shares

_Floats = NDArray[np.float64]
_SHARE_DIGITS = 12
_POINT = 0.01


@dataclass(frozen=True, slots=True)
class Option:
    """Somewhere a type's calls may go.

    Attributes:
        name: Its name: a candidate, a cascade.
        cost_usd: Cost of a call, USD.
        quality: Share of right answers, in [0, 1].
    """

    name: str
    cost_usd: float
    quality: float

    def __post_init__(self) -> None:
        check_amounts(cost_usd=self.cost_usd)
        check_shares(quality=self.quality)


@dataclass(frozen=True, slots=True)
class MixType:
    """A task type of the mix.

    Attributes:
        name: Its name.
        calls: Its volume.
        options: Where it may go, one at least; what its own evidence does not allow is not among them.
        least_quality: Bar of its own, or None.
        weight: What a right answer of it counts in the average, against one of another type.
    """

    name: str
    calls: float
    options: tuple[Option, ...]
    least_quality: float | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        check_amounts(calls=self.calls, weight=self.weight)
        if self.least_quality is not None:
            check_shares(least_quality=self.least_quality)
        if not self.options:
            raise ValueError(f"task type {self.name!r} has no option; what it asks for today is one")


@dataclass(frozen=True, slots=True)
class Mix:
    """A mix that was found.

    Attributes:
        shares: Of each type, in order, the share of each of its options.
        cost_usd: Cost of all calls.
        quality: Average quality, by calls and weight.
        usd_per_right_answer: What one right answer more costs at the margin (a weighted one, where types have
            weights): the dual of the coupling row. 0 where more would cost nothing, infinite where no money
            buys more, None where types go whole: an integer program has no such price.
        usd_per_point: What a point of average quality costs at that price.
    """

    shares: tuple[tuple[float, ...], ...]
    cost_usd: float
    quality: float
    usd_per_right_answer: float | None
    usd_per_point: float | None

    @property
    def picks(self) -> tuple[int, ...]:
        """Of each type the option with the largest share."""
        return tuple(max(range(len(row)), key=row.__getitem__) for row in self.shares)


@dataclass(frozen=True, slots=True)
class NoMix:
    """No mix does what is asked: a value, with what the best one reaches.

    Attributes:
        why: The reason, in one clause.
        best_quality: Best average quality that the options allow, within the budget if there is one; None
            where the budget does not pay for any mix, or a type cannot reach its own bar.
    """

    why: str
    best_quality: float | None


@dataclass(frozen=True, slots=True)
class _Program:
    """A mix as arrays: one column for each option of each type, types after one another.

    Attributes:
        cost: What a whole type costs on the option, USD.
        right: What it adds to the average quality.
        groups: Type by column: 1 where the column is an option of the type.
        quality: The options' qualities, as ``groups``.
        least: Bars of the types, -inf without one.
    """

    cost: _Floats
    right: _Floats
    groups: csr_array
    quality: csr_array
    least: _Floats

    @classmethod
    def of(cls, types: Sequence[MixType]) -> "_Program":
        columns = [(row, one, option) for row, one in enumerate(types) for option in one.options]
        quality = np.array([option.quality for _, _, option in columns])
        calls = np.array([one.calls for _, one, _ in columns])
        weighed = calls * np.array([one.weight for _, one, _ in columns])
        place = np.array([row for row, _, _ in columns]), np.arange(len(columns))
        shape = len(types), len(columns)
        return cls(
            cost=calls * np.array([option.cost_usd for _, _, option in columns]),
            right=weighed * quality / _weighed_calls(types),
            groups=csr_array((np.ones(len(columns)), place), shape=shape),
            quality=csr_array((quality, place), shape=shape),
            least=np.array([-np.inf if one.least_quality is None else one.least_quality for one in types]),
        )


@dataclass(frozen=True, slots=True)
class _Aim:
    """What is minimised, and the one row that couples all types: ``row @ x <= most``; None without one."""

    values: _Floats
    row: _Floats | None = None
    most: float = 0.0


def cheapest(
    types: Sequence[MixType], least_quality: float | None = None, *, whole: bool = False
) -> Mix | NoMix:
    """Find the cheapest mix whose average quality reaches a bar.

    Args:
        types: The task types; not all of their volumes are 0.
        least_quality: Average quality to reach, or None where only the bars of the types count.
        whole: Whether each type goes whole to one option.
    """
    program = _Program.of(types)
    if least_quality is None:
        return _solved(types, program, _Aim(program.cost), whole=whole)
    check_shares(least_quality=least_quality)
    found = _solved(types, program, _Aim(program.cost, -program.right, -least_quality), whole=whole)
    if isinstance(found, Mix):
        return found
    best = _solved(types, program, _Aim(-program.right), whole=whole)
    if isinstance(best, NoMix):
        return best
    return NoMix(f"no mix reaches {least_quality:g}; the best has {best.quality:.6g}", best.quality)


def best_within(types: Sequence[MixType], budget_usd: float, *, whole: bool = False) -> Mix | NoMix:
    """Find the mix of the best average quality within a budget.

    Args:
        types: The task types; not all of their volumes are 0.
        budget_usd: The most that all calls may cost.
        whole: Whether each type goes whole to one option.
    """
    check_amounts(budget_usd=budget_usd)
    program = _Program.of(types)
    found = _solved(types, program, _Aim(-program.right, program.cost, budget_usd), whole=whole)
    if isinstance(found, Mix):
        return found
    least = _solved(types, program, _Aim(program.cost), whole=whole)
    if isinstance(least, NoMix):
        return least
    return NoMix(f"no mix costs ${budget_usd:,.2f} or less; the cheapest costs ${least.cost_usd:,.2f}", None)


def _weighed_calls(types: Sequence[MixType]) -> float:
    total = math.fsum(one.calls * one.weight for one in types)
    if not total > 0.0:
        raise ValueError("there are no calls to mix; give one type a volume and a weight above 0")
    return total


def _solved(types: Sequence[MixType], program: _Program, aim: _Aim, *, whole: bool) -> Mix | NoMix:
    x, usd_per_quality = _whole(program, aim) if whole else _split(program, aim)
    if x is None:
        short = [one.name for one in types if not _reaches_its_bar(one)]
        return NoMix(f"no option of {', '.join(short)} reaches its own bar" if short else "no mix does", None)
    shares, at = [], 0
    for one in types:
        shares.append(tuple(float(value) for value in x[at : at + len(one.options)]))
        at += len(one.options)
    price = usd_per_quality
    return Mix(
        shares=tuple(shares),
        cost_usd=float(program.cost @ x),
        quality=float(program.right @ x),
        usd_per_right_answer=None if price is None else price / _weighed_calls(types),
        usd_per_point=None if price is None else price * _POINT,
    )


def _reaches_its_bar(one: MixType) -> bool:
    return one.least_quality is None or max(o.quality for o in one.options) >= one.least_quality


def _split(program: _Program, aim: _Aim) -> tuple[_Floats | None, float | None]:
    """Solve the linear program; the price is USD per unit of average quality."""
    scale = float(np.abs(aim.values).max()) or 1.0
    bars = np.isfinite(program.least)
    rows = [-program.quality[bars]] if bars.any() else []
    most = list(-program.least[bars])
    row_scale = 1.0
    if aim.row is not None:
        row_scale = float(np.abs(aim.row).max()) or 1.0
        rows.append(csr_array(aim.row[np.newaxis] / row_scale))
        most.append(aim.most / row_scale)
    found = linprog(  # type: ignore[call-overload] # its stubs know of no sparse rows
        aim.values / scale,
        A_ub=vstack(rows).tocsr() if rows else None,
        b_ub=most if rows else None,
        A_eq=program.groups,
        b_eq=np.ones(program.groups.shape[0]),
        bounds=(0.0, 1.0),
        method="highs",
    )
    if found.x is None or not found.success:
        return None, None
    x = np.round(np.clip(found.x, 0.0, 1.0), _SHARE_DIGITS)
    if aim.row is None:
        return x, 0.0
    # The dual is the aim's change with the row's bound: dollars by quality, or quality by dollars.
    dual = -float(found.ineqlin.marginals[-1]) * scale / row_scale
    if aim.values is program.cost:
        return x, dual
    return x, 1.0 / dual if dual > 0.0 else math.inf


def _whole(program: _Program, aim: _Aim) -> tuple[_Floats | None, None]:
    """Solve the integer program, which has no price."""
    n_types, n_columns = program.groups.shape
    limits = [LinearConstraint(program.groups, np.ones(n_types), np.ones(n_types))]
    if np.isfinite(program.least).any():
        limits.append(LinearConstraint(program.quality, program.least, np.full(n_types, np.inf)))
    if aim.row is not None:
        row_scale = float(np.abs(aim.row).max()) or 1.0
        limits.append(LinearConstraint(aim.row[np.newaxis] / row_scale, -np.inf, aim.most / row_scale))
    scale = float(np.abs(aim.values).max()) or 1.0
    found = milp(
        aim.values / scale,
        integrality=np.ones(n_columns, dtype=np.int64),
        bounds=Bounds(0.0, 1.0),
        constraints=limits,
        options={"mip_rel_gap": 0.0},
    )
    return (None, None) if found.x is None else (np.round(found.x), None)
