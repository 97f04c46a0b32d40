"""Policies and calls that tests of savings and of the report show."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.usage import Usage
from modelmix.policy.artifact import signed
from modelmix.policy.document import Bar, Certificate, PolicyDocument, TaskBar, TaskEntry, TaskMatch
from modelmix.policy.evidence import TaskEvidence
from modelmix.settings import load

NOW = datetime(2026, 11, 24, tzinfo=UTC)
START = datetime(2026, 11, 10, tzinfo=UTC)
BOOK, CAPABILITIES = load().price_book(), load().capabilities()
OPUS, HAIKU, SONNET = "claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5"
USAGE = Usage(input_tokens=1000, output_tokens=100)


def entry(name: str, verdict: str, *, moved: bool, **evidence: object) -> TaskEntry:
    """Build an entry of a policy whose evidence is about Haiku."""
    shown: dict[str, object] = {
        "pairs": 640, "loss": 0.004, "bound": 0.011, "saving_share": 0.9, "saving_bound": 0.88,
        "errors_per_1000": (20, 24),
    }  # fmt: skip
    stays = {} if moved else {"candidate": Candidate(HAIKU)}
    return TaskEntry(
        match=TaskMatch(tag=name),
        baseline=(Candidate(OPUS),),
        route=Candidate(HAIKU) if moved else "baseline",
        bar=TaskBar(type_margin=0.03),
        evidence=TaskEvidence(verdict=verdict, **{**shown, **stays, **evidence}),
        why=f"{verdict} in a test",
    )


def policy_of(**tasks: TaskEntry) -> PolicyDocument:
    """Sign a policy of these entries; without any: one that moves, one that fails, one that is undecided."""
    entries = tasks or {
        "forms": entry("forms", "CLEARS", moved=True),
        "tickets": entry("tickets", "FAILS", moved=False, loss=0.12, bound=0.15),
        "reports": entry("reports", "UNDECIDED", moved=False, more_pairs=478, more_usd=9.40),
    }
    return signed(
        PolicyDocument(
            name="pipeline",
            version=3,
            created=NOW,
            bar=Bar(margin=0.02, alpha=0.05, error_cost_usd=1),
            certificate=Certificate(
                verdict="CLEARS",
                pairs=1700,
                bound=0.013,
                loss_moved=0.004,
                method="fixed",
                attempts=2,
                alpha_spent=0.96,
                prices_as_of=date(2026, 11, 23),
                expires=date(2027, 2, 21),
                evidence_sha256="5f" * 32,
                graders=["json_fields@1"],
                basis="volumes: calls in the ledger",
                moved_share=0.7,
                saving_share=0.5,
                saving_bound=0.4,
                errors_per_1000=(20, 24),
            ),
            tasks=entries,
        )
    )


def call(
    number: int, task_type: str, model: str = OPUS, usage: Usage = USAGE, source: str = "messages"
) -> Call:
    """Build a call of today; the number is its id and its hour."""
    return Call(
        call_id=f"msg_{number}",
        at=START + timedelta(hours=number),
        source=source,
        model_requested=model,
        model_served=model,
        usage=usage,
        task_type=task_type,
        task_source="tag",
    )


def moved(number: int, task_type: str, policy: PolicyDocument, usage: Usage = USAGE) -> Call:
    """Build a row of a gateway that enforces a policy and moved the call to Haiku."""
    sha256 = policy.sha256 or ""
    return Call(
        call_id=f"msg_moved_{number}",
        at=START + timedelta(hours=number),
        source="gateway",
        model_requested=OPUS,
        model_served=HAIKU,
        effort=Effort.HIGH,
        usage=usage,
        task_type=task_type,
        task_source="tag",
        reason=f"task={task_type}; static; policy={sha256[:8]}",
        policy_sha256=sha256,
    )


OPUS_USD = BOOK.cost(USAGE, OPUS, START).total_usd
HAIKU_USD = BOOK.cost(USAGE, HAIKU, START).total_usd
NOTHING = Decimal(0)
