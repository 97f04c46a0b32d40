"""The policy file as values."""

from typing import Any

import pytest
from pydantic import ValidationError

from modelmix.core.candidate import Candidate
from modelmix.policy.document import Bar, PolicyDocument, TaskEntry, TaskMatch
from modelmix.policy.rules import parse

OPUS, HAIKU = Candidate("claude-opus-5-5"), Candidate("claude-haiku-5-5")


def change(document: PolicyDocument, where: str, **changes: object) -> PolicyDocument:
    """Change keys of one part, ``.`` for the whole, without checking the hash again."""
    if where == ".":
        return document.model_copy(update=changes)
    if where in ("bar", "certificate"):
        return document.model_copy(update={where: getattr(document, where).model_copy(update=changes)})
    name, _, part = where.partition("/")
    entry = document.tasks[name]
    update: dict[str, Any] = {part: getattr(entry, part).model_copy(update=changes)} if part else changes
    return document.model_copy(update={"tasks": {**document.tasks, name: entry.model_copy(update=update)}})


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"route": HAIKU}, "has a route but no baseline"),
        ({"route": OPUS, "baseline": OPUS}, "routes to its own baseline"),
        ({"route": HAIKU, "baseline": Candidate("modelmix")}, "names the virtual model"),
        ({"route": Candidate("claude-modelmix"), "baseline": OPUS}, "names the virtual model"),
        ({"route": "haiku", "baseline": OPUS}, "should be 'baseline'"),
        ({"route": "baseline", "match": {}}, "names no tag, template or rule"),
        ({"route": "baseline", "match": {"rule": None}}, "names no tag, template or rule"),
        ({"route": "baseline", "match": {"rule": "tools >"}}, "position 8"),
        ({"route": "baseline", "critical": "yes"}, "valid boolean"),
        ({"route": "baseline", "batch": {"deferrable": True, "deadline": "soon"}}, "match pattern"),
        ({"route": "baseline", "caching": {"ttl": "2h"}}, "'5m' or '1h'"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused(keys: dict[str, Any], why: str) -> None:
    """A route needs a baseline other than itself, a match needs something to match."""
    with pytest.raises(ValidationError, match=why):
        TaskEntry(**{"match": TaskMatch(tag="a"), **keys})


def test_one_baseline_stands_for_a_list_of_one() -> None:
    """Both ways of writing are the same entry."""
    match = TaskMatch(tag="a")
    one = TaskEntry(match=match, baseline=OPUS, route=HAIKU)
    assert one == TaskEntry(match=match, baseline=(OPUS,), route=HAIKU)


def test_a_match_becomes_what_the_policy_evaluates() -> None:
    """Tag, template and rule are carried over, the rule read."""
    match = TaskMatch(tag="a", rule="tools > 0").match()
    assert ("a", "", parse("tools > 0")) == (match.tag, match.template, match.rule)


def test_documents_with_their_tasks_in_another_order_differ(document: PolicyDocument) -> None:
    """The first match wins, so the order is part of the policy."""
    turned = document.model_copy(update={"tasks": dict(reversed(document.tasks.items()))})
    assert document != turned
    assert document == document.model_copy()
    assert document != "a text"


def test_a_document_may_be_made_in_one_line() -> None:
    """All but name, bar and tasks has a default."""
    made = PolicyDocument(name="x", bar=Bar(margin="2pp"), tasks={})
    assert (made.default, made.version, made.sha256) == ("baseline", 1, None)


def test_routed_entries_are_those_that_move(document: PolicyDocument) -> None:
    """They come in the order of the file."""
    assert list(document.routed()) == ["form-extraction", "report-summary"]


@pytest.mark.parametrize(
    ("where", "changes", "certified"),
    [
        (".", {}, True),
        (".", {"sha256": None}, False),
        (".", {"certificate": None}, False),
        ("form-extraction", {"evidence": None}, False),
        ("certificate", {"verdict": "UNDECIDED"}, False),
        ("form-extraction/evidence", {"verdict": "FAILS"}, False),
        ("certificate", {"bound": None}, True),
        ("bar", {"margin": 0.01}, False),
        ("form-extraction/bar", {"type_margin": 0.01}, False),
        ("form-extraction/bar", {"type_margin": None}, True),
        ("form-extraction", {"bar": None}, True),
        ("form-extraction", {"critical": True}, True),
    ],
)
def test_a_route_is_certified_by_its_own_evidence_and_the_whole(
    document: PolicyDocument, where: str, changes: dict[str, object], certified: bool
) -> None:
    """Both must say CLEARS, and a bound above its margin is not believed."""
    assert certified is change(document, where, **changes).certified("form-extraction")


def test_a_critical_type_is_held_to_the_margin_itself(document: PolicyDocument) -> None:
    """Its own bound must be within the policy's margin, whatever its type margin."""
    loose = change(document, "form-extraction/evidence", bound=0.025)
    assert loose.certified("form-extraction")
    assert not change(loose, "form-extraction", critical=True).certified("form-extraction")
