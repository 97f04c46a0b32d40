"""Settings that every test shares."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "soak", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with traffic, graded answers and a policy; it is only read."""
    from report.homes import make_home

    home = tmp_path_factory.mktemp("home")
    make_home(home)
    return home


@pytest.fixture(scope="session")
def full_document(full_home: Path) -> dict[str, Any]:
    """The account of the full home; it is only read."""
    from modelmix.pipeline.report import ReportAsked, account
    from modelmix.report.account import account_document
    from report.homes import NOW
    from report.ledgers import BOOK, CAPABILITIES

    asked = ReportAsked(home=full_home, policy=full_home / "policy.yaml", now=NOW)
    return account_document(account(asked, BOOK, CAPABILITIES))
