"""Settings: where they come from, in which order, and what they read."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from modelmix import settings
from modelmix.core.usage import Usage
from modelmix.errors import ConfigError
from modelmix.settings import Settings

OWN = """
[[price]]
model = "claude-own-1"
since = 2026-01-01
batch_multiplier = 0.5
source = "contract"
[[price.tier]]
input = 1
cache_read = 0.1
cache_write_5m = 1.25
cache_write_1h = 2
output = 5
"""


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start in an empty folder with an empty environment."""
    for name in ("MODELMIX_HOME", "MODELMIX_PRICES", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_an_explicit_home_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Then MODELMIX_HOME, then ./.modelmix, then the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert settings.load().home == tmp_path / "data" / "modelmix"
    (tmp_path / ".modelmix").mkdir()
    assert settings.load().home == Path(".modelmix")
    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path / "named"))
    assert settings.load().home == tmp_path / "named"
    assert settings.load(tmp_path / "given").home == tmp_path / "given"


def test_without_a_data_folder_it_is_under_the_users_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As the desktop convention has it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.load().home == tmp_path / ".local" / "share" / "modelmix"


def test_loading_creates_nothing(tmp_path: Path) -> None:
    """A home may not exist yet."""
    settings.load(tmp_path / "given")
    assert list(tmp_path.iterdir()) == []


def test_own_price_files_are_added_to_the_built_in_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Several, separated as in PATH; empty parts are nothing."""
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text(OWN)
    second.write_text(OWN.replace("claude-own-1", "claude-own-2"))
    monkeypatch.setenv("MODELMIX_PRICES", f"{first}{os.pathsep}{os.pathsep}{second}")
    loaded = settings.load()
    assert loaded.price_files == (first, second)
    book = loaded.price_book()
    for model in ("claude-own-1", "claude-own-2"):
        assert book.cost(Usage(1_000_000), model, date(2026, 2, 1)).total_usd == Decimal(1)
    assert book.price("claude-opus-5-5", date(2026, 11, 23)).model == "claude-opus-5-5"
    assert book.sha256 != Settings(home=tmp_path).price_book().sha256


def test_a_price_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, or a folder; one sentence with the variable to correct."""
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(ConfigError, match=r"price file .* cannot be read .*; correct MODELMIX_PRICES"):
            Settings(home=tmp_path, price_files=(path,)).price_book()


def test_the_built_in_tables_are_there(tmp_path: Path) -> None:
    """Prices and capabilities come with the package."""
    assert Settings(home=tmp_path).price_book().prices
    assert Settings(home=tmp_path).capabilities().models
