"""The receipt: its lines add up, and each says what it rests on."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import Call
from modelmix.core.usage import Usage
from modelmix.pipeline.savings import savings
from modelmix.policy.document import PolicyDocument
from modelmix.report.receipt import Advice, Money, amounts_of, month_of, receipt
from modelmix.report.savings import Savings
from report.ledgers import BOOK, CAPABILITIES, NOW, call, entry, moved, policy_of

POLICY = policy_of()
ADVICE = Advice(
    term_days=365,
    cash_usd=Decimal("1000.005"),
    cash_low_usd=Decimal(800),
    cash_high_usd=Decimal(1200),
    headroom_usd=Decimal(50),
    sign_usd=Decimal(9000),
    sign_low_usd=Decimal(8000),
    sign_high_usd=Decimal(9500),
    basis="estimated",
    cash_why="under what is signed",
    sign_why="best of three tiers",
)


def of(calls: Iterable[Call], policy: PolicyDocument = POLICY) -> Savings:
    """Apply a policy to calls."""
    return savings(policy, calls, BOOK, CAPABILITIES, NOW)


def lines(found: Savings, advice: Advice | None = None, *, is_simulated: bool = False) -> dict[str, Any]:
    """Draw the receipt up."""
    return receipt(Money(found, amounts_of(found), month_of(found)), advice, is_simulated=is_simulated)


def test_lines_add_up() -> None:
    """What is left is today less what is proven, in the span and in the month."""
    usage = Usage(100_003, output_tokens=7_001)
    found = of(
        call(hour, name, usage=usage) for hour in range(100) for name in ("forms", "tickets", "reports", "x")
    )
    shown = lines(found)
    cents = {key: Decimal(repr(shown[key]["usd"])) for key in ("today", "proven", "after")}
    assert cents["today"] - cents["proven"] == cents["after"]
    month = {key: Decimal(repr(shown[key]["month_usd"])) for key in ("today", "proven", "after")}
    assert month["today"] - month["proven"] == month["after"]
    assert shown["proven"]["bound_usd"] <= shown["proven"]["usd"]
    assert (shown["proven"]["types"], shown["proven"]["pairs"], shown["today"]["calls"]) == (1, 640, 400)
    assert (shown["undecided"]["more_usd"], shown["refused"]["more_usd"]) == (9.4, None)
    assert list(shown) == ["today", "proven", "refused", "undecided", "after", "cash", "sign_for"]


def test_the_basis_says_how_a_figure_is_known() -> None:
    """Measured until a call was moved; simulated where the practice API answered every call."""
    assert lines(of([call(0, "forms")]))["today"]["basis"] == "measured"
    assert lines(of([call(0, "forms"), moved(1, "forms", POLICY)]))["today"]["basis"] == "estimated"
    practice = [replace(call(0, "forms"), call_id="msg_sim0")]
    shown = lines(of(practice))
    assert {shown[key]["basis"] for key in ("today", "proven", "refused", "undecided", "after")} == {
        "simulated"
    }
    assert lines(of(practice), ADVICE)["sign_for"]["basis"] == "simulated"
    assert lines(of(practice))["sign_for"]["basis"] == "not known"
    assert lines(of([*practice, call(1, "forms")]), ADVICE)["proven"]["basis"] == "estimated"


def test_simulated_evidence_makes_every_saving_simulated() -> None:
    """Real traffic is still measured; what is said to be saved on it is not."""
    shown = lines(of([call(0, "forms")]), ADVICE, is_simulated=True)
    assert shown["today"]["basis"] == "measured"
    assert {line["basis"] for key, line in shown.items() if key != "today"} == {"simulated"}


def test_without_a_contract_it_says_what_to_run() -> None:
    """Cash and signature are not guessed."""
    shown = lines(of([]))
    assert shown["cash"] == {
        "usd": None,
        "basis": "not known",
        "how": "modelmix report --contract contract.yaml",
    }
    assert shown["sign_for"]["usd"] is None
    assert (shown["today"]["usd"], shown["proven"]["share"], shown["today"]["month_usd"]) == (0, 0, None)


def test_with_a_contract_it_says_what_to_sign() -> None:
    """Amounts of the term to the cent, with their intervals."""
    shown = lines(of([call(0, "forms")]), ADVICE)
    assert (shown["cash"]["usd"], shown["cash"]["headroom_usd"]) == (1000.0, 50.0)
    assert (shown["sign_for"]["low_usd"], shown["sign_for"]["high_usd"]) == (8000.0, 9500.0)


def test_a_saving_without_a_figure_is_counted() -> None:
    """It is in no sum, and the line says how many there are."""
    policy = policy_of(forms=entry("forms", "CLEARS", moved=True, saving_share=None, saving_bound=None))
    shown = lines(of([call(0, "forms")], policy))["proven"]
    assert (shown["usd"], shown["without_price"], shown["types"]) == (0.0, 1, 1)


@given(
    st.lists(
        st.tuples(st.sampled_from(["forms", "tickets", "reports", "x"]), st.integers(0, 10**7)), max_size=12
    )
)
def test_parts_add_up_whatever_they_are(rows: list[tuple[str, int]]) -> None:
    """By type, explicit and other are all of today, exactly, at the step that amounts are written in."""
    found = of(call(i, name, usage=Usage(tokens)) for i, (name, tokens) in enumerate(rows))
    amounts = amounts_of(found)
    assert amounts.today_usd == found.today_usd.quantize(amounts.quantum)
    assert all(usd == usd.quantize(amounts.quantum) for usd in amounts.today)
