"""A sample has the size that was asked for, looks like the whole, and grows without being drawn anew."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from modelmix.evaluate.sample import Unit, draw

TYPES = ["extract", "summary"]
units = st.lists(
    st.builds(
        Unit,
        st.text(max_size=3),
        st.sampled_from(TYPES),
        st.integers(0, 5) | st.integers(0, 10**6),
        tools=st.booleans(),
        slice_name=st.sampled_from(["", "field absent", "long"]),
    ),
    max_size=40,
    unique_by=lambda unit: unit.prompt_id,
)
seeds = st.integers(-5, 2**70)
wanted = st.dictionaries(st.sampled_from([*TYPES, "nobody's"]), st.integers(-3, 60))


def stratum(unit: Unit, of: Sequence[Unit]) -> tuple[str, bool, int]:
    """Say by slice, tools and third of length where a prompt belongs among those of its type."""
    alike = sorted(
        (one for one in of if one.task_type == unit.task_type),
        key=lambda one: (one.prompt_tokens, one.prompt_id),
    )
    return unit.slice_name, unit.tools, alike.index(unit) * 3 // len(alike)


def names(of: Sequence[Unit], sizes: dict[str, int], seed: int) -> list[str]:
    """Draw, and return identities in their order."""
    return [of[index].prompt_id for index in draw(of, sizes, seed)]


@given(units, wanted, seeds)
def test_sizes_are_exact(of: list[Unit], sizes: dict[str, int], seed: int) -> None:
    """As many of each type as were wanted, or all that there are; of a type that is not named, none."""
    drawn = draw(of, sizes, seed)
    assert len(set(drawn)) == len(drawn)
    there = Counter(unit.task_type for unit in of)
    assert Counter(of[index].task_type for index in drawn) == Counter({
        name: max(0, min(sizes.get(name, 0), count)) for name, count in there.items()
    })  # fmt: skip


@given(units, wanted, seeds)
def test_every_stratum_has_its_share_to_within_one(of: list[Unit], sizes: dict[str, int], seed: int) -> None:
    """By length, tools and slice the sample is the whole in small."""
    drawn = Counter((of[index].task_type, stratum(of[index], of)) for index in draw(of, sizes, seed))
    there = Counter(unit.task_type for unit in of)
    for (name, place), count in Counter((unit.task_type, stratum(unit, of)) for unit in of).items():
        size = max(0, min(sizes.get(name, 0), there[name]))
        assert abs(drawn[name, place] - count * size / there[name]) < 1


@given(units, wanted, seeds, st.data())
def test_the_order_of_the_log_makes_no_difference(
    of: list[Unit], sizes: dict[str, int], seed: int, data: st.DataObject
) -> None:
    """The same prompts are drawn in the same order, whichever file was read first."""
    assert names(of, sizes, seed) == names(data.draw(st.permutations(of)), sizes, seed)


@given(units, seeds, st.integers(0, 40), st.integers(0, 40))
def test_a_larger_draw_holds_nearly_all_of_a_smaller_one(
    of: list[Unit], seed: int, one: int, other: int
) -> None:
    """Answers that were paid for are used again: of each stratum all but one at most."""
    few, many = sorted((one, other))
    small, large = (
        [of[index] for index in draw(of, dict.fromkeys(TYPES, size), seed)] for size in (few, many)
    )
    missing = Counter((unit.task_type, stratum(unit, of)) for unit in small if unit not in large)
    assert all(count <= 1 for count in missing.values())


def whole(size: int) -> list[Unit]:
    """Make traffic: a tenth long and of a slice of its own, a quarter with tools."""
    return [
        Unit(
            f"p-{number}", TYPES[number % 3 == 0], 100 + number * 7919 % 5000, tools=number % 4 == 0,
            slice_name="long" if number % 10 == 0 else "",
        )
        for number in range(size)
    ]  # fmt: skip


def test_any_beginning_of_a_draw_is_itself_a_sample() -> None:
    """A run that is stopped halfway has asked of everything about as much as there is of it."""
    of = whole(3000)
    drawn = draw(of, {"extract": 900, "summary": 600}, 7)
    for size in (150, 500, 1000):
        begun = [of[index] for index in drawn[:size]]
        for what, share in (("long", 0.1), ("tools", 0.25), ("summary", 0.4)):
            there = sum(
                what in (unit.slice_name, unit.task_type) or (what == "tools" and unit.tools)
                for unit in begun
            )
            assert abs(there / size - share) < 0.08, (size, what)


def test_another_seed_is_another_draw() -> None:
    """The seed alone decides; without wishes nothing is drawn."""
    of = whole(300)
    sizes = {"extract": 20}
    assert names(of, sizes, 1) == names(of, sizes, 1)
    assert set(names(of, sizes, 1)) != set(names(of, sizes, 2))
    assert draw(of, {}, 1) == draw([], sizes, 1) == []


def test_most_of_a_draw_outlives_new_traffic() -> None:
    """With a tenth more prompts on file most of those that were drawn are drawn again."""
    before, after = whole(3000), whole(3300)
    small = set(names(before, {"extract": 300}, 3))
    large = set(names(after, {"extract": 330}, 3))
    assert len(small & large) > 0.8 * len(small)


def test_halves_of_surrogate_pairs_are_drawn_as_well() -> None:
    """An identity is any text."""
    assert draw([Unit("\ud800", "extract", 1), Unit("\udc00", "extract", 1)], {"extract": 2}, 0) in (
        [0, 1],
        [1, 0],
    )
