"""The report in a browser: it opens from a file, asks no one for anything, and shows what the JSON says."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from modelmix.pipeline.report import plotly_source
from modelmix.report.account_page import account_page
from report.figures import Figure, wrong

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
FIGURES = """() => [...document.querySelectorAll("data[data-figure]")].map(
  mark => [mark.dataset.figure, mark.dataset.kind, mark.value, mark.textContent])"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium; nothing is downloaded."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found is not None, "no Chromium was found; run: sh scripts/chromium"
    with sync_playwright() as playwright:
        # Root has no sandbox to put it into; the page comes from this test.
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def file(full_document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a full home, as a file."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(account_page(full_document, plotly_source()), encoding="utf-8")
    return path


class Opened:
    """The page, opened, with all that it asked for and complained of.

    Attributes:
        page: The page.
        requests: Addresses that were asked for, the file itself left out.
        complaints: What went to the console as an error or a warning, and errors of scripts.
    """

    def __init__(self, browser: Browser, file: Path, size: str, scheme: str) -> None:
        width, height = SIZES[size]
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        self._own = file.as_uri()
        self.page.on("request", self._asked)
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self._own)
        self.page.wait_for_selector("#chart-waterfall[data-drawn=yes]")
        self.page.wait_for_selector("#chart-picture[data-drawn=yes]")

    def _asked(self, request: Request) -> None:
        if request.url != self._own:
            self.requests.append(request.url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_opens_offline_and_says_what_the_json_says(
    browser: Browser, file: Path, full_document: dict[str, Any], size: str, scheme: str
) -> None:
    """No request, no complaint, charts drawn, every figure the JSON's, no sideways scrolling, nothing run."""
    opened = Opened(browser, file, size, scheme)
    page = opened.page
    assert (opened.requests, opened.complaints) == ([], [])
    figures = [Figure(*found) for found in page.evaluate(FIGURES)]
    assert len(figures) > 200
    assert list(wrong(figures, full_document)) == []
    assert page.locator("#chart-waterfall .waterfalllayer .point").count() == len(full_document["waterfall"])
    drawn = sum(len(task["candidates"]) + 1 for task in full_document["tasks"])
    # The markers and as many in the legend as there are kinds.
    assert page.locator("#chart-picture .scatterlayer .point").count() == drawn
    # All details open: long lines and tables must stay in their boxes then, too.
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.locator("img").count() == 0
    page.close()


def test_scripts_of_others_do_not_run(browser: Browser, file: Path) -> None:
    """Even if a tag got through, the page's own policy names the only scripts that may run."""
    hacked = file.with_name("hacked.html")
    text = file.read_text(encoding="utf-8")
    attack = "<script>window.hacked = 1</script><img src='http://127.0.0.1:9/x' onerror='window.hacked = 2'>"
    hacked.write_text(text.replace("<main>", f"<main>{attack}", 1), encoding="utf-8")
    opened = Opened(browser, hacked, "desktop", "light")
    assert opened.page.evaluate("typeof window.hacked") == "undefined"
    assert any("Content Security Policy" in said for said in opened.complaints)
    fetched = "() => fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')"
    assert opened.page.evaluate(fetched) == "refused"
    opened.page.close()


def test_it_reads_without_scripts(browser: Browser, file: Path) -> None:
    """Without JavaScript the receipt, all types and a sentence about the charts are there."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("table.receipt").is_visible()
    assert page.locator("article").count() > 0
    # The browser's own switch reads the page as if scripts might come, and so hides this element's text.
    assert "Charts need JavaScript" in (page.locator("noscript").text_content() or "")
    context.close()


def test_tables_can_be_read_by_all(browser: Browser, file: Path) -> None:
    """Each table has a caption, its headings a scope, and each chart says what it shows."""
    opened = Opened(browser, file, "desktop", "light")
    page = opened.page
    tables = page.locator("table").count()
    assert tables > 5
    assert page.locator("table > caption").count() == tables
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator(".chart:not([aria-label])").count() == 0
    assert page.evaluate("document.documentElement.lang") == "en"
    page.close()


def test_it_prints(browser: Browser, file: Path) -> None:
    """On paper the text is black on white, whatever the screen was."""
    opened = Opened(browser, file, "desktop", "dark")
    page = opened.page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert len(page.pdf()) > 10_000
    page.close()
