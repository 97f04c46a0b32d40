"""By-type: only a request for its type's baseline moves, and only on evidence."""

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.task import Features
from modelmix.policy.base import Route
from modelmix.policy.by_type import ByType, Entry, Match, State
from modelmix.policy.rules import parse

OPUS = Candidate("claude-opus-5-5", Effort.MEDIUM)
SONNET = Candidate("claude-sonnet-5-5", Effort.LOW)
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)
VIRTUAL = Candidate("modelmix")
EXPIRES = date(2027, 2, 21)


def policy(**changes: object) -> ByType:
    """A policy of two types of which the first moves."""
    entries = (
        Entry("forms", Match(tag="forms"), (OPUS,), HAIKU, certified=True),
        Entry("tools", Match(rule=parse("tools > 0")), (SONNET,)),
    )
    base = ByType(entries, default=OPUS, sha256="1f0e2d3c" + "0" * 56, expires=EXPIRES)
    return replace(base, **changes)  # type: ignore[arg-type]  # a test names the fields it changes


def asked(candidate: Candidate, tag: str = "forms", tools: int = 0) -> Features:
    """A request of the type ``forms``."""
    return Features(requested=candidate, tag=tag, tools=tools)


def test_a_request_for_its_baseline_moves() -> None:
    """The type's route answers, and the reason names type, how and policy."""
    expected = Route(HAIKU, "task=forms; static; policy=1f0e2d3c")
    assert expected == policy().next(asked(OPUS), ())


@pytest.mark.parametrize("model", ["modelmix", "claude-modelmix", "modelmix[1m]"])
def test_a_virtual_model_moves_like_the_baseline(model: str, capabilities: CapabilityTable) -> None:
    """Who leaves the choice to the policy gets the route."""
    moved = policy(capabilities=capabilities).next(asked(Candidate(model)), ())
    assert moved.candidate == HAIKU


@pytest.mark.parametrize(
    "other", [Candidate("claude-opus-5-5", Effort.HIGH), Candidate("claude-opus-5-5"), SONNET, HAIKU]
)
def test_any_other_explicit_choice_is_honoured(other: Candidate) -> None:
    """Another model, or another effort of the same model, is served as asked."""
    assert Route(other, "task=forms; explicit-model; policy=1f0e2d3c") == policy().next(asked(other), ())


def test_a_default_effort_written_out_is_no_other_choice(capabilities: CapabilityTable) -> None:
    """No effort, the model's default effort, an alias and a context suffix are one candidate."""
    level = capabilities.effective(Candidate("claude-opus-5-5")).effort
    entry = Entry("forms", Match(tag="forms"), (Candidate("claude-opus-5-5"),), HAIKU, certified=True)
    held = ByType((entry,), capabilities=capabilities)
    for same in (
        Candidate("claude-opus-5-5"),
        Candidate("claude-opus-5-5", level),
        Candidate("claude-opus-5-5[1m]"),
    ):
        assert held.next(asked(same), ()).candidate == HAIKU


def test_a_route_carries_its_effective_effort(capabilities: CapabilityTable) -> None:
    """A route without an effort is a route to the model's default."""
    entry = Entry("forms", Match(tag="forms"), (OPUS,), Candidate("claude-sonnet-5-5"), certified=True)
    held = ByType((entry,), capabilities=capabilities, default=Candidate("claude-opus-5-5"))
    level = capabilities.effective(Candidate("claude-sonnet-5-5")).effort
    assert level is not None
    assert Candidate("claude-sonnet-5-5", level) == held.next(asked(OPUS), ()).candidate


def test_a_request_without_an_entry_stays() -> None:
    """No match: as asked; a virtual model: the default."""
    assert Route(OPUS, "no-match; policy=1f0e2d3c") == policy().next(asked(OPUS, tag="other"), ())
    assert Route(OPUS, "no-match; policy=1f0e2d3c") == policy().next(asked(VIRTUAL, tag="other"), ())


def test_a_virtual_model_without_any_baseline_is_passed_on() -> None:
    """With nothing to fall back on, the reason says so."""
    found = policy(entries=(), default=None).next(asked(VIRTUAL), ())
    assert Route(VIRTUAL, "no-baseline; policy=1f0e2d3c") == found


def test_a_type_without_proof_stays() -> None:
    """Its requests are served as asked, a virtual model's by its baseline."""
    reason = "task=tools; unproven; policy=1f0e2d3c"
    assert Route(SONNET, reason) == policy().next(asked(SONNET, tag="", tools=2), ())
    assert Route(SONNET, reason) == policy().next(asked(VIRTUAL, tag="", tools=2), ())


def test_an_uncertified_downgrade_is_not_taken() -> None:
    """It is refused and named, unless it is explicitly allowed; then the reason says so."""
    entry = Entry("forms", Match(tag="forms"), (OPUS,), HAIKU)
    held = policy(entries=(entry,))
    assert Route(OPUS, "task=forms; uncertified; policy=1f0e2d3c") == held.next(asked(OPUS), ())
    assert held.refused == ("forms",)
    allowed = replace(held, allow_uncertified=True)
    assert Route(HAIKU, "task=forms; static; uncertified; policy=1f0e2d3c") == allowed.next(asked(OPUS), ())
    assert allowed.refused == ()


def test_an_uncertified_upgrade_is_taken() -> None:
    """Doubt goes up: a route that is in no respect lower needs no certificate."""
    entry = Entry("forms", Match(tag="forms"), (HAIKU,), OPUS, downgrade=False)
    assert policy(entries=(entry,)).next(asked(HAIKU), ()).candidate == OPUS


def test_the_first_match_decides() -> None:
    """A later entry of another match never sees the request, even where the first does not move it."""
    later = Entry("all", Match(rule=parse("tools >= 0")), (SONNET,), HAIKU, certified=True)
    held = policy(entries=(*policy().entries, later))
    assert held.next(asked(SONNET), ()).reason == "task=forms; explicit-model; policy=1f0e2d3c"


def test_entries_of_one_match_are_one_type_with_several_baselines() -> None:
    """Each of its baselines has its own route."""
    second = Entry("forms of sonnet", Match(tag="forms"), (SONNET,), HAIKU, certified=True)
    held = policy(entries=(*policy().entries, second))
    assert held.next(asked(SONNET), ()).reason == "task=forms of sonnet; static; policy=1f0e2d3c"


def test_a_name_cannot_forge_a_reason() -> None:
    """Separators and signs that a header may not hold are percent-encoded."""
    entry = Entry("a; static=é\n", Match(tag="forms"), (OPUS,))
    assert (
        ByType((entry,)).next(asked(OPUS), ()).reason
    ) == "task=a%3B static%3D%C3%A9%0A; unproven; policy=unsigned"


def test_a_match_that_names_nothing_is_a_mistake() -> None:
    """An empty match would take every task."""
    with pytest.raises(ValueError, match="would take everything"):
        Match()


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        (Features(requested=OPUS, tag="a", template="t", tools=1), True),
        (Features(requested=OPUS, tag="b", template="t", tools=1), False),
        (Features(requested=OPUS, tag="a", template="u", tools=1), False),
        (Features(requested=OPUS, tag="a", template="t", tools=0), False),
    ],
)
def test_all_parts_of_a_match_must_hold(features: Features, expected: bool) -> None:
    """Tag, template and rule together narrow a type."""
    assert expected is Match(tag="a", template="t", rule=parse("tools > 0")).holds(features)


@pytest.mark.parametrize(
    ("days", "state", "candidate", "how"),
    [
        (-1, State.CURRENT, HAIKU, "static"),
        (0, State.CURRENT, HAIKU, "static"),
        (1, State.GRACE, HAIKU, "static; grace"),
        (14, State.GRACE, HAIKU, "static; grace"),
        (15, State.EXPIRED, OPUS, "expired"),
    ],
)
def test_routes_outlive_their_certificate_by_the_grace_and_no_longer(
    days: int, state: State, candidate: Candidate, how: str
) -> None:
    """After the last day comes the grace with a warning, then the baseline."""
    held = policy().on(EXPIRES + timedelta(days=days))
    assert state is held.state
    assert (state is State.CURRENT) is (held.warning == "")
    assert Route(candidate, f"task=forms; {how}; policy=1f0e2d3c") == held.next(asked(OPUS), ())
    assert policy() == held.on(EXPIRES)


def test_a_policy_without_expiry_has_no_end() -> None:
    """A policy written by hand holds on any day."""
    held = policy(expires=None)
    assert held is held.on(date.max)
    assert held.ends is None


def test_the_kill_switch_stops_all_routing() -> None:
    """Every request is served as asked, a virtual model by its baseline, until the policy is loaded anew."""
    held = policy().switched_off().on(EXPIRES)
    reason = "task=forms; off; policy=1f0e2d3c"
    assert Route(OPUS, reason) == held.next(asked(OPUS), ())
    assert Route(OPUS, reason) == held.next(asked(VIRTUAL), ())
    assert "switched off" in held.warning


candidates = st.sampled_from([OPUS, SONNET, HAIKU, VIRTUAL, Candidate("unknown")])
entries = st.builds(
    Entry,
    st.text(max_size=5),
    st.sampled_from([Match(tag="a"), Match(tag="b"), Match(rule=parse("tools > 1"))]),
    st.lists(candidates, max_size=2).map(tuple),
    st.none() | candidates,
    st.booleans(),
    st.booleans(),
)
requests = st.builds(
    Features, requested=candidates, tag=st.sampled_from(["", "a", "b"]), tools=st.integers(0, 3)
)


@given(st.lists(entries, max_size=4).map(tuple), requests, st.integers(-5, 30))
def test_the_policy_is_total_pure_and_never_moves_an_explicit_choice(
    table: tuple[Entry, ...], request: Features, days: int
) -> None:
    """It always routes, twice alike; whatever is not a baseline of its entry is served as asked."""
    held = ByType(table, default=OPUS, expires=EXPIRES).on(EXPIRES + timedelta(days=days))
    route = held.next(request, ())
    assert route == held.next(request, ())
    found = held.entry(request)
    virtual = request.requested == VIRTUAL
    if not virtual and (found is None or request.requested not in found.baselines):
        assert request.requested == route.candidate
    if held.state is State.EXPIRED and not virtual:
        assert request.requested == route.candidate
    assert route.reason.isascii()
    assert route.reason.isprintable()


def test_importing_the_policy_is_cheap() -> None:
    """The gateway's policy needs neither pydantic nor YAML."""
    program = (
        "import sys, modelmix.policy.by_type, modelmix.policy.static;"
        "print([m for m in ('pydantic', 'yaml', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
