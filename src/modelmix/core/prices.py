"""Prices: dated list prices, and the exact cost of a call by token class."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from typing import Any

from modelmix.core.candidate import plain_model_id
from modelmix.core.price import Price, Tier, read_aliases, read_price
from modelmix.core.usage import Usage
from modelmix.errors import ConfigError, PriceNotFound

__all__ = ["Cost", "Price", "PriceBook", "Rates", "Tier"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """List cost of one or more calls by token class, exact.

    Attributes:
        input_usd: Uncached input.
        cache_read_usd: Cache reads.
        cache_write_5m_usd: Five-minute cache writes.
        cache_write_1h_usd: One-hour cache writes.
        output_usd: Output.
        server_tools_usd: Web searches; outside every multiplier.
        long_tier: Whether any call was priced above its model's lowest length tier.
    """

    input_usd: Decimal = _ZERO
    cache_read_usd: Decimal = _ZERO
    cache_write_5m_usd: Decimal = _ZERO
    cache_write_1h_usd: Decimal = _ZERO
    output_usd: Decimal = _ZERO
    server_tools_usd: Decimal = _ZERO
    long_tier: bool = False

    @property
    def total_usd(self) -> Decimal:
        """Sum of all classes."""
        return (
            self.input_usd
            + self.cache_read_usd
            + self.cache_write_5m_usd
            + self.cache_write_1h_usd
            + self.output_usd
            + self.server_tools_usd
        )

    def __add__(self, other: "Cost") -> "Cost":
        """Add class by class."""
        return Cost(
            self.input_usd + other.input_usd,
            self.cache_read_usd + other.cache_read_usd,
            self.cache_write_5m_usd + other.cache_write_5m_usd,
            self.cache_write_1h_usd + other.cache_write_1h_usd,
            self.output_usd + other.output_usd,
            self.server_tools_usd + other.server_tools_usd,
            self.long_tier or other.long_tier,
        )


@dataclass(frozen=True, slots=True)
class Rates:
    """What one token costs in a request of one kind, USD per token, every multiplier applied.

    Attributes:
        input_usd: Uncached input.
        cache_read_usd: Cache reads.
        cache_write_5m_usd: Five-minute cache writes.
        cache_write_1h_usd: One-hour cache writes.
        output_usd: Output.
        long_tier: Whether the request lies above its model's lowest length tier.
    """

    input_usd: Decimal
    cache_read_usd: Decimal
    cache_write_5m_usd: Decimal
    cache_write_1h_usd: Decimal
    output_usd: Decimal
    long_tier: bool

    def cost(self, usage: Usage) -> Cost:
        """Price tokens at these rates; searches and iterations are not looked at."""
        return Cost(
            usage.input_tokens * self.input_usd,
            usage.cache_read_tokens * self.cache_read_usd,
            usage.cache_write_5m_tokens * self.cache_write_5m_usd,
            usage.cache_write_1h_tokens * self.cache_write_1h_usd,
            usage.output_tokens * self.output_usd,
            _ZERO,
            self.long_tier,
        )


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All dated prices of the Claude API, and what a call costs by them.

    Attributes:
        as_of: Day on which the table was last checked.
        sha256: Hash of the documents it was read from; it stands beside every figure.
        prices: Model ID → its periods, oldest first.
        aliases: Moving alias → model ID.
        web_search_usd: Price of one web search.
        stand_ins: Old model ID → the model whose rates it takes.
    """

    as_of: date
    sha256: str
    prices: Mapping[str, tuple[Price, ...]]
    aliases: Mapping[str, str]
    web_search_usd: Decimal
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, *documents: bytes) -> "PriceBook":
        """Read one or more TOML documents; later ones add periods and models.

        Raises:
            ConfigError: A document is not TOML, a key is unknown or missing, or periods overlap.
        """
        as_of, search_usd = date.min, _ZERO
        periods: dict[str, list[Price]] = {}
        aliases: dict[str, str] = {}
        for document in documents:
            table = _toml(document)
            as_of = max(as_of, _as_of(table))
            search_usd = _search_usd(table, search_usd)
            for row in _rows(table):
                price = read_price(row)
                periods.setdefault(price.model, []).append(price)
                aliases.update(dict.fromkeys(read_aliases(row), price.model))
        prices = {model: tuple(sorted(rows, key=lambda p: p.since)) for model, rows in periods.items()}
        for model, rows in prices.items():
            for older, newer in pairwise(rows):
                if older.until is None or older.until > newer.since:
                    raise ConfigError(f"prices of {model!r} from {older.since}, {newer.since} overlap")
        sha256 = hashlib.sha256(b"\n".join(documents)).hexdigest()
        return cls(as_of, sha256, prices, aliases, search_usd)

    def priced_as(self, stand_ins: Mapping[str, str]) -> "PriceBook":
        """Return a book that prices each old model at another model's rates.

        Args:
            stand_ins: Old model ID → the model whose rates it takes.

        Raises:
            ConfigError: A stand-in is not in the book.
        """
        for old, new in stand_ins.items():
            if self.resolve(new) not in self.prices:
                raise ConfigError(
                    f"cannot price {old!r} as {new!r}: {new!r} is not in the price book; "
                    "modelmix prices lists all"
                )
        plain = {plain_model_id(old): new for old, new in stand_ins.items()}
        return replace(self, stand_ins={**self.stand_ins, **plain})

    def resolve(self, model: str) -> str:
        """Strip a context suffix, apply stand-ins, and replace a moving alias by the model ID."""
        plain = plain_model_id(model)
        plain = self.stand_ins.get(plain, plain)
        return self.aliases.get(plain, plain)

    def price(self, model: str, when: date | datetime) -> Price:
        """Find the price of a model on a day.

        Raises:
            PriceNotFound: The model is unknown, or has no price on that day.
        """
        day = when.date() if isinstance(when, datetime) else when
        periods = self.prices.get(self.resolve(model))
        if periods is None:
            near = _nearest(self.resolve(model), (*self.prices, *self.aliases))
            meant = f"did you mean {near!r}? If not, " if near else ""
            raise PriceNotFound(
                model, day, f"the model is unknown; {meant}add it to a price file named by MODELMIX_PRICES"
            )
        for price in reversed(periods):
            if price.covers(day):
                return price
        spans = " and ".join(f"{p.since} to {p.until or 'today'}" for p in periods)
        raise PriceNotFound(
            model, day, f"it has prices for {spans}; name such a day, or another model to price it as"
        )

    def last_day(self, model: str, today: date) -> date:
        """Return the last day, not after ``today``, on which the model had a price.

        Raises:
            PriceNotFound: The model is unknown or its first price lies in the future.
        """
        periods = self.prices.get(self.resolve(model), ())
        for price in reversed(periods):
            if price.since <= today:
                end = today if price.until is None else price.until - timedelta(days=1)
                return min(today, end)
        self.price(model, today)
        raise AssertionError("price() raises where there is no past price")  # pragma: no cover - raised above

    def cost(
        self,
        usage: Usage,
        model: str,
        when: date | datetime,
        *,
        batch: bool = False,
        us: bool = False,
        fast: bool = False,
    ) -> Cost:
        """Price the tokens of one call.

        Args:
            usage: Tokens; where it has iterations, each is priced at its own model and length tier.
            model: Model that served the call.
            when: Day, or instant in UTC, of the call.
            batch: Whether it was an item of a batch.
            us: Whether inference was restricted to the US.
            fast: Whether fast mode was used.

        Raises:
            PriceNotFound: The model, the day or a multiplier has no price.

        Source: pricing page (2026-10-08): multipliers stack on every token class; searches lie outside them.
        """
        searches = Cost(server_tools_usd=usage.web_search_requests * self.web_search_usd)
        parts = [(part.usage, part.model or model) for part in usage.iterations] or [(usage, model)]
        total = searches
        for part, served_by in parts:
            rates = self.rates(served_by, when, part.prompt_tokens, batch=batch, us=us, fast=fast)
            total += rates.cost(part)
        return total

    def rates(
        self,
        model: str,
        when: date | datetime,
        prompt_tokens: int,
        *,
        batch: bool = False,
        us: bool = False,
        fast: bool = False,
    ) -> Rates:
        """Return what one token costs in a request with this prompt length, every multiplier applied.

        Args:
            model: Model that served the request.
            when: Day, or instant in UTC, of the request.
            prompt_tokens: Length of its whole prompt, which decides the length tier.
            batch: Whether it was an item of a batch.
            us: Whether inference was restricted to the US.
            fast: Whether fast mode was used.

        Raises:
            PriceNotFound: The model, the day or a multiplier has no price.
        """
        day = when.date() if isinstance(when, datetime) else when
        price = self.price(model, day)
        tier = price.tier(prompt_tokens)
        per_token = price.multiplier(day, batch=batch, us=us, fast=fast).scaleb(-6)
        return Rates(
            tier.input * per_token,
            tier.cache_read * per_token,
            tier.cache_write_5m * per_token,
            tier.cache_write_1h * per_token,
            tier.output * per_token,
            tier is not price.tiers[0],
        )


@lru_cache(maxsize=256)
def _nearest(model: str, known: tuple[str, ...]) -> str:
    # Kept, because a log may hold the same unknown model a million times.
    return next(iter(get_close_matches(model, known, n=1, cutoff=0.7)), "")


def _toml(document: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(document.decode(), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"the price file is not valid TOML: {error}") from error


def _as_of(table: Mapping[str, Any]) -> date:
    as_of = table.get("as_of", date.min)
    if type(as_of) is not date:
        raise ConfigError(f"the price file's as_of is a day such as 2026-11-23, not {as_of!r}")
    return as_of


def _rows(table: Mapping[str, Any]) -> list[Any]:
    rows = table.get("price", [])
    if not isinstance(rows, list):
        raise ConfigError("the price file's price is not a list of tables; write [[price]]")
    return rows


def _search_usd(table: Mapping[str, Any], otherwise: Decimal) -> Decimal:
    tools = table.get("server_tools", {})
    rate = tools.get("web_search_usd_per_1000") if isinstance(tools, Mapping) else tools
    if rate is None:
        return otherwise
    is_number = isinstance(rate, int | Decimal) and not isinstance(rate, bool)
    if not is_number or not Decimal(str(rate)).is_finite() or Decimal(str(rate)) < 0:
        raise ConfigError(
            f"the price file's web_search_usd_per_1000 is {rate!r}; write USD per 1,000 searches"
        )
    return Decimal(str(rate)) / 1000
