"""The JSON form of an audit."""

import json
from dataclasses import replace
from decimal import Decimal

from modelmix.core.call import BadRow
from modelmix.core.usage import Usage
from modelmix.report.audit import audit_document
from report.audits import audit_of, call


def test_the_document_has_the_agreed_keys() -> None:
    """The keys that others read are there under their names."""
    rows = [call(0), call(1, "claude-internal", Usage(5, output_tokens=2)), call(2, is_subagent=True)]
    document = audit_document(audit_of(rows, [BadRow("a.jsonl", 3, "not JSON")], copies=4))
    assert document["schema"] == "modelmix.audit/1"
    assert document["totals"]["calls"] == 3
    assert document["unpriced"]["models"] == ["claude-internal"]
    assert (document["unpriced"]["calls"], document["unpriced"]["tokens"]) == (1, 7)
    assert document["bad_rows"] == [{"source": "a.jsonl", "line": 3, "why": "not JSON"}]
    assert set(document["prices"]) >= {"as_of", "sha256"}
    assert document["copies_removed"] == 4
    assert json.loads(json.dumps(document)) == document


def test_sums_agree_with_their_parts() -> None:
    """Models, types, days and classes each add up to the totals."""
    rows = [
        call(i * 700, f"claude-{('opus', 'sonnet', 'haiku')[i % 3]}-5-5", task_type="ab"[i % 2])
        for i in range(9)
    ]
    document = audit_document(audit_of(rows))
    total = Decimal(document["totals"]["usd_exact"])
    for part in ("by_model", "by_task_type", "by_day"):
        assert total == sum(Decimal(row["usd_exact"]) for row in document[part])
        assert document["totals"]["calls"] == sum(row["calls"] for row in document[part])
        assert document["totals"]["tokens"]["total"] == sum(row["tokens"]["total"] for row in document[part])
    assert abs(float(total) - sum(document["totals"]["usd_by_class"].values())) < 1e-5
    assert abs(1 - sum(row["share"] for row in document["by_model"])) < 1e-5


def test_a_model_without_a_price_has_no_cost_rather_than_none() -> None:
    """What has no price is null, never 0."""
    document = audit_document(audit_of([call(0, "claude-internal")]))
    assert document["by_model"][0]["usd"] is None
    assert document["unpriced"]["share"] == 1


def test_calls_without_tokens_count_by_calls() -> None:
    """Where no call has tokens the unpriced share is one of calls."""
    rows = [call(0, "claude-internal", Usage()), call(1, usage=Usage())]
    assert audit_of(rows).unpriced_share == 0.5
    assert audit_of([]).unpriced_share == 0


def test_calls_of_replays_are_the_cost_of_proof() -> None:
    """They stand under a key of their own: in no total, type, day, source or thing at stake."""
    traffic = [call(0, source="messages"), call(1, source="messages")]
    replays = [call(2, source="replay"), call(3, source="replay")]
    document = audit_document(audit_of([*traffic, *replays]))
    proof = document.pop("proof")
    without = audit_document(audit_of(traffic))
    assert without.pop("proof") == {
        "calls": 0, "usd": 0.0, "usd_exact": "0", "unpriced_calls": 0, "basis": "measured",
        "tokens": dict.fromkeys(proof["tokens"], 0),
    }  # fmt: skip
    assert document == without
    assert (proof["calls"], proof["usd_exact"], proof["basis"]) == (
        2,
        document["totals"]["usd_exact"],
        "measured",
    )
    practice = [replace(one, call_id=f"msg_sim{i}") for i, one in enumerate(replays)]
    assert audit_document(audit_of(practice))["proof"]["basis"] == "simulated"


def test_an_empty_audit_has_no_days() -> None:
    """Without calls the span has no ends and ratios are null."""
    document = audit_document(audit_of([]))
    assert document["span"]["first_day"] is None
    assert document["cache"]["hit_ratio"] is None
    assert document["notes"] == []
