"""What an outcome cost: its tokens at a dated price, or what its table says."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from modelmix.core.outcome import Outcome
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.errors import PriceNotFound


@dataclass(slots=True)
class OutcomePricer:
    """Prices outcomes, and remembers on what basis.

    An outcome with tokens and a model in the book is priced at ``day``, else at the last day on which its
    model had a price; one without is worth what its table states. All tokens count as uncached input and
    output: a table of outcomes does not tell of caching.

    Attributes:
        book: Prices, stand-ins included.
        today: UTC day that no price may lie beyond.
        day: Day of the prices, or None for each model's last.
        days: Model → day whose price it got.
        stated: Models priced by what the table states.
        unpriced: Model → number of outcomes without a price.
    """

    book: PriceBook
    today: date
    day: date | None = None
    days: dict[str, date] = field(default_factory=dict)
    stated: set[str] = field(default_factory=set)
    unpriced: dict[str, int] = field(default_factory=dict)

    def cost_usd(self, outcome: Outcome) -> Decimal | None:
        """Return the cost of an outcome, or None where neither tokens nor the table tell."""
        model = outcome.candidate.model
        if outcome.input_tokens is not None and outcome.output_tokens is not None:
            usage = Usage(input_tokens=outcome.input_tokens, output_tokens=outcome.output_tokens)
            try:
                day = self.days.get(model) or self._day(model)
                cost = self.book.cost(usage, model, day).total_usd
            except PriceNotFound:
                pass
            else:
                self.days[model] = day
                return cost
        if outcome.cost_usd is not None:
            self.stated.add(model)
            return outcome.cost_usd
        self.unpriced[model] = self.unpriced.get(model, 0) + 1
        return None

    def _day(self, model: str) -> date:
        return self.book.last_day(model, self.today) if self.day is None else self.day
