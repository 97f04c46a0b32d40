"""Fingerprints remembers templates without their prompts."""

import pytest

from modelmix.classify.fingerprints import Fingerprints
from modelmix.classify.template import NO_TEMPLATE, fingerprint


def test_it_answers_what_the_fingerprint_is() -> None:
    """The memory never changes an answer, whether it knows the prompt or not."""
    known = Fingerprints()
    for system in ("Extract forms.", [{"text": "Extract forms."}], "Triage tickets.", "Extract forms."):
        assert known.of(system) == fingerprint(system)
    assert len(known) == 2


def test_no_prompt_takes_no_room() -> None:
    """Requests without a system prompt are answered without being remembered."""
    known = Fingerprints()
    assert known.of(None) == NO_TEMPLATE
    assert len(known) == 0


def test_the_attribution_block_is_no_part_of_what_is_remembered() -> None:
    """Claude Code's requests, each with another first block, meet the same entry."""
    known = Fingerprints()
    for n in range(5):
        header = {"text": f"x-anthropic-billing-header: cch={n}"}
        assert known.of([header, {"text": "Edit code."}]) == fingerprint("Edit code.")
    assert len(known) == 1


def test_the_entry_used_longest_ago_goes_first() -> None:
    """The memory is bounded, and use keeps an entry in it."""
    known = Fingerprints(size=2)
    for system in ("one text", "two texts", "one text", "three texts"):
        known.of(system)
    assert len(known) == 2
    kept = set(known._known.values())
    assert kept == {fingerprint("one text"), fingerprint("three texts")}


def test_a_memory_has_room() -> None:
    """A size below one is the programmer's error."""
    with pytest.raises(ValueError, match="size is 0"):
        Fingerprints(size=0)
