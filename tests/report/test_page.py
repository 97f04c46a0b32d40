"""The page is one whole HTML document that says what the audit holds and runs nothing."""

from datetime import timedelta
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from modelmix.core.call import BadRow
from modelmix.core.usage import Usage
from modelmix.pipeline.audit import Window
from modelmix.report import page as room
from modelmix.report.audit import Audit
from modelmix.report.page import page
from report.audits import BOOK, NOW, START, audit_of, call

VOID = {"meta", "br", "hr", "link"}
ALLOWED = set(
    "html head meta title style body main h1 h2 p div span table caption thead tbody tr th td code".split()  # noqa: SIM905 - reads best - a list of words
)


class Strict(HTMLParser):
    """Asserts that tags are of the allowed kinds and close in order; keeps the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Check a tag and its attributes."""
        assert tag in ALLOWED
        assert all(not name.startswith("on") and name not in {"src", "href"} for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that the innermost tag closes first."""
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.words.append(data)


def words(audit: Audit) -> str:
    """The text of a page, which must be well formed."""
    parser = Strict()
    parser.feed(page(audit, NOW))
    parser.close()
    assert parser.open == []
    return " ".join(" ".join(parser.words).split())


def test_the_page_holds_the_figures() -> None:
    """Spend, stake, models, types, days, prices and the version stand on the page."""
    rows = [call(0, usage=Usage(output_tokens=1_000_000)), call(1, is_subagent=True, task_type="triage")]
    text = words(audit_of(rows, copies=3))
    for words_ in (
        "$20.",
        "at stake: up to",
        "claude-opus-5-5",
        "triage",
        "2026-11-10",
        "sha256",
        "not your bill",
    ):
        assert words_ in text
    assert "3 repeated lines counted once" in text
    assert "2026-11-23 12:00 UTC" in text


def test_an_empty_page_is_whole() -> None:
    """No calls at all make a page all the same."""
    text = words(audit_of([]))
    assert "no calls" in text
    assert "at stake: $0" in text
    assert "No call used the prompt cache." in text


def test_what_is_missing_is_on_the_page() -> None:
    """Calls without a price and bad rows are listed with their reasons."""
    text = words(audit_of([call(0, "claude-internal")], [BadRow("a.jsonl", 7, "not JSON")]))
    assert "no price" in text
    assert "MODELMIX_PRICES" in text
    assert "a.jsonl 7 not JSON" in text


def test_a_sum_that_nothing_was_priced_for_is_not_zero() -> None:
    """Where no call has a price the page shows no sum of money, and a call without a model has a name."""
    text = words(audit_of([call(0, "")]))
    assert "no price known" in text
    assert "(no model named)" in text
    assert "(computed from list prices)" not in text


def test_sessions_that_went_cold_are_counted() -> None:
    """A cache that expired is said with what it made the session write again."""
    rows = [call(0), call(9, usage=Usage(1, 0, 500))]
    assert "In 1 of 1 session the cache went cold after a pause: 1 call wrote 500 tokens" in words(
        audit_of(rows)
    )
    assert "None of 1 session lost its cache" in words(audit_of([call(0)]))


def test_where_caching_does_not_pay() -> None:
    """A negative saving reads as an extra cost; a call without a candidate says none."""
    text = words(audit_of([call(usage=Usage(1_000_001, 0, 1_000_000))]))
    assert "that cost extra $1.00" in text
    assert " none " in text


def test_the_window_and_stand_ins_are_on_the_page() -> None:
    """What was left out, and what was priced as something else, is said."""
    window = Window(since=START + timedelta(minutes=1))
    book = BOOK.priced_as({"claude-internal": "claude-opus-5-5"})
    text = words(audit_of([call(0), call(1, "claude-internal")], book=book, window=window))
    assert "1 call outside the window asked for are left out" in text
    assert "claude-internal is priced as claude-opus-5-5." in text


def test_long_tables_end_in_a_sum() -> None:
    """Rows beyond the limit are summed up in the last one."""
    rows = [call(i, task_type=f"type-{i}") for i in range(room.ROWS_SHOWN + 2)]
    assert "2 more" in words(audit_of(rows))


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_name_becomes_markup(model: str, task_type: str) -> None:
    """Whatever a log names its models and types, the page has only our own tags."""
    evil = f"<script>alert(1)</script>{model}\"'><img src=x onerror=y>"
    audit = audit_of([call(0, evil), call(1, task_type=f"</td>{task_type}&lt;")], [BadRow(evil, 1, evil)])
    assert "<script>alert(1)</script>" in words(audit)
