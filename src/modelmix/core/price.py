"""Price: the list price of one model over one period, and how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from modelmix.errors import ConfigError, PriceNotFound

_RATES = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
_ROW_KEYS = {
    "model", "aliases", "since", "until", "batch_multiplier", "us_multiplier", "fast_multiplier",
    "fast_until", "source", "tier",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tier:
    """Rates of one prompt-length tier, USD per million tokens.

    Attributes:
        max_prompt_tokens: Longest prompt that this tier prices, or None without a limit.
        input: Uncached input.
        cache_read: Input read from the cache.
        cache_write_5m: Input written with a lifetime of five minutes.
        cache_write_1h: Input written with a lifetime of one hour.
        output: Output, thinking included.
    """

    max_prompt_tokens: int | None
    input: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    output: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """The list price of one model over one period.

    Attributes:
        model: Model ID.
        since: First UTC day, inclusive.
        until: First UTC day on which it no longer holds, or None while in force.
        tiers: Length tiers, shortest first; the last has no limit.
        batch_multiplier: Factor on every token class inside a batch.
        us_multiplier: Factor for US-only inference, or None where the parameter is rejected.
        fast_multiplier: Factor for fast mode, or None where there is none.
        fast_until: First day without fast mode, or None.
        source: Where and when the price was read.
    """

    model: str
    since: date
    until: date | None
    tiers: tuple[Tier, ...]
    batch_multiplier: Decimal
    us_multiplier: Decimal | None
    fast_multiplier: Decimal | None
    fast_until: date | None
    source: str

    def covers(self, day: date) -> bool:
        """Say whether the price holds on a UTC day."""
        return self.since <= day and (self.until is None or day < self.until)

    def tier(self, prompt_tokens: int) -> Tier:
        """Return the tier that prices every token of a request with this prompt length."""
        for tier in self.tiers:
            if tier.max_prompt_tokens is None or prompt_tokens <= tier.max_prompt_tokens:
                return tier
        raise AssertionError("the last tier has no limit")  # pragma: no cover - parse() asserts it

    def multiplier(self, day: date, *, batch: bool, us: bool, fast: bool) -> Decimal:
        """Multiply the factors of batch, US inference and fast mode.

        Raises:
            PriceNotFound: A factor is asked for that had no price, or batch together with fast.
        """
        factor = Decimal(1)
        if batch and fast:
            raise PriceNotFound(self.model, day, "batch and fast mode exclude each other; one flag is wrong")
        if batch:
            factor *= self.batch_multiplier
        if us:
            if self.us_multiplier is None:
                raise PriceNotFound(self.model, day, "it has no US-only inference; check inference_geo")
            factor *= self.us_multiplier
        if fast:
            ended = self.fast_until is not None and day >= self.fast_until
            if self.fast_multiplier is None or ended:
                raise PriceNotFound(self.model, day, "it has no fast mode on that day; check usage.speed")
            factor *= self.fast_multiplier
        return factor


def read_price(row: object) -> Price:
    """Read one ``[[price]]`` table.

    Raises:
        ConfigError: A key is unknown, missing or of the wrong kind, a rate is not positive, the period is
            empty, or the tiers do not go from short to long with only the last one without a limit.
    """
    model = row.get("model", "?") if isinstance(row, Mapping) else "?"
    if not isinstance(row, Mapping) or not isinstance(model, str):
        raise ConfigError(f"price of {model!r}: a price is a table whose model is a string; correct it")
    unknown = set(row) - _ROW_KEYS
    if unknown:
        raise ConfigError(f"price of {model!r}: unknown key {min(unknown)!r}; use {sorted(_ROW_KEYS)}")
    try:
        price = Price(
            model=row["model"],
            since=_day(model, "since", row["since"]),
            until=_day(model, "until", row["until"]) if "until" in row else None,
            tiers=_tiers(model, row["tier"]),
            batch_multiplier=_positive(model, row["batch_multiplier"]),
            us_multiplier=_positive(model, row["us_multiplier"]) if "us_multiplier" in row else None,
            fast_multiplier=_positive(model, row["fast_multiplier"]) if "fast_multiplier" in row else None,
            fast_until=_day(model, "fast_until", row["fast_until"]) if "fast_until" in row else None,
            source=str(row["source"]),
        )
    except KeyError as error:
        raise ConfigError(f"price of {model!r}: key {error.args[0]!r} is missing; add it") from error
    if price.until is not None and price.until <= price.since:
        raise ConfigError(f"price of {model!r}: until {price.until} is not after since {price.since}")
    return price


def read_aliases(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the moving aliases of a ``[[price]]`` table.

    Raises:
        ConfigError: They are not a list of strings.
    """
    aliases = row.get("aliases", ())
    if not isinstance(aliases, list | tuple) or not all(isinstance(alias, str) for alias in aliases):
        raise ConfigError(f"price of {row.get('model')!r}: aliases is a list of strings, not {aliases!r}")
    return tuple(aliases)


def _tiers(model: str, rows: object) -> tuple[Tier, ...]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ConfigError(f"price of {model!r}: tier is a list of tables ([[price.tier]]); correct it")
    tiers = tuple(
        Tier(row.get("max_prompt_tokens"), *(_positive(model, row[rate]) for rate in _RATES)) for row in rows
    )
    limits = [tier.max_prompt_tokens for tier in tiers]
    if limits[-1:] != [None] or None in limits[:-1]:
        raise ConfigError(
            f"price of {model!r}: only its last tier, and that one, must lack max_prompt_tokens"
        )
    whole = [limit for limit in limits if type(limit) is int and limit > 0]
    if len(whole) != len(limits) - 1 or any(short >= long for short, long in pairwise(whole)):
        raise ConfigError(f"price of {model!r}: max_prompt_tokens {limits[:-1]} must rise from tier to tier")
    return tiers


def _day(model: str, key: str, value: object) -> date:
    # A datetime is a date to isinstance, and does not compare with one.
    if type(value) is not date:
        raise ConfigError(f"price of {model!r}: {key} is a day such as 2026-11-23, not {value!r}")
    return value


def _positive(model: str, value: object) -> Decimal:
    # A zero rate would turn an unknown price into a free one.
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number or not Decimal(str(value)).is_finite() or Decimal(str(value)) <= 0:
        raise ConfigError(f"price of {model!r}: {value!r} is not a positive number of USD per million tokens")
    return Decimal(str(value))
