"""Place: where a replay keeps its books and whom it asks."""

from dataclasses import dataclass, field
from pathlib import Path

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a replay keeps its books and whom it asks.

    Attributes:
        home: Folder of ledger and lake.
        book: Prices.
        capabilities: What models accept.
        key: The API key.
        admin_key: Key that may read the usage report, or empty.
    """

    home: Path
    book: PriceBook
    capabilities: CapabilityTable
    key: str = field(repr=False, default="")
    admin_key: str = field(repr=False, default="")
