"""What the tests of policies share: the package's own tables and one certified document."""

from datetime import UTC, date, datetime
from importlib import resources

import pytest

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.policy.artifact import signed
from modelmix.policy.document import (
    Bar,
    Batch,
    Caching,
    Certificate,
    PolicyDocument,
    TaskBar,
    TaskEntry,
    TaskMatch,
)
from modelmix.policy.evidence import TaskEvidence


@pytest.fixture(scope="session")
def capabilities() -> CapabilityTable:
    """The capability table of the package."""
    return CapabilityTable.parse(resources.files("modelmix").joinpath("data/capabilities.toml").read_bytes())


@pytest.fixture(scope="session")
def book() -> PriceBook:
    """The price book of the package."""
    return PriceBook.parse(resources.files("modelmix").joinpath("data/prices.toml").read_bytes())


@pytest.fixture(scope="session")
def unsigned() -> PolicyDocument:
    """A document with every key, before it is signed."""
    opus = Candidate("claude-opus-5-5", Effort.MEDIUM)
    return PolicyDocument(
        name="document-pipeline",
        version=7,
        created=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
        bar=Bar(margin=0.02, alpha=0.05, error_cost_usd=1),
        certificate=Certificate(
            verdict="CLEARS",
            pairs=3412,
            moved_share=0.71,
            loss_moved=0.004,
            bound=0.013,
            errors_per_1000=(31, 35),
            method="fixed-tango",
            attempts=2,
            alpha_spent=0.05,
            graders=["json_fields@1", "judge@2"],
            prices_as_of=date(2026, 11, 23),
            expires=date(2027, 2, 21),
            evidence_sha256="5f" * 32,
            saving_share=0.54,
            saving_bound=0.51,
            basis="fresh rows of the outcome table",
        ),
        tasks={
            "form-extraction": TaskEntry(
                match=TaskMatch(tag="form-extraction"),
                baseline=opus,
                route=Candidate("claude-haiku-5-5", Effort.LOW),
                bar=TaskBar(type_margin=0.03, error_cost_usd=4),
                evidence=TaskEvidence(
                    verdict="CLEARS",
                    pairs=640,
                    loss=0.004,
                    bound=0.011,
                    errors_per_1000=(20, 24),
                    saving_share=0.93,
                    saving_bound=0.91,
                    saving_usd_month=1310,
                    kind="tier",
                ),
                caching=Caching(ttl="1h", breakpoints=["system"]),
                batch=Batch(deferrable=True, deadline="6h"),
            ),
            "report-summary": TaskEntry(
                match=TaskMatch(template="8c02d1e0f3a4b5c6"),
                baseline=[Candidate("claude-opus-4-8"), Candidate("claude-opus-5")],
                route=Candidate("claude-opus-5-5", Effort.LOW),
                evidence=TaskEvidence(verdict="CLEARS", pairs=412, loss=0, bound=0.019, saving_bound=0.3),
            ),
            "analytical-question": TaskEntry(
                match=TaskMatch(rule="tools > 0 or input_tokens > 20000"),
                baseline=opus,
                critical=True,
                route="baseline",
                evidence=TaskEvidence(
                    verdict="UNDECIDED",
                    pairs=212,
                    candidate=Candidate("claude-haiku-5-5"),
                    more_pairs=478,
                    more_usd=9.40,
                ),
                why="UNDECIDED: 212 of about 690 pairs; $9.40 more would decide",
            ),
        },
    )


@pytest.fixture(scope="session")
def document(unsigned: PolicyDocument) -> PolicyDocument:
    """The same document, signed."""
    return signed(unsigned)
