"""Settings: the environment and the package's own data, read once into frozen values."""

import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.errors import ConfigError

LOCAL_HOME = Path(".modelmix")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command needs to know of its surroundings.

    Attributes:
        home: Folder of ledger and lake; may not exist yet.
        price_files: Users' own price files, read after the built-in table.
    """

    home: Path
    price_files: tuple[Path, ...] = ()

    def price_book(self) -> PriceBook:
        """Read the built-in prices and the user's own.

        Raises:
            ConfigError: A price file cannot be read or is not valid.
        """
        documents = [resources.files("modelmix").joinpath("data/prices.toml").read_bytes()]
        for path in self.price_files:
            try:
                documents.append(path.read_bytes())
            except OSError as error:
                reason = error.strerror or error
                raise ConfigError(
                    f"price file {path} cannot be read ({reason}); correct MODELMIX_PRICES"
                ) from error
        return PriceBook.parse(*documents)

    def capabilities(self) -> CapabilityTable:
        """Read the built-in capability table."""
        document = resources.files("modelmix").joinpath("data/capabilities.toml").read_bytes()
        return CapabilityTable.parse(document)


def load(home: Path | None = None) -> Settings:
    """Gather settings.

    The home is the one given, else ``MODELMIX_HOME``, else ``./.modelmix`` if it is there, else a folder
    among the user's data. Price files are those of ``MODELMIX_PRICES``, separated as in ``PATH``.
    """
    named = os.environ.get("MODELMIX_HOME")
    prices = tuple(Path(name) for name in os.environ.get("MODELMIX_PRICES", "").split(os.pathsep) if name)
    if home is None and named:
        home = Path(named)
    if home is None:
        home = LOCAL_HOME if LOCAL_HOME.is_dir() else _user_data() / "modelmix"
    return Settings(home=home, price_files=prices)


def _user_data() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
