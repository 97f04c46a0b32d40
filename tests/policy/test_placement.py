"""Placement: past calls found in a policy as the gateway would have found them."""

from dataclasses import replace

from modelmix.core.call import Call
from modelmix.core.candidate import Effort
from modelmix.policy.artifact import to_policy
from modelmix.policy.document import PolicyDocument, TaskMatch
from modelmix.policy.placement import Place, Placement
from report.ledgers import CAPABILITIES, HAIKU, OPUS, SONNET, call, entry, moved, policy_of

POLICY = policy_of()


def place(row: Call, policy: PolicyDocument = POLICY) -> Place:
    """Place a call."""
    return Placement(to_policy(policy, CAPABILITIES)).of(row)


def test_a_call_is_found_by_tag_or_template() -> None:
    """A tag that was named, a default, or the template of the system prompt; a name alone does not match."""
    assert place(call(0, "forms")) == Place("forms", asks=True, moved=False, baseline=OPUS)
    assert place(replace(call(0, "forms"), task_source="none")).entry == ""
    by_template = entry("t", "CLEARS", moved=True).model_copy(
        update={"match": TaskMatch(template="8c02d1e0f3a4b5c6")}
    )
    row = replace(call(0, "you-are-8c02d1"), task_source="template", template="8c02d1e0f3a4b5c6")
    assert place(row, policy_of(t=by_template)).entry == "t"


def test_a_rule_is_found_where_a_gateway_wrote_it_down() -> None:
    """A row does not hold what a rule looks at, but the gateway's reason names the entry, moved or not."""
    by_rule = entry("big", "CLEARS", moved=True).model_copy(update={"match": TaskMatch(rule="tools > 0")})
    policy = policy_of(**{"big;one": by_rule})
    sha256 = policy.sha256 or ""
    assert place(call(0, "big;one"), policy).entry == ""
    row = replace(call(0, "untyped"), policy_sha256=sha256, source="gateway")
    for reason in (
        f"task=big%3Bone; static; policy={sha256[:8]}",
        f"would-route {HAIKU}: task=big%3Bone; static; policy={sha256[:8]}",
        f"kept: unknown model; task=big%3Bone; static; policy={sha256[:8]}",
    ):
        assert place(replace(row, reason=reason), policy).entry == "big;one"
    assert place(replace(row, reason="no-match; policy=x"), policy).entry == ""
    assert place(replace(row, reason="task=other; static; policy=x"), policy).entry == ""


def test_only_what_was_really_moved_counts_as_moved() -> None:
    """What would have moved, was kept, or was sent again as asked has not moved."""
    row = moved(0, "forms", POLICY)
    assert place(row) == Place("forms", asks=True, moved=True, baseline=OPUS, live=True)
    for reason in (
        f"would-route x: {row.reason}",
        f"kept: x; {row.reason}",
        f"fallback:400 from x; {row.reason}",
    ):
        assert not place(replace(row, reason=reason)).moved
    assert place(replace(row, reason="task=forms; static; uncertified; policy=x")).moved
    assert not place(replace(row, reason="task=forms; unproven; policy=x")).moved


def test_live_is_this_policy_and_this_route() -> None:
    """Another policy's move, or another model's answer, is not live."""
    row = moved(0, "forms", POLICY)
    assert not place(replace(row, policy_sha256="ab" * 32)).live
    assert not place(replace(row, model_served=SONNET)).live
    assert not place(replace(row, task_type="chat", reason="task=chat; static; policy=x")).live


def test_the_effort_of_a_moved_row_is_the_one_sent() -> None:
    """So what it asked for is known by its model; an unmoved row's effort is its own."""
    assert place(replace(moved(0, "forms", POLICY), effort=Effort.LOW)).asks
    assert not place(replace(call(0, "forms"), effort=Effort.LOW)).asks


def test_a_virtual_model_stands_for_the_baseline() -> None:
    """Where there is an entry; elsewhere nothing tells what it would have been."""
    virtual = replace(call(0, "forms"), model_requested="modelmix")
    assert (place(virtual).asks, place(virtual).baseline) == (True, OPUS)
    stray = replace(virtual, task_type="chat")
    assert (place(stray).asks, place(stray).baseline) == (False, "")


def test_candidates_are_compared_as_written_without_a_table() -> None:
    """A policy without a capability table knows no default efforts."""
    bare = replace(to_policy(POLICY, CAPABILITIES), capabilities=None)
    assert Placement(bare).of(call(0, "chat")).baseline == OPUS
