"""A replay keeps to its share of a key's limits, whatever it sends, and leaves the rest to others."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.simulator.cache import Split
from modelmix.simulator.charge import Charge
from modelmix.simulator.rate import Rate
from modelmix.simulator.settings import Settings
from modelmix.upstream.headers import Headers
from modelmix.upstream.rate_share import RateShare

MODEL = "claude-haiku-5-5"
CONCURRENCY = 16


@dataclass
class Clock:
    """Seconds that stand until they are moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def limits(
    requests: object = None, given_tokens: object = None, made: object = None, left: object = None
) -> Headers:
    """Write the headers of an answer; what is left of each limit is all of it, unless it is named."""
    named = {"requests": requests, "input-tokens": given_tokens, "output-tokens": made}
    pairs: Headers = []
    for name, limit in named.items():
        if limit is not None:
            pairs.append((f"anthropic-ratelimit-{name}-limit".encode(), str(limit).encode()))
            rest = limit if left is None else left
            pairs.append((f"anthropic-ratelimit-{name}-remaining".encode(), str(rest).encode()))
    return pairs


def share_of(part: float) -> tuple[RateShare, Clock]:
    """Make a share with its clock."""
    clock = Clock()
    return RateShare(part, clock), clock


def let_out(share: RateShare, clock: Clock, seconds: float, tokens: int = 0) -> list[float]:
    """Send and answer all that may leave for a while, and return when each did."""
    end, left = clock.now + seconds, []
    while clock.now < end:
        wait = share.wait_s(MODEL)
        assert wait is not None
        if wait:
            clock.now += max(wait, 1e-6)
        else:
            left.append(clock.now)
            share.take(MODEL, tokens)
            share.gone(MODEL)
    return left


@dataclass
class World:
    """Requests of ours and of others to a practice API of some limits, over simulated time.

    Attributes:
        sent: Instant, prompt and output of each request of ours that was accepted.
        refused: Instants of our 429s.
        others: Requests of others that were accepted, and those that were not.
    """

    rate: Rate
    clock: Clock
    share: RateShare
    prompts: Sequence[int]
    outputs: Sequence[int]
    latency_s: float = 2.0
    sent: list[tuple[float, int, int]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    others: list[int] = field(default_factory=lambda: [0, 0])
    _on_their_way: list[tuple[float, int, int]] = field(default_factory=list)

    def run(self, seconds: float, others_every_s: float = float("inf"), others_tokens: int = 0) -> "World":
        """Send as much as may leave."""
        end, next_other = self.clock.now + seconds, self.clock.now
        while self.clock.now < end:
            while self._on_their_way and self._on_their_way[0][0] <= self.clock.now:
                _, _, output = heapq.heappop(self._on_their_way)
                self.share.back(MODEL, self._headers(), output)
            if next_other <= self.clock.now:
                next_other += others_every_s
                self.others[not self._accepts(others_tokens, 100)] += 1
            wait = self._send()
            nexts = [self.clock.now + wait, next_other, end]
            nexts += [self._on_their_way[0][0]] if self._on_their_way else []
            self.clock.now = max(min(nexts), self.clock.now + (1e-4 if wait else 0.0))
        return self

    def _send(self) -> float:
        wait = self.share.wait_s(MODEL) if len(self._on_their_way) < CONCURRENCY else None
        if wait != 0.0:
            return float("inf") if wait is None else wait
        turn = len(self.sent) + len(self.refused)
        prompt, output = self.prompts[turn % len(self.prompts)], self.outputs[turn % len(self.outputs)]
        self.share.take(MODEL, prompt)
        if self._accepts(prompt, output):
            self.sent.append((self.clock.now, prompt, output))
            heapq.heappush(self._on_their_way, (self.clock.now + self.latency_s, prompt, output))
        else:
            self.refused.append(self.clock.now)
            self.share.back(MODEL, self._headers())
            self.share.refused(MODEL, 1.0)
        return 0.0

    def _accepts(self, prompt: int, output: int) -> bool:
        split = Split(prompt, 0, 0, 0)
        if self.rate.refusal(MODEL, split, self.clock.now) is not None:
            return False
        self.rate.take(
            Charge(
                request_id="r", at=self.clock.now, model=MODEL, api_key_id="k", workspace_id=None,
                inference_geo="global", speed="standard", split=split, output_tokens=output,
            )
        )  # fmt: skip
        return True

    def _headers(self) -> Headers:
        found = self.rate.headers(MODEL, self.clock.now)
        return [(name.encode(), value.encode()) for name, value in found.items()]


def world(
    part: float,
    per_minute: tuple[int, int, int],
    prompts: Sequence[int],
    outputs: Sequence[int],
    latency_s: float = 2.0,
) -> World:
    """Make a world of limits on requests, input and output."""
    share, clock = share_of(part)
    requests, given_tokens, made = per_minute
    rate = Rate.of(
        Settings(
            requests_per_minute=requests, input_tokens_per_minute=given_tokens, output_tokens_per_minute=made
        )
    )
    return World(rate, clock, share, prompts, outputs, latency_s)


def most_in_a_minute(at: Sequence[tuple[float, float]]) -> float:
    """Return the largest sum within any minute."""
    most = inside = 0.0
    first = 0
    for instant, amount in at:
        inside += amount
        while at[first][0] <= instant - 60.0:
            inside -= at[first][1]
            first += 1
        most = max(most, inside)
    return most


@settings(max_examples=25)
@given(
    st.floats(0.02, 1.0),
    st.tuples(st.integers(3, 400), st.integers(20_000, 2_000_000), st.integers(2_000, 200_000)),
    st.lists(st.integers(1, 20_000), min_size=1, max_size=5),
    st.lists(st.integers(1, 2_000), min_size=1, max_size=5),
    st.floats(0.1, 60.0),
)
def test_no_minute_has_more_than_two_minutes_share(
    part: float, per_minute: tuple[int, int, int], prompts: list[int], outputs: list[int], latency_s: float
) -> None:
    """Requests, input and output alike: one minute's share saved up, one that comes in, and one request.

    An output is known only when it is there, so that those on their way come on top; their debt is paid back.
    """
    run = world(part, per_minute, prompts, outputs, latency_s).run(1200.0)
    requests, given_tokens, made = (part * limit for limit in per_minute)
    slack = 1.0 + 1e-6
    assert (
        most_in_a_minute([(at, 1.0) for at, _, _ in run.sent])
        <= max(2 * requests, 4.0, requests + 1.0) + slack
    )
    assert most_in_a_minute([(at, prompt) for at, prompt, _ in run.sent]) <= 2 * given_tokens + 5 * max(
        prompts
    )
    assert len(run.sent) <= max(requests * 21, 4.0) + slack
    assert sum(prompt for _, prompt, _ in run.sent) <= given_tokens * 21 + 5 * max(prompts)
    on_their_way = CONCURRENCY * max(outputs)
    assert sum(output for _, _, output in run.sent) <= made * 21 + on_their_way


@pytest.mark.parametrize("part", [0.1, 0.25, 0.8])
@pytest.mark.parametrize(
    ("per_minute", "prompts", "outputs"),
    [
        ((60, 10**7, 10**7), [1000], [100]),
        ((10**4, 500_000, 10**7), [8000, 200, 30_000], [100]),
        ((10**4, 10**7, 40_000), [1000], [50, 4000]),
    ],
)
def test_a_share_is_used_to_the_full(
    part: float, per_minute: tuple[int, int, int], prompts: list[int], outputs: list[int]
) -> None:
    """Over an hour the tightest of the limits is used for its share, and not one request is refused."""
    run = world(part, per_minute, prompts, outputs).run(3600.0)
    used = (
        len(run.sent) / per_minute[0],
        sum(prompt for _, prompt, _ in run.sent) / per_minute[1],
        sum(output for _, _, output in run.sent) / per_minute[2],
    )
    assert 0.97 * 60 * part <= max(used) <= 1.02 * 61 * part
    assert run.refused == []


def test_a_burst_is_one_minutes_share() -> None:
    """What was not used for an hour is not saved up."""
    share, clock = share_of(0.5)
    share.take(MODEL, 0)
    share.back(MODEL, limits(100))
    clock.now += 3600.0
    assert len(let_out(share, clock, 0.001)) == 50
    assert len(let_out(share, clock, 60.0)) == 50


def test_what_was_sent_before_limits_were_known_counts() -> None:
    """Probes are a part of the first minute's share, with their prompts."""
    share, clock = share_of(0.5)
    for _ in range(4):
        share.take(MODEL, 1000)
    share.back(MODEL, limits(10, 6000))
    share.back(MODEL, limits(10, 6000))
    assert share.wait_s(MODEL) == pytest.approx((1 - (3000 - 4000)) * 60 / 3000)
    assert len(let_out(share, clock, 60.0)) <= 5


def test_debt_is_paid_back() -> None:
    """An output far beyond the share is waited for, second by second."""
    share, clock = share_of(0.25)
    share.take(MODEL, 10)
    share.back(MODEL, limits(1000, None, 8000), output_tokens=6000)
    wait = 4001 * 60 / 2000
    assert share.wait_s(MODEL) == pytest.approx(wait)
    clock.now += 60.0
    assert share.wait_s(MODEL) == pytest.approx(wait - 60.0)
    clock.now += wait - 60.0 + 1e-6
    assert share.wait_s(MODEL) == 0.0


@pytest.mark.parametrize(("limit", "part"), [(1, 1.0), (5, 0.02), (1, 0.001)])
def test_the_smallest_share_still_sends(limit: int, part: float) -> None:
    """Less than one request a minute is one in as many minutes, not none for ever."""
    share, clock = share_of(part)
    share.take(MODEL, 10)
    share.back(MODEL, limits(limit, 10_000), output_tokens=1)
    minutes = 10 / (limit * part)
    assert len(let_out(share, clock, 60.0 * minutes)) == pytest.approx(10, abs=2)


def test_a_few_probes_find_out_the_limits() -> None:
    """Until an answer tells of limits four may be on their way, then the share decides."""
    share, _ = share_of(0.25)
    for _ in range(4):
        assert share.wait_s(MODEL) == 0.0
        share.take(MODEL, 10)
    assert share.wait_s(MODEL) is None
    share.gone(MODEL)
    assert share.wait_s(MODEL) == 0.0
    share.take(MODEL, 10)
    share.back(MODEL, [], output_tokens=0)  # an error of a proxy on the way
    share.take(MODEL, 10)
    assert share.wait_s(MODEL) is None
    share.back(MODEL, limits(1000))
    assert share.wait_s(MODEL) == 0.0


@pytest.mark.parametrize("value", ["", "many", "-5", "nan", "inf", "0"])
def test_an_upstream_that_tells_no_limits_has_none(value: str) -> None:
    """Then only the number of requests on their way bounds it."""
    share, clock = share_of(0.25)
    share.take(MODEL, 10)
    share.back(MODEL, limits(value, value, value), output_tokens=5)
    for _ in range(1000):
        assert share.wait_s(MODEL) == 0.0
        share.take(MODEL, 10**6)
    assert clock.now == 1000.0


def test_a_refusal_rests_its_model_and_halves_its_share() -> None:
    """For as long as it asks; other models go on, and every answer that succeeds gives a little back."""
    share, clock = share_of(0.5)
    share.take(MODEL, 0)
    share.back(MODEL, limits(200), output_tokens=1)
    share.refused(MODEL, 30.0)
    assert (share.wait_s(MODEL), share.wait_s("claude-opus-5-5"), share.refusals) == (30.0, 0.0, 1)
    share.refused(MODEL, 10.0)
    assert share.wait_s(MODEL) == 30.0
    clock.now += 3600.0
    let_out(share, clock, 1.0)
    assert len(let_out(share, clock, 600.0)) == pytest.approx(500, abs=2)
    for _ in range(70):
        share.take(MODEL, 0)
        share.back(MODEL, limits(200), output_tokens=1)
    assert len(let_out(share, clock, 600.0)) == pytest.approx(1000, abs=80)


def test_refusals_that_come_together_have_one_cause() -> None:
    """Sixteen requests that are refused at once halve the share once, not to nothing."""
    share, clock = share_of(0.5)
    for _ in range(16):
        share.take(MODEL, 0)
    for _ in range(16):
        share.back(MODEL, limits(200, left=0))
        share.refused(MODEL, 0.5)
    assert share.refusals == 16
    clock.now += 3600.0
    let_out(share, clock, 1.0)
    assert len(let_out(share, clock, 600.0)) == pytest.approx(500, abs=2)


def test_refusals_that_go_on_slow_it_to_a_hundredth() -> None:
    """And no further; answers that are errors give nothing back."""
    share, clock = share_of(1.0)
    share.take(MODEL, 0)
    share.back(MODEL, limits(1000), output_tokens=1)
    for _ in range(30):
        share.take(MODEL, 0)
        share.back(MODEL, limits(1000))
        share.refused(MODEL, 1.0)
        clock.now += 2.0
    clock.now += 3600.0
    let_out(share, clock, 1.0)
    assert len(let_out(share, clock, 600.0)) == pytest.approx(100, abs=2)


def test_a_limit_that_changes_gives_no_new_burst() -> None:
    """Only its pace is another one."""
    share, clock = share_of(0.5)
    share.take(MODEL, 0)
    share.back(MODEL, limits(100))
    assert len(let_out(share, clock, 0.001)) == 49
    for number in range(20):
        share.take(MODEL, 0)
        share.back(MODEL, limits(200 + number % 2))
    assert share.wait_s(MODEL) > 0.0  # type: ignore[operator] # limits are known
    clock.now += 600.0
    let_out(share, clock, 0.001)
    assert len(let_out(share, clock, 60.0)) == pytest.approx(100, abs=2)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("claude-opus-4-8", "claude-opus-4-5", True), ("claude-sonnet-4-6", "claude-sonnet-4-5", True),
        ("claude-opus-4-8", "claude-opus-5", False), ("claude-opus-4-8", "claude-sonnet-4-6", False),
        ("claude-haiku-5-5", "claude-haiku-4-5", False),
    ],
)  # fmt: skip
def test_families_share_what_their_limits_are_shared_by(one: str, other: str, shared: bool) -> None:
    """Two models of one pool have one share of it together."""
    share, _ = share_of(0.25)
    share.take(one, 0)
    share.back(one, limits(100))
    share.refused(one, 9.0)
    assert (share.wait_s(other) == 9.0) is shared


def test_others_keep_a_tenth_of_every_limit() -> None:
    """Where others leave less, one request leaves, and not before the upstream may have it again."""
    share, clock = share_of(0.9)
    share.take(MODEL, 0)
    share.back(MODEL, limits(100, left=4))
    assert share.wait_s(MODEL) == pytest.approx((11 - 4) * 60 / 100)
    clock.now += 4.2 + 1e-6
    assert share.wait_s(MODEL) == 0.0
    share.take(MODEL, 0)
    assert share.wait_s(MODEL) is None
    share.back(MODEL, limits(100, left=50))
    assert share.wait_s(MODEL) == 0.0
    share.take(MODEL, 0)
    assert share.wait_s(MODEL) == 0.0


def test_what_is_on_its_way_is_not_left() -> None:
    """The upstream's last word knows nothing of what it has not seen yet: requests, prompts, outputs."""
    share, _ = share_of(1.0)
    for _ in range(4):
        share.take(MODEL, 1000)
    share.back(MODEL, limits(100, 100_000, 10_000, left=20), output_tokens=500)
    assert share.wait_s(MODEL) is None  # of 100,000 tokens 20 are left
    share.back(MODEL, limits(100, left=50), output_tokens=500)
    share.back(MODEL, limits(None, 100_000, left=20_000), output_tokens=500)
    share.back(MODEL, limits(None, None, 10_000, left=2100), output_tokens=500)
    assert share.wait_s(MODEL) == 0.0
    share.take(MODEL, 500)
    assert share.wait_s(MODEL) == 0.0
    share.take(MODEL, 500)
    assert share.wait_s(MODEL) == 0.0
    share.take(MODEL, 500)
    assert share.wait_s(MODEL) == pytest.approx((1001 - 600) * 60 / 10_000)
    share.gone(MODEL)
    assert share.wait_s(MODEL) == pytest.approx((1001 - 600) * 60 / 10_000)


def test_a_limit_without_what_is_left_of_it_bounds_us_only() -> None:
    """Then the whole of it is taken to be there."""
    share, clock = share_of(0.5)
    share.take(MODEL, 0)
    share.back(MODEL, [(b"anthropic-ratelimit-requests-limit", b"10")])
    assert len(let_out(share, clock, 0.001)) == 4


@pytest.mark.parametrize("others", [0.3, 0.5, 0.7, 0.85])
def test_others_are_not_refused_for_our_sake(others: float) -> None:
    """Whatever they send within the limits gets through, and we get our share, or what they leave of it."""
    both = world(0.25, (600, 10**6, 10**6), [1000], [100])
    both.run(1800.0, others_every_s=60 / (600 * others), others_tokens=int(1000 * others))
    assert both.others[1] == 0
    assert both.refused == []
    assert len(both.sent) >= 0.95 * 30 * min(0.25, 1.0 - others) * 600


@given(
    st.lists(
        st.tuples(st.sampled_from(["take", "back", "gone", "refused", "wait"]), st.integers(0, 10**6)),
        max_size=40,
    )
)
def test_any_order_of_events_is_taken(events: list[tuple[str, int]]) -> None:
    """A wait is never negative, and nothing fails."""
    share, clock = share_of(0.25)
    for name, number in events:
        clock.now += number % 100
        if name == "take":
            share.take(MODEL, number)
        elif name == "back":
            share.back(MODEL, limits(number % 7, number, number // 2, left=number % 50), number % 3)
        elif name == "gone":
            share.gone(MODEL)
        elif name == "refused":
            share.refused(MODEL, number % 30)
        wait = share.wait_s(MODEL)
        assert wait is None or wait >= 0.0
