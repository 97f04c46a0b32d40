"""The report's page: every figure is the document's, and no text is anything but text."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from modelmix.core.candidate import Candidate
from modelmix.pipeline.savings import savings
from modelmix.policy.document import PolicyDocument, Refused
from modelmix.report.account import Account, account_document
from modelmix.report.account_page import account_page
from modelmix.report.examples import Example, Text
from modelmix.report.receipt import Advice
from modelmix.report.type_rows import TypeEvidenceShown
from report.figures import figures, wrong
from report.homes import HOSTILE_TYPE, NOW
from report.ledgers import BOOK, CAPABILITIES, HAIKU, OPUS, call, entry, moved, policy_of
from report.test_receipt import ADVICE

POLICY = policy_of()
PLOTLY = "window.Plotly = undefined;"


def shown(account_: Account, plotly: str = PLOTLY) -> tuple[dict[str, Any], str]:
    """Draw up an account and its page."""
    document = account_document(account_)
    return document, account_page(document, plotly)


@pytest.fixture(scope="module")
def full(full_document: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The account and page of a full home."""
    return full_document, account_page(full_document, PLOTLY)


def made(calls: list[Any], policy: PolicyDocument = POLICY, advice: Advice | None = None) -> Account:
    """Build an account of calls without evidence rows."""
    found = savings(policy, calls, BOOK, CAPABILITIES, NOW)
    return Account(savings=found, policy=policy, policy_path="p.yaml", made=NOW, version="1", advice=advice)


def words(page: str) -> str:
    """The text of a page."""
    plain = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", plain)).replace("&#x27;", "'").replace("&lt;", "<")


def test_every_figure_is_the_documents(full: tuple[dict[str, Any], str]) -> None:
    """Hundreds of figures, each at its place in the JSON and saying what stands there."""
    document, page = full
    found = figures(page)
    assert len(found) > 200
    assert list(wrong(found, document)) == []
    paths = {figure.path for figure in found}
    for path in ("receipt.today.usd", "receipt.proven.month_bound_usd", "waterfall.2.usd", "tasks.3.bound"):
        assert path in paths
    assert json.loads(json.dumps(document)) == document


def test_the_receipt_comes_first(full: tuple[dict[str, Any], str]) -> None:
    """Today, proven, refused, at stake, cash, sign for; then everything else."""
    said = words(full[1])
    order = [
        "The receipt", "Today", "Proven", "Refused", "At stake, not proven", "Cash after your commit",
        "Sign for",
        "Spend before and after", "From today to after", "By task type", "Every candidate measured",
        "Realised so far", "Certificate and attempts", "Where the figures come from",
    ]  # fmt: skip
    places = [said.index(words_) for words_ in order]
    assert places == sorted(places)
    assert "modelmix report --contract contract.yaml" in said


def test_hostile_text_stays_text(full: tuple[dict[str, Any], str]) -> None:
    """No tag, attribute or script comes out of a prompt, a name, a slice or a grader."""
    page = full[1]
    assert HOSTILE_TYPE not in page
    assert page.count("<script>") == 2
    assert len(re.findall(r"</script>", page)) == 4
    assert not re.findall(r"<(?:img|a href=.javascript|b>)", page)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "\x00" not in page
    assert "and 80,000 more characters" in words(page)


def test_only_two_scripts_may_run_and_no_network_is_left(full: tuple[dict[str, Any], str]) -> None:
    """The policy names hashes, allows no connection, and the page names no address."""
    page = full[1]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "connect-src 'none'" in policy[1]
    assert policy[1].count("'sha256-") == 2
    assert "unsafe-inline" not in policy[1].split("style-src")[0]
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)


def test_without_plotly_nothing_runs(full: tuple[dict[str, Any], str]) -> None:
    """The page stands without charts, too."""
    page = account_page(full[0], "")
    assert "<script" not in page
    assert "script-src 'none'" in page


def test_a_page_of_nothing_says_so() -> None:
    """No traffic, no type, no certificate: sentences, not empty tables or zeros."""
    bare = POLICY.model_copy(update={"sha256": None, "certificate": None, "created": None, "tasks": {}})
    document, page = shown(made([], bare))
    said = words(page)
    assert "The policy has no task type" in said
    assert "None: nothing is proven here" in said
    assert "no move is certified" in said
    assert "no gateway has moved a call" in said
    assert "no candidate fails its bar" in said
    assert "nothing is left open" in said
    assert "the lake holds no paired outcomes".lower() in said.lower()
    assert list(wrong(figures(page), document)) == []


def test_a_contract_fills_the_last_lines() -> None:
    """Cash with what only frees headroom, and what to sign, each with its interval."""
    document, page = shown(made([call(0, "forms"), call(40, "forms")], advice=ADVICE))
    said = words(page)
    assert "$9,000.00" in said
    assert "$8,000.00 to $9,500.00" in said
    assert "$50.00 more only frees room under what is signed" in said
    assert list(wrong(figures(page), document)) == []


def break_even(calls: int = 1, error_cost: float | None = 1, **evidence: object) -> str:
    """Say whether a move pays."""
    one = entry("forms", "CLEARS", moved=True, **evidence)
    policy = policy_of(forms=one)
    bar = policy.bar.model_copy(update={"error_cost_usd": error_cost})
    found = savings(policy, [call(i, "forms") for i in range(calls)], BOOK, CAPABILITIES, NOW)
    known = [row.error_cost_usd if error_cost else None for row in found.types]
    rows = tuple(replace(row, error_cost_usd=usd) for row, usd in zip(found.types, known, strict=True))
    document, page = shown(
        Account(
            savings=replace(found, types=rows),
            policy=policy.model_copy(update={"bar": bar}),
            policy_path="p",
            made=NOW,
            version="1",
        )
    )
    assert list(wrong(figures(page), document)) == []
    return words(page)


def test_each_move_says_when_it_pays() -> None:
    """Break-even at the measured loss and in the worst case, held against the cost that was stated."""
    assert "The move pays only while a wrong answer costs less than $1.35" in break_even()
    assert "in the worst case (1.1 pp) only below $0.49" in break_even()
    assert "it pays at the measured loss, and not in the worst case" in break_even()
    assert "it does not pay at the measured loss" in break_even(loss=0.5, bound=0.6)
    assert "it pays, in the worst case too" in break_even(loss=-0.1, bound=-0.05)
    assert "pays whatever a wrong answer costs, at the measured loss" in break_even(loss=-0.1, bound=0.1)
    assert "is not said" in break_even(error_cost=None)
    assert "no loss is on record" in break_even(loss=None, bound=None)
    assert "cannot be said" in break_even(calls=0)
    assert "cannot be said" in break_even(saving_share=None)
    assert "not cheaper here" in break_even(saving_share=-0.5)


def test_what_stays_says_why_and_what_would_decide() -> None:
    """Refused and undecided types, uncertified moves, types without a candidate."""
    document, page = shown(made([call(0, "forms"), moved(1, "forms", POLICY), call(40, "tickets")]))
    said = words(page)
    assert "stays on claude-opus-5-5; tried: claude-haiku-5-5" in said
    assert "About 478 more pairs for about $9.40 would decide it" in said
    assert "proof costs about $9.40" in said
    assert list(wrong(figures(page), document)) == []
    free = policy_of(reports=entry("reports", "UNDECIDED", moved=False, more_pairs=5, more_usd=None))
    assert "About 5 more pairs would decide it" in words(shown(made([], free))[1])
    alone = POLICY.tasks["tickets"].model_copy(update={"evidence": None})
    assert "stays on claude-opus-5-5" in words(shown(made([], policy_of(tickets=alone)))[1])
    hand = POLICY.tasks["forms"].model_copy(update={"evidence": None})
    by_hand = POLICY.model_copy(update={"sha256": None, "certificate": None, "tasks": {"forms": hand}})
    assert "no certificate carries it" in words(shown(made([call(0, "forms")], by_hand))[1])


def test_a_text_that_was_not_captured_is_said_to_be_missing() -> None:
    """An answer may have been kept without its prompt, or without the other answer."""
    nothing = Text("", 0)
    example = Example(
        "forms", "p1", "", Candidate(HAIKU), Candidate(OPUS), 0.0, 1.0, "", "", nothing, nothing,
        Text("wrong", 0), nothing,
    )  # fmt: skip
    shown_ = {"forms": TypeEvidenceShown(examples=(example,))}
    document, page = shown(replace(made([call(0, "forms")]), shown=shown_))
    assert "not captured" in words(page)
    assert "characters" not in words(page)
    assert document["tasks"][0]["examples"][0]["baseline_answer"] is None


def test_a_certificate_may_lack_figures() -> None:
    """What it does not state is left out, not shown as nothing."""
    certificate = POLICY.certificate
    assert certificate is not None
    thin = certificate.model_copy(
        update=dict.fromkeys(("bound", "errors_per_1000", "alpha_spent", "basis", "loss_moved"))
    )
    said = words(shown(made([], POLICY.model_copy(update={"certificate": thin})))[1])
    assert "CLEARS on the traffic that moves. Attempt 2 on these rows. Method" in said


def test_candidates_that_fail_are_listed_with_their_price() -> None:
    """Each with its loss, margin, what is declined and below which cost of an error it would have paid."""
    full_ = Refused(
        candidate=Candidate("claude-haiku-4-5"), pairs=400, loss=0.128, margin=0.025, saving_share=0.97
    )
    thin = Refused(candidate=Candidate("claude-sonnet-5-5"), pairs=9)
    tickets = POLICY.tasks["tickets"]
    one = tickets.model_copy(update={"refused": (full_, thin), "bar": None})
    document, page = shown(made([call(0, "tickets"), call(40, "tickets")], policy_of(tickets=one)))
    said = words(page)
    assert "claude-haiku-4-5: loss 12.8 pp beyond the margin of 2.5 pp, 400 pairs" in said
    assert "declined, which would pay only while a wrong answer costs less than $0.0" in said
    assert "claude-sonnet-5-5: loss \N{EN DASH}, 9 pairs" in said
    assert "type_margin" in document["tasks"][0]
    alone = full_.model_copy(update={"candidate": Candidate(HAIKU)})
    one = one.model_copy(update={"refused": (alone,)})
    document, page = shown(made([call(0, "tickets")], policy_of(tickets=one)))
    assert "Other candidates that fail" not in words(page)
    assert document["tasks"][0]["type_margin"] == 0.025
    assert list(wrong(figures(page), document)) == []


def test_a_policy_names_the_grader_where_rows_do_not() -> None:
    """What the evidence was scored by is on the page even if its rows are not at hand."""
    policy = policy_of(forms=entry("forms", "CLEARS", moved=True, grader="exact@1"))
    assert "Graded by exact@1." in words(shown(made([call(0, "forms")], policy))[1])
