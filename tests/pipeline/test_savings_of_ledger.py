"""From a policy file and a ledger to savings."""

from pathlib import Path

import pytest

from modelmix.errors import ArtifactError
from modelmix.pipeline.savings import read_policy, savings
from modelmix.policy.artifact import render
from modelmix.store.ledger import Ledger
from report.ledgers import BOOK, CAPABILITIES, NOW, OPUS_USD, call, policy_of


def test_a_policy_file_is_held_against_the_ledger(tmp_path: Path) -> None:
    """The ledger's calls are read once; what they ask for decides what the policy saves."""
    path = tmp_path / "policy.yaml"
    path.write_bytes(render(policy_of()))
    with Ledger.open(tmp_path) as ledger:
        ledger.put_calls([call(hour, "forms") for hour in range(48)])
        found = savings(read_policy(path), ledger.calls(), BOOK, CAPABILITIES, NOW)
    assert (found.calls, found.today_usd) == (48, 48 * OPUS_USD)
    assert found.policy_sha256 == policy_of().sha256


def test_a_policy_that_cannot_be_trusted_is_not_read(tmp_path: Path) -> None:
    """A missing file and a changed one are refused, with what to do next."""
    path = tmp_path / "policy.yaml"
    with pytest.raises(ArtifactError, match="modelmix optimize"):
        read_policy(path)
    path.write_bytes(render(policy_of()).replace(b"0.9", b"0.99"))
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        read_policy(path)
