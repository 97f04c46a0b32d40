"""The efficient frontier, and the absolute bar."""

from hypothesis import given
from hypothesis import strategies as st

from modelmix.optimize.bar import BarTask, Trial, choose_by_bar, plan_by_bars
from modelmix.optimize.frontier import Point, frontier

POINTS = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=12)


@given(POINTS)
def test_every_point_is_sorted_once(raw: list[tuple[int, int]]) -> None:
    """Frontier, dominated and extended-dominated part the points."""
    points = [Point(str(i), cost, quality) for i, (cost, quality) in enumerate(raw)]
    found = frontier(points)
    assert sorted((*found.points, *found.dominated, *found.extended_dominated), key=id) == sorted(
        points, key=id
    )


@given(POINTS)
def test_steps_grow_dearer(raw: list[tuple[int, int]]) -> None:
    """Along the hull cost and quality rise, and each unit of quality costs more than the last."""
    found = frontier([Point(str(i), cost, quality) for i, (cost, quality) in enumerate(raw)])
    steps = [step for step in found.step_costs if step is not None]
    assert found.step_costs[0] is None
    assert steps == sorted(steps)
    assert len(set(steps)) == len(steps)
    assert [p.quality for p in found.points] == sorted({p.quality for p in found.points})


def test_equals_count_as_dominated() -> None:
    """Of two equal points the first is kept; of equal cost the better; of equal quality the cheaper."""
    a, b, worse, dearer = Point("a", 1, 5), Point("b", 1, 5), Point("worse", 1, 4), Point("dearer", 2, 5)
    found = frontier([a, b, worse, dearer])
    assert found.points == (a,)
    assert found.dominated == (b, worse, dearer)


def test_no_model_reaches_the_bar() -> None:
    """Where nothing reaches the bar the fallback stays, and the flag says so."""
    trials = {"cheap": Trial(9, 10, 0.1), "dear": Trial(10, 10, 1.0)}
    choice = choose_by_bar(trials, 0.95, "dear", 0.95)
    assert (choice.pick, choice.bar_met) == ("dear", False)


def test_a_plan_adds_up() -> None:
    """The cost of a plan is calls times the cost of each pick."""
    trials = {"cheap": Trial(400, 400, 0.1), "dear": Trial(400, 400, 1.0)}
    tasks = [BarTask("a", 0.9, 100.0, "dear", trials), BarTask("b", 0.999, 10.0, "dear", trials)]
    plan = plan_by_bars(tasks, 0.95)
    assert [choice.pick for choice in plan.choices] == ["cheap", "dear"]
    assert plan.cost_usd == 20.0
