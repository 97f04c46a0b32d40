"""Stopping: who buys more pairs after a look."""

from dataclasses import replace

import pytest

from modelmix.core.candidate import Candidate
from modelmix.evaluate.paired import Pairs
from modelmix.optimize.certify import Certified, certify
from modelmix.optimize.choose import Choice, PutForward
from modelmix.optimize.looks import Looked, Looks
from modelmix.optimize.stopping import Stand, State, after_look
from modelmix.optimize.stratum import Comparison, Stratum

A, B = Candidate("a"), Candidate("b")
ALPHA = 0.04


def look_at(steps: dict[str, list[tuple[int, int, int]]], pairs: int, planned: int = 5) -> dict[str, Stand]:
    """Look at types whose pairs have come in by steps of gains, losses and pairs."""
    tests: dict[str, Looked] = {}
    for name, parts in steps.items():
        counts: list[Pairs] = []
        for gains, losses, n in parts:
            counts.append((counts[-1] if counts else Pairs(0.0, 0.0, 0.0)) + Pairs(gains, losses, n))
        tests[name] = Looked(Looks(B, pairs, planned, len(parts)), tuple(counts))
    stands = {name: Stand(test.looks, State.OPEN) for name, test in tests.items()}
    return after_look(stands, tests, proved(tests), 0.02)


def proved(tests: dict[str, Looked]) -> Certified:
    """Certify what the tests show."""
    choice = Choice(tuple(PutForward(name, B, 0.05, 0.8) for name in tests), 0.02)
    strata = [
        Stratum(name, A, 1.0, 1.0, 0.1, None, False, (Comparison(B, test.pairs, 0.8, 0.001),))
        for name, test in tests.items()
    ]
    return certify(strata, choice, ALPHA, looked=tests)


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([(0, 0, 300)] * 3, State.CERTIFIED),
        ([(0, 60, 300)], State.FAILS),
        ([(0, 20, 300)] * 2, State.FUTILE),
        ([(0, 1, 300)], State.OPEN),
        ([(0, 9, 300)] * 5, State.UNDECIDED),
        ([(0, 0, 300)] * 5, State.CERTIFIED),
    ],
)
def test_one_type(steps: list[tuple[int, int, int]], state: State) -> None:
    """It is certified, fails, is out of reach, goes on, or has come to its end."""
    found = look_at({"t": steps}, 1500)["t"]
    assert found.state is state
    assert found.is_open == (state is State.OPEN)
    assert found.finding is not None
    assert found.at_least <= found.finding.loss <= found.finding.bound


def test_what_others_need_goes_on_with_them() -> None:
    """A type that has cleared buys on while another that could not clear alone is open."""
    found = look_at({"good": [(0, 0, 200)] * 3, "slow": [(0, 6, 200)] * 3}, 1000)
    assert (found["good"].state, found["slow"].state) == (State.OPEN, State.OPEN)


def test_what_can_stand_alone_is_left_alone() -> None:
    """Where the rest has pairs enough planned for itself, what has cleared stops."""
    found = look_at({"good": [(0, 0, 300)] * 3, "slow": [(0, 9, 300)] * 3}, 1500)
    assert (found["good"].state, found["slow"].state) == (State.CERTIFIED, State.OPEN)


def test_what_was_stopped_stays_stopped() -> None:
    """A later look at the others changes no earlier decision, and only shows its figures."""
    test = Looked(Looks(B, 1500, 5, 2), (Pairs(0.0, 0.0, 300.0), Pairs(0.0, 0.0, 600.0)))
    stand = Stand(test.looks, State.FUTILE)
    found = after_look({"t": stand}, {"t": test}, proved({"t": test}), 0.02)["t"]
    assert (found.state, found.finding is None) == (State.FUTILE, False)


def test_without_a_pair_it_goes_on_to_its_end() -> None:
    """Looks that brought nothing to grade decide nothing; after the last one it is undecided."""
    nothing = proved({})
    stand = Stand(Looks(B, 10, 5, 2), State.OPEN)
    assert after_look({"t": stand}, {}, nothing, 0.02) == {"t": stand}
    ended = replace(stand, looks=Looks(B, 10, 5, 5))
    assert after_look({"t": ended}, {}, nothing, 0.02)["t"].state is State.UNDECIDED
    unasked = Stand(Looks(None, 0, 5), State.NOT_PUT_FORWARD)
    assert after_look({"t": unasked}, {}, nothing, 0.02) == {"t": unasked}
