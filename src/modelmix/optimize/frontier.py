"""The efficient frontier of cost and quality, and what each step along it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Point:
    """A candidate's cost and quality, in any unit that is the same for all."""

    name: str
    cost: float
    quality: float


@dataclass(frozen=True, slots=True)
class Frontier:
    """Candidates sorted by what they are good for.

    Attributes:
        points: Those on the convex hull, cheapest first: mixtures of neighbours reach every point between.
        step_costs: Cost per unit of quality of each step; None for the first point.
        dominated: Neither cheaper nor better than some other point.
        extended_dominated: Beaten by a mixture of two others, though by no single one.
    """

    points: tuple[Point, ...]
    step_costs: tuple[float | None, ...]
    dominated: tuple[Point, ...]
    extended_dominated: tuple[Point, ...]


def frontier(points: Sequence[Point]) -> Frontier:
    """Sort candidates into frontier, dominated and extended-dominated.

    Of points with the same cost the better is kept, of the same quality the cheaper, of equals the first.

    Source: Drummond et al., Methods for the Economic Evaluation of Health Care Programmes (2015), ch. 4.
    """
    rising: list[Point] = []
    dominated: list[Point] = []
    for point in sorted(points, key=lambda p: (p.cost, -p.quality)):
        better = not rising or point.quality > rising[-1].quality
        (rising if better else dominated).append(point)
    hull: list[Point] = []
    extended: list[Point] = []
    for point in rising:
        while len(hull) > 1 and _step(hull[-2], hull[-1]) >= _step(hull[-1], point):
            extended.append(hull.pop())
        hull.append(point)
    steps = (None, *(_step(low, high) for low, high in pairwise(hull)))
    order = {id(point): index for index, point in enumerate(points)}
    extended.sort(key=lambda p: order[id(p)])
    dominated.sort(key=lambda p: order[id(p)])
    return Frontier(tuple(hull), steps[: len(hull)], tuple(dominated), tuple(extended))


def _step(low: Point, high: Point) -> float:
    return (high.cost - low.cost) / (high.quality - low.quality)
