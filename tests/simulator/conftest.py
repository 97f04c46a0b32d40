"""Practice APIs for every test of the simulator."""

from collections.abc import Callable, Iterator

import pytest

from modelmix.simulator.run import running
from simulator.practice import Practice


@pytest.fixture
def practice() -> Practice:
    """A fresh practice API with seed 1."""
    return Practice()


@pytest.fixture
def make_practice() -> Callable[..., Practice]:
    """Build a practice API with settings of its own."""
    return Practice


@pytest.fixture(scope="session")
def practice_url() -> Iterator[str]:
    """A practice API with seed 1 on a real socket, for real clients."""
    with running(seed=1) as url:
        yield url
