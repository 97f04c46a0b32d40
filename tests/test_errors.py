"""The error tree: what each error carries, and the exit code that it means."""

import inspect
from datetime import date

import pytest

from modelmix import errors
from modelmix.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    EvidenceError,
    ModelmixError,
    PriceNotFound,
    StoreError,
    StreamBroken,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnreachable,
)

RAISED = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]
TREE: list[type[ModelmixError]] = [one for one in RAISED if issubclass(one, ModelmixError)]


def test_every_error_is_one_of_ours() -> None:
    """One root, so that one catch suffices at the edge."""
    assert TREE == RAISED
    assert len(TREE) >= 11


def test_codes_are_unique_and_begin_with_the_exit_code() -> None:
    """MODELMIX-E and three digits, of which the first is the exit status."""
    codes = [one.code for one in TREE]
    assert len(set(codes)) == len(codes)
    for one in TREE:
        prefix, _, digits = one.code.partition(f"E{one.exit_code}")
        assert (prefix, len(digits)) == ("MODELMIX-", 2)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Every class stands in the drawing, with its code."""
    drawing = errors.__doc__ or ""
    for one in TREE:
        assert one.__name__ in drawing
        if one is not ModelmixError:
            assert one.code.removeprefix("MODELMIX-") in drawing


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (ConfigError("a"), 3),
        (PriceNotFound("m", date(2026, 1, 1), "h"), 3),
        (ArtifactError("p", "w"), 3),
        (DataError("a"), 4),
        (UpstreamError("a"), 7),
        (UpstreamTimeout("a"), 7),
        (UpstreamUnreachable("a"), 7),
        (StreamBroken("a", bytes_seen=1), 7),
        (EvidenceError("a"), 8),
        (StoreError("a"), 9),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes(error: ModelmixError, exit_code: int) -> None:
    """As documented: 3 configuration, 4 input, 7 upstream, 8 evidence, 9 ledger."""
    assert error.exit_code == exit_code


def test_data_travel_as_attributes_and_the_sentence_as_text() -> None:
    """Each error says what, which value and what to do."""
    price = PriceNotFound("claude-x", date(2026, 11, 1), "add it")
    assert (price.model, price.day, price.hint) == ("claude-x", date(2026, 11, 1), "add it")
    assert str(price) == "no price for 'claude-x' on 2026-11-01: add it"
    artifact = ArtifactError("policy.yaml", "its hash does not match")
    assert (artifact.path, artifact.why) == ("policy.yaml", "its hash does not match")
    assert str(artifact) == "policy.yaml: its hash does not match"
    assert UpstreamError("down", request_id="req_1").request_id == "req_1"
    assert UpstreamError("down").request_id == ""
    broken = StreamBroken("cut", bytes_seen=7, request_id="req_2")
    assert (broken.bytes_seen, broken.request_id, str(broken)) == (7, "req_2", "cut")
