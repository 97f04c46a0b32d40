"""Cascades: a cheap model first, a check, and a dear model for what the check refuses.

Every stage is paid in full, the escalated answer included, so a cascade wins only while few answers are
escalated. The share at which it stops winning depends on what the check costs, and on the dear model's cache,
which grows cold because it is asked less often.

Source: prices of cached and uncached input per model, minimum length of a cached prefix, and a lifetime that
every read renews (prompt caching page, 2026-10-08).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.optimize import brentq

from modelmix.core.price import Tier
from modelmix.economics.ranges import check_amounts, check_shares

_PER_MILLION = Decimal(1_000_000)
_GRID = 4097  # points between which a change of sign is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a cascade.

    Attributes:
        call_usd: Its call, USD.
        check_usd: The check of its answer, USD; 0 for rules, and for the last stage, whose answer stands.
        escalated_share: Share of its answers that the check refuses, in [0, 1]; 0 for the last stage.
    """

    call_usd: float
    check_usd: float = 0.0
    escalated_share: float = 0.0

    def __post_init__(self) -> None:
        check_amounts(call_usd=self.call_usd, check_usd=self.check_usd)
        check_shares(escalated_share=self.escalated_share)


def cascade_usd(stages: Sequence[Stage]) -> float:
    """Expected cost of a task over its stages, cheapest first."""
    cost = 0.0
    for stage in reversed(stages):
        cost = stage.call_usd + stage.check_usd + stage.escalated_share * cost
    return cost


@dataclass(frozen=True, slots=True)
class Cascade:
    """Two stages against asking the dear model at once.

    Attributes:
        usd: Expected cost of the cascade.
        direct_usd: Cost of the dear model alone.
        break_even_share: Escalated share at which both cost the same; below 0 where the cheap stage alone is
            the dearer one, so that the cascade never wins.
    """

    usd: float
    direct_usd: float
    break_even_share: float

    @property
    def saving_share(self) -> float:
        """Share of the direct cost that the cascade saves; negative where it loses."""
        return 1.0 - self.usd / self.direct_usd

    @property
    def is_on(self) -> bool:
        """Whether it should run: it is switched off where it loses."""
        return self.usd < self.direct_usd


def two_stages(cheap: Stage, dear_usd: float) -> Cascade:
    """Hold a cheap stage and its escalations against asking the dear model at once.

    Raises:
        ValueError: The dear model costs nothing.
    """
    check_amounts(dear_usd=dear_usd)
    if dear_usd == 0.0:
        raise ValueError("dear_usd is 0; nothing is cheaper than a model that costs nothing")
    return Cascade(
        cascade_usd([cheap, Stage(call_usd=dear_usd)]),
        dear_usd,
        1.0 - (cheap.call_usd + cheap.check_usd) / dear_usd,
    )


def router_wins(router_usd: float, cheap: Stage, dear_usd: float, missed_share: float) -> bool:
    """Say whether a router that sends a share straight to the dear model is cheaper than the cascade.

    Args:
        router_usd: What the router costs on a task.
        cheap: First stage of the cascade, with its check.
        dear_usd: The dear model's call.
        missed_share: Share that the router sends to the dear model, in [0, 1].
    """
    check_amounts(router_usd=router_usd, dear_usd=dear_usd)
    check_shares(missed_share=missed_share)
    routed = router_usd + (1.0 - missed_share) * cheap.call_usd + missed_share * dear_usd
    return routed < cascade_usd([cheap, Stage(call_usd=dear_usd)])


def quality(accepted: float, escalated: float, escalated_share: float) -> float:
    """Return the share of right answers of a cascade.

    Args:
        accepted: Share that is right of the cheap answers that were accepted.
        escalated: Share that is right of the dear answers to what was escalated: the hard part, on which the
            dear model does worse than on average.
        escalated_share: Share that was escalated.
    """
    check_shares(accepted=accepted, escalated=escalated, escalated_share=escalated_share)
    return (1.0 - escalated_share) * accepted + escalated_share * escalated


# With a cached prefix.


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixed:
    """A model that is asked with a prefix that all requests share.

    Attributes:
        read: USD per token of the prefix read from the cache.
        write: USD per token of it written.
        fresh: USD per token of input that is not cached.
        output: USD per token of output.
        output_tokens: Length of its answers.
        least_tokens: Shortest prefix that is cached.
        lifetime_h: How long the cache lives after its last read, hours.
    """

    read: float
    write: float
    fresh: float
    output: float
    output_tokens: float
    least_tokens: float = 0.0
    lifetime_h: float = 5.0 / 60.0

    @classmethod
    def of(
        cls, tier: Tier, *, output_tokens: float, least_tokens: float = 0.0, one_hour: bool = False
    ) -> "Prefixed":
        """Take the prices of a tier, for a cache that lives five minutes or an hour."""
        write = tier.cache_write_1h if one_hour else tier.cache_write_5m
        read, written, fresh, output = (
            float(rate / _PER_MILLION) for rate in (tier.cache_read, write, tier.input, tier.output)
        )
        return cls(
            read=read, write=written, fresh=fresh, output=output, output_tokens=output_tokens,
            least_tokens=least_tokens, lifetime_h=1.0 if one_hour else 5.0 / 60.0,
        )  # fmt: skip

    def hit_share(self, per_hour: float) -> float:
        """Share of requests that find the prefix cached, where they arrive at random at a rate."""
        return -math.expm1(-per_hour * self.lifetime_h)

    def call_usd(self, per_hour: float, prefix_tokens: float, fresh_tokens: float) -> float:
        """Expected cost of a call; the prefix goes uncached where that is cheaper, or it is too short."""
        usd = self.fresh
        if prefix_tokens >= self.least_tokens:
            hits = self.hit_share(per_hour)
            usd = min(usd, hits * self.read + (1.0 - hits) * self.write)
        return prefix_tokens * usd + fresh_tokens * self.fresh + self.output_tokens * self.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Requests that share a prefix.

    Attributes:
        per_hour: How many arrive in an hour, at random (a Poisson process), above 0.
        prefix_tokens: The prefix.
        fresh_tokens: What each adds to it.
        check_usd: The check of a cheap answer.
    """

    per_hour: float
    prefix_tokens: float
    fresh_tokens: float
    check_usd: float = 0.0

    def __post_init__(self) -> None:
        check_amounts(
            per_hour=self.per_hour, prefix_tokens=self.prefix_tokens, fresh_tokens=self.fresh_tokens,
            check_usd=self.check_usd,
        )  # fmt: skip
        if self.per_hour == 0.0:
            raise ValueError("per_hour is 0; a cascade without traffic costs nothing")


@dataclass(frozen=True, slots=True)
class ColdCascade:
    """Two stages whose dear model has a cache that grows colder the less it is asked.

    Attributes:
        break_evens: Escalated shares in (0, 1] at which cascade and direct cost the same: all of them, since
            the dear model's cost is not monotone in what it is asked.
        naive_break_even: The one that follows from warm prices alone.
        wins_without_escalation: Whether the cheap stage alone is cheaper than asking at once.
    """

    cheap: Prefixed
    dear: Prefixed
    traffic: Traffic
    break_evens: tuple[float, ...]
    naive_break_even: float
    wins_without_escalation: bool

    @property
    def direct_usd(self) -> float:
        """Cost of a task that the dear model is asked at once."""
        return _asked(self.dear, self.traffic, 1.0)

    def usd(self, escalated_share: float) -> float:
        """Cost of a task over the cascade."""
        check_shares(escalated_share=escalated_share)
        return self.direct_usd + _more(self.cheap, self.dear, self.traffic, escalated_share)


def cold_cascade(cheap: Prefixed, dear: Prefixed, traffic: Traffic) -> ColdCascade:
    """Find where a cascade with a cached prefix stops winning."""
    first = _asked(cheap, traffic, 1.0) + traffic.check_usd
    shares = np.linspace(0.0, 1.0, _GRID)
    differences = [_more(cheap, dear, traffic, float(share)) for share in shares]
    found = []
    for at in range(1, _GRID):
        before, after = differences[at - 1], differences[at]
        if after == 0.0:
            found.append(float(shares[at]))
        elif before * after < 0.0:
            low, high = float(shares[at - 1]), float(shares[at])
            found.append(
                float(brentq(lambda share: _more(cheap, dear, traffic, share), low, high, xtol=1e-15))
            )
    return ColdCascade(
        cheap, dear, traffic, tuple(found), 1.0 - first / _asked(dear, traffic, 1.0), differences[0] < 0.0
    )


def _asked(model: Prefixed, traffic: Traffic, share: float) -> float:
    return model.call_usd(share * traffic.per_hour, traffic.prefix_tokens, traffic.fresh_tokens)


def _more(cheap: Prefixed, dear: Prefixed, traffic: Traffic, share: float) -> float:
    """What the cascade costs more than asking the dear model at once."""
    first = _asked(cheap, traffic, 1.0) + traffic.check_usd
    return first + share * _asked(dear, traffic, share) - _asked(dear, traffic, 1.0)
