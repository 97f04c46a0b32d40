"""Switching: what it costs to move a conversation to another model, and after how many turns it pays.

Each turn of a conversation reads what is cached of it, writes what is appended, and answers; whoever takes it
over writes all of it first. So a switch is a debt that later turns pay back, and a way there and back again
pays twice.

The closed form holds where one price tier covers all turns; :func:`simulate` prices each turn by its own
length and holds everywhere.

Source: a cache is kept by model, a read prolongs it, and every token of a request beyond a length threshold
has the higher price (prompt caching and pricing pages, 2026-10-08).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from modelmix.core.price import Price, Tier

_PER_MILLION = Decimal(1_000_000)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A conversation before its next turn, in tokens of the model that serves it.

    Attributes:
        context_tokens: What is cached of it so far, 0 or more.
        turn_tokens: What each further turn appends to the prompt, 0 or more.
        output_tokens: What each turn answers, 0 or more.
    """

    context_tokens: float
    turn_tokens: float
    output_tokens: float

    def __post_init__(self) -> None:
        for name in ("context_tokens", "turn_tokens", "output_tokens"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it is a number of tokens, 0 or more")

    def prompt_tokens(self, turn: int) -> float:
        """Return the prompt's length at a turn, counted from 0."""
        return self.context_tokens + (turn + 1) * self.turn_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """How a conversation counts on the other model.

    Attributes:
        token_ratio: Tokens there over tokens here of the same text: the tokenizers.
        output_ratio: Tokens of its answers over those of answers here: measured on pairs, never assumed.
        dropped_tokens: What it cannot read, and the API leaves out unbilled: thinking, above all.
    """

    token_ratio: float = 1.0
    output_ratio: float = 1.0
    dropped_tokens: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 < self.token_ratio < math.inf and 0.0 < self.output_ratio < math.inf):
            raise ValueError(
                f"token_ratio is {self.token_ratio}, output_ratio {self.output_ratio}; ratios lie above 0"
            )
        if not 0.0 <= self.dropped_tokens < math.inf:
            raise ValueError(f"dropped_tokens is {self.dropped_tokens}; it is a number of tokens, 0 or more")

    def over(self, conversation: Conversation) -> Conversation:
        """Return the conversation as the other model counts it."""
        left = max(conversation.context_tokens - self.dropped_tokens, 0.0)
        return Conversation(
            context_tokens=self.token_ratio * left,
            turn_tokens=self.token_ratio * conversation.turn_tokens,
            output_tokens=self.output_ratio * conversation.output_tokens,
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per token: reading the cache, writing it, answering."""

    read: float
    write: float
    output: float

    @classmethod
    def of(cls, tier: Tier, *, one_hour: bool = False) -> "Rates":
        """Return the rates of a price tier, for writes that live five minutes or an hour."""
        write = tier.cache_write_1h if one_hour else tier.cache_write_5m
        return cls(*(float(rate / _PER_MILLION) for rate in (tier.cache_read, write, tier.output)))

    def turns_usd(self, conversation: Conversation, turns: int) -> float:
        """Cost of some turns on a warm cache, each appending and answering."""
        talk = conversation
        first = (
            self.read * talk.context_tokens + self.write * talk.turn_tokens + self.output * talk.output_tokens
        )
        return turns * first + self.read * talk.turn_tokens * turns * (turns - 1) / 2.0

    def warming_usd(self, tokens: float) -> float:
        """What it costs more to write a context than to read it."""
        return (self.write - self.read) * tokens


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch between two models, while each stays within one price tier.

    After n turns it has saved ``n * per_turn_usd + growth_usd * n * (n - 1) - penalty_usd``.

    Attributes:
        penalty_usd: What the switch costs at once: the context written anew, less what staying would have had
            to write where its own cache has expired. Negative where staying is the dearer of the two.
        per_turn_usd: What the first turn saves.
        growth_usd: Half of what each turn saves more than the one before it.
        break_even_turns: Turns, not whole ones, after which it has paid; None where it never does.
    """

    penalty_usd: float
    per_turn_usd: float
    growth_usd: float
    break_even_turns: float | None

    @property
    def fewest_turns(self) -> int | None:
        """Whole turns after which it has paid, one at least; None where it never does."""
        if self.break_even_turns is None:
            return None
        turns = max(1, math.ceil(self.break_even_turns))
        # Where turns save less and less, it may have paid for a part of a turn only.
        passed = self.growth_usd < 0.0 and self.saved_usd(turns) < -_ROUNDING * abs(self.penalty_usd)
        return None if passed else turns

    def saved_usd(self, turns: int) -> float:
        """What it has saved after some turns; negative before it has paid."""
        return turns * self.per_turn_usd + self.growth_usd * turns * (turns - 1) - self.penalty_usd

    def pays(self, turns: int) -> bool:
        """Say whether it has paid after some turns: the rule by which a pinned session moves, or stays."""
        return self.saved_usd(turns) > 0.0


def switch(
    stay: Rates, go: Rates, conversation: Conversation, carried: Carried | None = None, *, warm: bool = True
) -> Switch:
    """Work out what a switch costs and when it pays.

    Args:
        stay: Rates of the model that serves the conversation.
        go: Rates of the other one.
        conversation: The conversation, as the first counts it.
        carried: How it counts on the other; the same tokens if None.
        warm: Whether the first model's cache is still there.
    """
    there = (carried or Carried()).over(conversation)
    penalty = go.warming_usd(there.context_tokens)
    if not warm:
        penalty -= stay.warming_usd(conversation.context_tokens)
    per_turn = stay.turns_usd(conversation, 1) - go.turns_usd(there, 1)
    growth = (stay.read * conversation.turn_tokens - go.read * there.turn_tokens) / 2.0
    return Switch(penalty, per_turn, growth, _break_even(penalty, per_turn, growth))


def _break_even(penalty: float, per_turn: float, growth: float) -> float | None:
    """Number of turns n ≥ 0 from which on n * per_turn + growth * n * (n - 1) is above the penalty."""
    if penalty <= 0.0 and per_turn > penalty:
        return 0.0  # after one turn it has saved, and at once there was nothing to pay
    slope = per_turn - growth
    if growth == 0.0:
        return penalty / slope if penalty > 0.0 and slope > 0.0 else None
    square = slope * slope + 4.0 * growth * penalty
    if square < 0.0:
        return None
    # The stable form of the roots: no difference of nearly equal numbers.
    half = -(slope + math.copysign(math.sqrt(square), slope)) / 2.0
    roots = sorted(
        root for root in (half / growth, -penalty / half if half else 0.0) if 0.0 < root < math.inf
    )
    if penalty <= 0.0:
        # What was gained at once is lost within a turn, and comes back only if turns save more and more.
        return roots[-1] if roots and growth > 0.0 else None
    return roots[0] if roots else None


def round_trip(
    stay: Rates,
    go: Rates,
    conversation: Conversation,
    turns: int,
    carried: Carried | None = None,
    *,
    alive: bool = True,
) -> tuple[float, float]:
    """Price some turns on another model and one more back on the first, against all of them on the first.

    Args:
        stay: Rates of the model that serves the conversation, its cache warm.
        go: Rates of the other one.
        conversation: The conversation, as the first counts it.
        turns: Turns on the other model, 1 or more.
        carried: How it counts on the other; the same tokens if None.
        alive: Whether the first model's cache of what was said before is still there on the way back; what
            was said in between it never saw, and writes.

    Returns:
        Cost of staying, and of the detour, USD.
    """
    there = (carried or Carried()).over(conversation)
    detour = go.warming_usd(there.context_tokens) + go.turns_usd(there, turns)
    new = (turns + 1) * conversation.turn_tokens
    back = stay.write * new + stay.output * conversation.output_tokens
    back += (stay.read if alive else stay.write) * conversation.context_tokens
    return stay.turns_usd(conversation, turns + 1), detour + back


def simulate(
    stay: Price,
    go: Price,
    conversation: Conversation,
    carried: Carried | None = None,
    *,
    warm: bool = True,
    one_hour: bool = False,
) -> Iterator[float]:
    """Price turn after turn on both models, each by the tier of its own length.

    Args:
        stay: Price of the model that serves the conversation.
        go: Price of the other one.
        conversation: The conversation, as the first counts it.
        carried: How it counts on the other; the same tokens if None.
        warm: Whether the first model's cache is still there.
        one_hour: Whether writes live an hour instead of five minutes.

    Yields:
        What the switch has saved after one turn, after two, and so on without end.
    """
    there = (carried or Carried()).over(conversation)
    saved, turn = 0.0, 0
    while True:
        saved += _turn_usd(stay, conversation, turn, writes_all=not turn and not warm, one_hour=one_hour)
        saved -= _turn_usd(go, there, turn, writes_all=not turn, one_hour=one_hour)
        turn += 1
        yield saved


def _turn_usd(price: Price, talk: Conversation, turn: int, *, writes_all: bool, one_hour: bool) -> float:
    rates = Rates.of(price.tier(math.ceil(talk.prompt_tokens(turn))), one_hour=one_hour)
    cached = talk.prompt_tokens(turn) - talk.turn_tokens
    before = (rates.write if writes_all else rates.read) * cached
    return before + rates.write * talk.turn_tokens + rates.output * talk.output_tokens


@dataclass(frozen=True, slots=True)
class Wins:
    """Over which numbers of turns a switch is the cheaper way; both None where it never is.

    Attributes:
        first: Fewest turns after which it has saved.
        last: Most turns, up to the horizon, after which it has still saved.
    """

    first: int | None
    last: int | None


def wins(saved_usd: Iterator[float], horizon: int) -> Wins:
    """Read off a simulation where the switch wins, up to a horizon of turns."""
    winning = [turns for turns, usd in zip(range(1, horizon + 1), saved_usd, strict=False) if usd > 0.0]
    return Wins(winning[0], winning[-1]) if winning else Wins(None, None)
