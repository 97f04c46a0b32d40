"""The report's page: every figure is the document's, and no text is anything but text."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from modelmix.core.candidate import Candidate
from modelmix.evaluate.paired import Pairs
from modelmix.pipeline.savings import savings
from modelmix.policy.document import PolicyDocument
from modelmix.policy.evidence import Accepted, Refused
from modelmix.report.account import Account, account_document
from modelmix.report.account_page import account_page
from modelmix.report.evidence_rows import CandidateShown
from modelmix.report.examples import Example, Text
from modelmix.report.findings import Finding
from modelmix.report.grounds import Grounds, ReplayLine
from modelmix.report.receipt import Advice
from modelmix.report.type_rows import TypeEvidenceShown
from report.figures import figures, wrong
from report.homes import HOSTILE_TYPE, NOW
from report.ledgers import BOOK, CAPABILITIES, HAIKU, OPUS, call, entry, moved, policy_of
from report.test_receipt import ADVICE
from report.upward import upward_policy

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
    assert "$9,000in 365 days" in said
    assert "$8,000 to $9,500" in said
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


def accepted(low: float, high: float) -> Accepted:
    """State what an accepted outcome costs on both."""
    return Accepted(pairs=600, baseline_usd=0.0653, candidate_usd=0.147, net_low_usd=low, net_high_usd=high)


def test_an_accepted_outcome_says_what_it_costs_on_both() -> None:
    """More, less or neither, with the interval and the pairs; where it is shown, that bigger is cheaper."""
    said = break_even(accepted=accepted(-0.147, -0.0255))
    assert "bigger is cheaper here: an accepted outcome costs $0.07 on the baseline and $0.15 on the" in said
    assert "$0.03 to $0.15 more (600 pairs)" in said
    assert "between $0.02 less and $0.03 more (600 pairs)" in break_even(accepted=accepted(-0.03, 0.02))
    said = break_even(accepted=accepted(0.02, 0.05))
    assert "$0.02 to $0.05 less (600 pairs)" in said
    assert "bigger is cheaper" not in said
    assert "Per accepted outcome" not in break_even()


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
    shown_ = {
        "forms": TypeEvidenceShown(candidate=CandidateShown(candidate=Candidate(HAIKU), examples=(example,)))
    }
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


CHEAPEST = Candidate("claude-haiku-4-5")
REFUSED = Refused(
    candidate=CHEAPEST, pairs=400, loss=0.128, margin=0.025, saving_share=0.97, saving_bound=0.96
)
NOTHING = Text("", 0)


def refusing(
    name: str,
    refused: tuple[Refused, ...] = (REFUSED,),
    error_cost: float | None = 1,
    calls: int = 2,
    examples: int = 3,
) -> tuple[dict[str, Any], str]:
    """Draw up a policy of one type that refuses candidates, with what is wrong with the first of them."""
    one = POLICY.tasks[name].model_copy(update={"refused": refused})
    policy = policy_of(**{name: one})
    policy = policy.model_copy(update={"bar": policy.bar.model_copy(update={"error_cost_usd": None})})
    account_ = made([call(40 * i, name) for i in range(calls)], policy)
    rows = tuple(
        replace(row, error_cost_usd=None if error_cost is None else Decimal(repr(error_cost)))
        for row in account_.savings.types
    )
    sides = (NOTHING, NOTHING, Text("invented", 0), Text("left out", 0))
    shown_ = CandidateShown(
        candidate=CHEAPEST,
        findings=(Finding("invented: purchase_order", 42, 178, "field absent", 2),),
        slices={"field absent": Pairs(0.0, 40.0, 178.0)},
        examples=tuple(
            Example(name, f"p{i}", "field absent", CHEAPEST, Candidate(OPUS), 0.0, 1.0, "", "", *sides)
            for i in range(examples)
        ),
    )
    document, page = shown(
        replace(
            account_,
            savings=replace(account_.savings, types=rows),
            shown={name: TypeEvidenceShown(refusal=shown_)},
        )
    )
    assert list(wrong(figures(page), document)) == []
    return document, words(page)


def test_a_refusal_is_shown_where_the_type_moved_elsewhere() -> None:
    """Dollars beyond the route, what a wrong answer may cost, what goes wrong, where, and how it looks."""
    document, said = refusing("forms")
    refusal = document["tasks"][0]["refusal"]
    assert refusal["beyond_usd"] == document["receipt"]["refused"]["usd"]
    assert "Declined: claude-haiku-4-5" in said
    assert "declined beyond what is proven (at least $" in said
    assert "it loses 12.8 pp where 2.5 pp are allowed (400 pairs)" in said
    assert "It would pay only while a wrong answer costs less than $0.0" in said
    assert "and more than the route only below $0.00" in said
    assert "A wrong answer costs $1.00: it would not pay." in said
    assert "invented: purchase_order, 42 of 178 answers in the slice field absent; on the baseline 2" in said
    assert "slices of forms: claude-haiku-4-5 against the baseline" in said
    assert said.index("left out") < said.index("1 more of them") < said.index("Every candidate measured")
    assert "more of them" not in refusing("forms", examples=2)[1]
    assert "and fails its bar all the same" in refusing("forms", error_cost=0.0001)[1]
    assert "What a wrong answer costs here is not said" in refusing("forms", error_cost=None)[1]


def test_a_refusal_is_shown_where_the_type_stays() -> None:
    """What its evidence is about is told once: in the refusal, the others after it."""
    own = REFUSED.model_copy(update={"candidate": Candidate(HAIKU)})
    thin = Refused(candidate=Candidate("claude-sonnet-5-5"), pairs=9)
    document, said = refusing("tickets", (thin, own, REFUSED))
    task = document["tasks"][0]
    assert [one["candidate"] for one in task["declined"]] == [HAIKU, "claude-haiku-4-5", "claude-sonnet-5-5"]
    assert said.count("A move would pay only while a wrong answer costs less than") == 1
    assert "beyond what is" not in said
    assert "claude-haiku-4-5: it loses 12.8 pp where 2.5 pp are allowed (400 pairs); it would save $" in said
    assert "claude-sonnet-5-5: it loses \N{EN DASH} (9 pairs)" in said
    assert task["type_margin"] == 0.03
    bare = POLICY.tasks["tickets"].model_copy(update={"refused": (own,), "bar": None})
    document, said = shown(made([call(0, "tickets")], policy_of(tickets=bare)))
    assert document["tasks"][0]["type_margin"] == 0.025
    assert "Other candidates that fail" not in words(said)


def test_a_refusal_says_that_bigger_is_cheaper() -> None:
    """Of the declined candidate that would save most, and of the others, with what both cost all told."""
    eaten = REFUSED.model_copy(update={"accepted": accepted(-0.147, -0.0255)})
    other = eaten.model_copy(
        update={"candidate": Candidate("claude-sonnet-4-6"), "saving_share": Decimal("0.5")}
    )
    for name in ("forms", "tickets"):
        document, said = refusing(name, (eaten, other))
        assert said.count("bigger is cheaper here: an accepted outcome costs $0.07 on the baseline") == 2
        assert said.count("Per accepted outcome, bigger") == 1
        assert document["tasks"][0]["declined"][0]["accepted"]["is_bigger_cheaper"]
    assert "accepted outcome" not in refusing("forms")[1]
    own = entry("tickets", "FAILS", moved=False, accepted=accepted(-0.147, -0.0255))
    document, page = shown(made([call(0, "tickets")], policy_of(tickets=own)))
    assert words(page).count("Per accepted outcome, bigger is cheaper here") == 1
    assert document["tasks"][0]["refusal"]["accepted"] == document["tasks"][0]["accepted"]


def test_a_refusal_may_be_worth_nothing_or_not_known() -> None:
    """Where the route saves more, or nothing is priced, no dollar is said to be declined."""
    lossless = REFUSED.model_copy(update={"loss": None})
    assert "declined beyond what is proven" in refusing("forms", (lossless,))[1]
    small = REFUSED.model_copy(update={"saving_share": Decimal("0.5"), "saving_bound": Decimal("0.4")})
    document, said = refusing("forms", (small,))
    assert "no more than what the type saves without it" in said
    assert document["receipt"]["refused"]["types"] == 0
    assert "more than the route" not in said
    unpriced = REFUSED.model_copy(update={"saving_share": None, "saving_bound": None})
    said = refusing("reports", (unpriced,))[1]
    assert "What it would save is not known" in said
    assert "Below which cost of a wrong answer it would pay is not known" in said
    assert "What it would save is not known" in refusing("forms", calls=0)[1]
    assert "declined beyond what is at stake" in refusing("reports")[1]
    hour = refusing("forms", calls=1)[1]
    assert "in 30 days" not in hour[hour.index("Declined: ") : hour.index("Every candidate")]


ITSELF = Grounds(
    replays=(
        ReplayLine(
            replay_id="r-20261120-1", day=date(2026, 11, 20), is_simulated=False, outcome="capped",
            graders=("exact@1", "label@1"), known=380, prompts=400, seed=7,
        ),
        ReplayLine(
            replay_id="r-20261121-1", day=date(2026, 11, 21), is_simulated=True, outcome="done",
            graders=(), known=0, prompts=0, seed=None,
        ),
    ),
    again={"forms": Pairs(0.0, 0.0, 90.0), "chat": Pairs(0.0, 0.0, 60.0)},
)  # fmt: skip


def test_replays_say_what_they_measured() -> None:
    """Day, name, graders, how much of the truth was known; and the baseline against itself."""
    account_ = replace(made([call(0, "forms"), call(40, "forms")]), grounds=ITSELF)
    document, page = shown(account_)
    assert list(wrong(figures(page), document)) == []
    said = words(page)
    assert (
        "measured on 2026-11-20, replay r-20261120-1, capped, graders exact@1, label@1, known answers for "
        "380 of 400 prompts, seed 7" in said
    )
    assert "simulated on 2026-11-21, replay r-20261121-1, graders unknown" in said
    assert "(A/A): 150 pairs, loss 0.0 pp, at most 1.8 pp, margin 2.0 pp: CLEARS" in said
    assert document["baseline_against_itself"]["pairs"] == 150


@pytest.mark.parametrize(
    ("pairs", "words_"),
    [
        (Pairs(0.0, 0.0, 40.0), "UNDECIDED (about 377 pairs would decide)"),
        (Pairs(0.0, 40.0, 100.0), "FAILS (answers differ by themselves"),
        (Pairs(0.0, 3.0, 100.0), "UNDECIDED (no number of pairs would clear"),
    ],
)
def test_a_baseline_that_fails_itself_is_said(pairs: Pairs, words_: str) -> None:
    """Losses of others mean little then; with few pairs, how many would decide."""
    bare = POLICY.model_copy(update={"certificate": None, "sha256": None})
    account_ = replace(made([call(0, "forms")], bare), grounds=Grounds(again={"forms": pairs}))
    assert words_ in words(shown(account_)[1])


def test_proof_is_priced_beside_the_receipt() -> None:
    """What replays cost stands below the lines, and in none of them."""
    rows = [
        call(0, "forms"), call(1, "forms", source="replay"), call(2, "forms", "claude-x", source="replay"),
    ]  # fmt: skip
    document, page = shown(made(rows))
    assert "Proof cost $0.0060 so far in 2 calls of replays, 1 of them without a price (measured)" in words(
        page
    )
    assert (document["proof"]["calls"], document["receipt"]["today"]["calls"]) == (2, 1)
    assert document["receipt"]["today"]["unpriced_calls"] == 0


def test_a_policy_names_the_grader_where_rows_do_not() -> None:
    """What the evidence was scored by is on the page even if its rows are not at hand."""
    policy = policy_of(forms=entry("forms", "CLEARS", moved=True, grader="exact@1"))
    assert "Graded by exact@1." in words(shown(made([call(0, "forms")], policy))[1])


def test_a_move_up_says_what_it_buys_and_from_when_on() -> None:
    """A dearer route says its net saving, the cost of a wrong answer above which it pays, and its times."""
    document, page = shown(made([call(i, "forms") for i in range(50)], upward_policy()))
    said = words(page)
    assert "Bigger is cheaper here: a call costs more, and an accepted outcome $1.50 less, at least" in said
    assert "pays only while a wrong answer costs more than $0.20; one costs $20.00" in said
    assert "Time to the last byte: median 2.0 s now, 700 ms then" in said
    (task,) = document["tasks"]
    assert task["saving_usd"] < 0 < task["upward"]["net_bound_usd"]
    assert task["after_usd"] > task["today_usd"]
    assert list(wrong(figures(page), document)) == []
