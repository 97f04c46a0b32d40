"""Spend: what calls cost at list price, summed exactly without keeping the calls."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import add
from typing import NamedTuple, TypeVar

from modelmix.core.call import Call
from modelmix.core.prices import Cost, PriceBook, Rates
from modelmix.core.usage import Usage
from modelmix.errors import PriceNotFound

Key = TypeVar("Key")
_NOTHING = Cost()


class Kind(NamedTuple):
    """What decides the rates of a token, and what spend is reported by.

    Attributes:
        model: Model that served it.
        day: UTC day.
        band: Number of length limits that the whole prompt exceeds.
        batch: Whether it was an item of a batch.
        us: Whether inference was restricted to the US.
        fast: Whether fast mode was used.
        task_type: Name of the task type.
        is_subagent: Whether a sub-agent made the call.
    """

    model: str
    day: date
    band: int
    batch: bool
    us: bool
    fast: bool
    task_type: str
    is_subagent: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: all calls of one kind.

    Attributes:
        kind: What they have in common.
        calls: How many; an iteration of a call adds tokens here and its call elsewhere.
        usage: Their tokens.
        cost: What they cost; nothing where no price is known.
        uncached_usd: What they would have cost with every cached token as plain input.
        unpriced_why: Why no price is known and what to do, or empty where one is.
    """

    kind: Kind
    calls: int
    usage: Usage
    cost: Cost = _NOTHING
    uncached_usd: Decimal = Decimal(0)
    unpriced_why: str = ""


@dataclass(slots=True)
class _Row:
    rates: Rates | None
    why: str = ""
    # Calls, then the token classes and searches in the order of Usage.
    counts: list[int] = field(default_factory=lambda: [0] * 7)


class Spend:
    """Adds calls up by kind: memory grows with kinds, not with calls, and the sums are exact.

    Within one kind the cost is linear in the tokens, so tokens are added first and priced once.
    """

    def __init__(self, book: PriceBook, limits: Iterable[int] = ()) -> None:
        """Start with nothing.

        Args:
            book: Prices.
            limits: Prompt lengths, besides those of price tiers, at which calls are to be told apart.
        """
        tiers = {
            tier.max_prompt_tokens for rows in book.prices.values() for price in rows for tier in price.tiers
        }
        self.book = book
        self._limits = sorted({*limits, *(limit for limit in tiers if limit is not None)})
        self._rows: dict[Kind, _Row] = {}

    def add(self, call: Call) -> None:
        """Add one call; one without a price is counted as such, whole."""
        if call.usage.iterations:
            self._add_iterations(call)
        else:
            self._count(self._row(self._kind(call, call.model_served, call.usage)), 1, call.usage)

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the bill, those without a price among them."""
        for kind, row in self._rows.items():
            if any(row.counts):
                yield self._line(kind, row)

    def longest_prompt(self, band: int) -> int:
        """Return the longest prompt of a band; of the last band, the shortest, as it has no end."""
        if band < len(self._limits):
            return self._limits[band]
        return self._limits[-1] + 1 if self._limits else 0

    def _kind(self, call: Call, model: str, usage: Usage) -> Kind:
        band = bisect_left(self._limits, usage.prompt_tokens)
        return Kind(
            model, call.at.date(), band, call.batch, call.us, call.fast, call.task_type, call.is_subagent
        )

    def _row(self, kind: Kind) -> _Row:
        row = self._rows.get(kind)
        if row is None:
            row = self._rows[kind] = self._priced(kind)
        return row

    def _priced(self, kind: Kind) -> _Row:
        try:
            return _Row(rates_of(self.book, kind, kind.model, kind.day, self.longest_prompt(kind.band)))
        except PriceNotFound as missing:
            return _Row(None, missing.hint)

    @staticmethod
    def _count(row: _Row, calls: int, usage: Usage) -> None:
        counts = row.counts
        counts[0] += calls
        counts[1] += usage.input_tokens
        counts[2] += usage.cache_read_tokens
        counts[3] += usage.cache_write_5m_tokens
        counts[4] += usage.cache_write_1h_tokens
        counts[5] += usage.output_tokens
        counts[6] += usage.web_search_requests

    def _add_iterations(self, call: Call) -> None:
        parts = [
            (self._row(self._kind(call, part.model or call.model_served, part.usage)), part.usage)
            for part in call.usage.iterations
        ]
        served = self._row(self._kind(call, call.model_served, call.usage))
        home = served if served.rates is not None else parts[0][0]
        # Half a call's cost would look like all of it: without a price for one part there is none at all.
        missing = next((row for row, _ in parts if row.rates is None), None)
        self._count(missing or home, 1, Usage(web_search_requests=call.usage.web_search_requests))
        for row, usage in parts:
            # Searches are billed per call, and have been counted with it.
            self._count(missing or row, 0, replace(usage, web_search_requests=0))

    def _line(self, kind: Kind, row: _Row) -> Line:
        calls, uncached, read, write_5m, write_1h, output, searches = row.counts
        usage = Usage(uncached, read, write_5m, write_1h, output, searches)
        rates = row.rates
        if rates is None:
            return Line(kind, calls, usage, unpriced_why=row.why)
        searched = Cost(server_tools_usd=searches * self.book.web_search_usd)
        plain = usage.prompt_tokens * rates.input_usd + usage.output_tokens * rates.output_usd
        return Line(kind, calls, usage, rates.cost(usage) + searched, plain + searched.total_usd)


def rates_of(book: PriceBook, kind: Kind, model: str, day: date, prompt_tokens: int) -> Rates:
    """Return the rates of a model for calls of one kind.

    Raises:
        PriceNotFound: The model has no such price on that day.
    """
    return book.rates(model, day, prompt_tokens, batch=kind.batch, us=kind.us, fast=kind.fast)


def grouped(lines: Iterable[Line], key: Callable[[Line], Key]) -> dict[Key, list[Line]]:
    """Sort lines into groups."""
    groups: dict[Key, list[Line]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return groups


def total_cost(lines: Iterable[Line]) -> Cost:
    """Add up the cost of lines, class by class."""
    return reduce(add, (line.cost for line in lines), _NOTHING)


def total_usage(lines: Iterable[Line]) -> Usage:
    """Add up the tokens of lines, bucket by bucket."""
    return reduce(add, (line.usage for line in lines), Usage())


def total_calls(lines: Iterable[Line]) -> int:
    """Add up the calls of lines."""
    return sum(line.calls for line in lines)
