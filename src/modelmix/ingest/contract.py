"""The contract file: terms of a commitment and what is assumed of the term, as strict YAML."""

import json
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    ValidationError,
    field_validator,
)
from pydantic import WithJsonSchema as Schema

from modelmix.economics.contract import Contract, DiscountTier, Overage
from modelmix.economics.forecast import SURE, Assumptions, Chance
from modelmix.errors import ArtifactError, ConfigError
from modelmix.ingest import contract_cells as cells
from modelmix.policy import yaml_text
from modelmix.policy.cells import Text
from modelmix.policy.fault import first_fault

FORMAT: Final = 1
"""Version of the file format that this code reads."""
SCHEMA_ID: Final = (
    "https://raw.githubusercontent.com/modelmix/modelmix/main/src/modelmix/data/contract.schema.json"
)
"""Where the schema is published; a copy comes with the package as ``data/contract.schema.json``."""
MOST_CHANCES: Final = 12
"""Most values of one assumption, and most discount tiers."""

_EXAMPLES: Mapping[str, str] = {
    "name": "anthropic-2027",
    "term": "{start: 2027-01-01, months: 12}",
    "start": "2027-01-01",
    "months": "12",
    "tiers": "[{from_usd: 0, discount: 0%}, {from_usd: 250000, discount: 8%}]",
    "from_usd": "250000",
    "discount": "8%",
    "signed": "{commit_usd: 300000}",
    "commit_usd": "300000",
    "demand": "{growth: [...], adoption: [...]}",
    "growth": "[{probability: 40%, factor: 1.0}, {probability: 60%, factor: 1.4}]",
    "adoption": "[{probability: 50%, share: 60%}, {probability: 50%, share: 100%}]",
    "price": "[{probability: 70%, factor: 1.0}, {probability: 30%, factor: 0.8}]",
    "probability": "50%",
    "factor": "1.2",
    "share": "60%",
    "mean": "1.2",
    "cv": "30%",
}

OverageWord: TypeAlias = Annotated[
    Overage,
    BeforeValidator(lambda v: cells.one_of(v, ("list", "committed"), "write overage: list")),
    Schema({"enum": ["list", "committed"]}),
]
UnusedWord: TypeAlias = Annotated[
    Literal["lost"],
    BeforeValidator(
        lambda v: cells.one_of(v, ("lost",), "write unused: lost, as nothing else can be sized yet")
    ),
]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Term(_Keys):
    """When the contract holds.

    Attributes:
        start: First day.
        months: Length.
    """

    start: cells.Start
    months: cells.Months

    @property
    def end(self) -> date:
        """First day after the term."""
        years, month = divmod(self.start.month - 1 + self.months, 12)
        year = self.start.year + years
        return date(year, month + 1, min(self.start.day, monthrange(year, month + 1)[1]))

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days


class Tier(_Keys):
    """One step of the discount ladder; it holds until the next one begins.

    Attributes:
        from_usd: Smallest net commitment over the term that has the discount.
        discount: Share off list price.
    """

    from_usd: cells.Usd
    discount: cells.Discount


class FactorChance(_Keys):
    """A factor that an assumption may take.

    Attributes:
        probability: Its chance.
        factor: What today's figure is multiplied by.
    """

    probability: cells.Probability
    factor: cells.Factor


class ShareChance(_Keys):
    """A share that an assumption may take.

    Attributes:
        probability: Its chance.
        share: Part of the savings that goes live, as a mean over the term.
    """

    probability: cells.Probability
    share: cells.Part


class Spread(_Keys):
    """Growth as a lognormal factor.

    Attributes:
        mean: Its mean.
        cv: Its coefficient of variation: standard deviation over mean.
    """

    mean: cells.Factor
    cv: cells.Cv


class Signed(_Keys):
    """A commitment that is in force.

    Attributes:
        commit_usd: Net dollars over the term.
    """

    commit_usd: cells.SomeUsd


def _which(value: object) -> str:
    return "spread" if isinstance(value, Mapping) else "chances"


Growth: TypeAlias = Annotated[
    Annotated[Spread, Tag("spread")] | Annotated[tuple[FactorChance, ...], Tag("chances")],
    Discriminator(_which),
]
_ASSUMED: Final = ("growth", "adoption", "price")


class DemandKeys(_Keys):
    """What the term may bring.

    Attributes:
        baseline_usd: List spend over the term at today's routes, or None for the ledger's.
        growth: Factors of today's volume.
        adoption: Shares of certified savings, not yet live, that go live.
        price: Factors of today's list prices, or None where they stay.
        saving: Share of the baseline that certified routes save, or None for the policy's.
    """

    baseline_usd: cells.SomeUsd | None = None
    growth: Growth
    adoption: tuple[ShareChance, ...]
    price: tuple[FactorChance, ...] | None = None
    saving: cells.Saving | None = None

    @field_validator(*_ASSUMED)
    @classmethod
    def _is_a_distribution(
        cls, value: Spread | Sequence[FactorChance | ShareChance] | None
    ) -> Spread | Sequence[FactorChance | ShareChance] | None:
        if value is None or isinstance(value, Spread):
            return value
        if not 1 <= len(value) <= MOST_CHANCES:
            raise ValueError(
                f"must have 1 to {MOST_CHANCES} entries, not {len(value)}; write what matters most"
            )
        whole = sum((entry.probability for entry in value), Decimal(0))
        if whole != 1:
            gap = (
                f"add {cells.percent(1 - whole)} to" if whole < 1 else f"take {cells.percent(whole - 1)} from"
            )
            raise ValueError(f"the probabilities sum to {cells.percent(whole)}, not 100 %; {gap} one of them")
        return value


class ContractDocument(_Keys):
    """A contract file.

    Attributes:
        modelmix_contract: Version of the file format.
        name: Name of the contract.
        term: When it holds.
        tiers: The discount ladder, from 0 upward.
        overage: Rate of spend beyond the commitment: ``list`` or ``committed``.
        unused: What becomes of unused commitment: ``lost``.
        signed: A commitment that is in force, or None.
        demand: What the term may bring.
    """

    modelmix_contract: Literal[1]
    name: Text
    term: Term
    tiers: tuple[Tier, ...]
    overage: OverageWord = Overage.LIST
    unused: UnusedWord = "lost"
    signed: Signed | None = None
    demand: DemandKeys

    @field_validator("tiers")
    @classmethod
    def _rise(cls, tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
        if not 1 <= len(tiers) <= MOST_CHANCES:
            raise ValueError(f"must have 1 to {MOST_CHANCES} tiers, not {len(tiers)}; write those in reach")
        if tiers[0].from_usd:
            raise ValueError(
                f"begins at {tiers[0].from_usd}, not at 0; write {{from_usd: 0, discount: 0%}} before it"
            )
        for low, high in pairwise(tiers):
            if high.from_usd == low.from_usd:
                raise ValueError(f"two tiers begin at {low.from_usd}; keep one of them")
            if high.from_usd < low.from_usd:
                raise ValueError(
                    f"{high.from_usd} stands after {low.from_usd}; write the lower from_usd first"
                )
            if high.discount < low.discount:
                raise ValueError(
                    f"the discount falls to {cells.percent(high.discount)} at {high.from_usd}; "
                    f"write at least {cells.percent(low.discount)}, which a smaller commitment has"
                )
        return tiers

    def contract(self) -> Contract:
        """Return the terms that the scenario maths work with."""
        tiers = tuple(DiscountTier(float(tier.from_usd), float(tier.discount)) for tier in self.tiers)
        return Contract(tiers, self.overage)

    def assumptions(self) -> Assumptions:
        """Return what is assumed of the term."""
        growth, price = self.demand.growth, self.demand.price
        return Assumptions(
            growth=(Chance(1.0, float(growth.mean)),) if isinstance(growth, Spread) else _factors(growth),
            adoption=tuple(Chance(float(e.probability), float(e.share)) for e in self.demand.adoption),
            price=SURE if price is None else _factors(price),
            growth_cv=float(growth.cv) if isinstance(growth, Spread) else 0.0,
        )


def _factors(entries: Sequence[FactorChance]) -> tuple[Chance, ...]:
    return tuple(Chance(float(entry.probability), float(entry.factor)) for entry in entries)


_HOLDERS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): ContractDocument,
    ("term",): Term,
    ("tiers", "*"): Tier,
    ("signed",): Signed,
    ("demand",): DemandKeys,
    ("demand", "growth"): Spread,
    ("demand", "growth", "*"): FactorChance,
    ("demand", "adoption", "*"): ShareChance,
    ("demand", "price", "*"): FactorChance,
}


def parse(data: bytes, path: str = "-") -> ContractDocument:
    """Read a contract file.

    Args:
        data: Content of the file.
        path: Its name, for the sentence of an error.

    Raises:
        ConfigError: It is not strict YAML, of another format, has an unknown key or a wrong value. The
            sentence names file, line and key, the value, and what to write instead.
    """
    try:
        parsed = yaml_text.read(data, path, kind="contract")
    except ArtifactError as error:
        raise ConfigError(str(error)) from error
    content = parsed.value
    written = content.get("modelmix_contract") if isinstance(content, dict) else None
    if isinstance(written, bool) or not isinstance(written, int):
        raise ConfigError(
            f"{path}: is not a contract file; write `modelmix_contract: {FORMAT}` as its first key"
        )
    if written != FORMAT:
        raise ConfigError(f"{path}: is of format {written}, this modelmix reads {FORMAT}; update one of them")
    try:
        return ContractDocument.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {first_fault(error, parsed, _known, _EXAMPLES)}") from error


def _known(path: yaml_text.Path) -> Sequence[str]:
    where = tuple("*" if isinstance(part, int) else part for part in path[:-1])
    return list(_HOLDERS[where].model_fields)


def schema() -> bytes:
    """Write the JSON Schema of the contract file as the package carries it, with a final line break."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **ContractDocument.model_json_schema(mode="validation"),
        "title": "modelmix contract",
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
