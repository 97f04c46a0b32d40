"""The label page in a browser: its keyboard, its forms without JavaScript, and nothing but itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from modelmix.core.label import Label
from modelmix.dashboard.label_app import LabelApp
from modelmix.dashboard.run import bind, port_of, running
from modelmix.store.label_book import LabelBook
from pipeline.label.homes import found, make, session

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
TOKEN = "t0ken"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium; nothing is downloaded."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path is not None, "no Chromium was found; run: sh scripts/chromium"
    with sync_playwright() as playwright:
        # Root has no sandbox to put it into; the page comes from this test.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose answers hold markup."""
    return make(tmp_path_factory.mktemp("home"), 60)


class Served:
    """A session of one person, served.

    Attributes:
        book: The ledger.
        who: The person.
        url: Address of the page.
    """

    def __init__(self, book: LabelBook, who: str, url: str) -> None:
        self.book, self.who, self.url = book, who, url

    def said(self) -> list[Label]:
        """Return the person's words in the ledger, oldest first."""
        return [label for label in self.book.labels() if label.who == self.who]


@pytest.fixture
def served(home: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """A session of six pairs, of a person of the test's own."""
    taken = bind()
    with LabelBook.open(home) as book:
        going = session(home, book, 6, request.node.name, ("reply",))
        app = LabelApp(going, found(home).report, TOKEN, port_of(taken))
        with running(taken, app) as address:
            yield Served(book, request.node.name, f"{address}/{TOKEN}/")


class Watch:
    """All that a page asked for and complained of."""

    def __init__(self, page: Page, own: str) -> None:
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        self._own = own
        page.on("request", self._asked)
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(self._own):
            self.elsewhere.append(request.url)


def press(page: Page, key: str) -> None:
    """Press a key that sends a form, and wait for the next page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_a_whole_sample_by_keyboard(browser: Browser, served: Served) -> None:
    """Every key does what the help says; each word is in the ledger at once; the end says what all show."""
    page = browser.new_page()
    watch = Watch(page, served.url)
    page.goto(served.url)
    for n, key in enumerate("120x", 1):
        press(page, key)
        assert len(served.said()) == n
        assert page.locator("progress").get_attribute("value") == str(n)
    press(page, "u")
    assert len(served.said()) == 3
    press(page, "=")
    press(page, "s")
    press(page, "Shift+X")
    kept = [(label.score, label.baseline_score) for label in served.said()]
    assert sorted(kept[:2]) == [(0.0, 1.0), (1.0, 0.0)] or kept[0] == kept[1]
    assert kept[2:] == [(1.0, 1.0), (1.0, 1.0), (None, None), (0.0, 0.0)]
    assert all(label.seconds is not None and label.seconds < 60 for label in served.said())
    assert "Done: 5 labels" in page.locator("h1").inner_text()
    assert page.locator("article").count() > 0
    press(page, "u")
    assert page.locator("fieldset button").count() == 4
    assert (watch.elsewhere, watch.complaints) == ([], [])
    page.close()


def test_help_and_marks_by_keyboard(browser: Browser, served: Served) -> None:
    """A question mark opens the help, d hides the marks, and other keys send nothing."""
    page = browser.new_page()
    page.goto(served.url)
    page.keyboard.press("Shift+?")
    assert page.locator("#help dl").is_visible()
    page.keyboard.press("?")
    assert not page.locator("#help dl").is_visible()
    assert page.locator("mark").count() > 0
    page.keyboard.press("d")
    assert "plain" in (page.locator("body").get_attribute("class") or "")
    for key in ("q", "7", "Control+x", "Escape", "Enter", '"'):
        page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert served.said() == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_it_fits_and_is_readable(browser: Browser, served: Served, size: str, scheme: str) -> None:
    """No sideways scrolling, every button in view and large enough for a thumb, every control has a name."""
    width, height = SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    watch = Watch(page, served.url)
    page.goto(served.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in page.locator("fieldset button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= height
        assert (button.inner_text()).strip()
    for name in ("What was asked", "Left answer", "Right answer"):
        assert page.locator(f'pre[aria-label="{name}"][tabindex="0"]').count() == 1
    assert page.locator("img").count() == 0
    assert page.locator(".side b").count() == 0
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    # The keyboard reaches everything in the order in which it stands there, and focus shows.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert (watch.elsewhere, watch.complaints) == ([], [])
    page.close()


def test_it_works_without_scripts(browser: Browser, served: Served) -> None:
    """Plain forms: each button sends, undo takes back, and the end comes."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.url)
    names = ("Only left", "Only right", "Both are fine", "Both are wrong", "Skip", "Undo", "Skip", "Skip")
    for name in names:
        page.locator("button", has_text=name).click()
        page.wait_for_load_state()
    assert len(served.said()) == 6
    assert "Done: 4 labels" in page.locator("h1").inner_text()
    context.close()


def test_another_page_cannot_speak_to_it(browser: Browser, served: Served) -> None:
    """A form on another origin, even with the whole address, is turned away; and so is a script's request."""
    page = browser.new_page()
    page.set_content(
        f'<form method="post" action="{served.url}say"><input name="pair" value="x"><input name="word" '
        'value="both"><button>go</button></form>'
    )
    with page.expect_navigation():
        page.locator("button").click()
    assert "403" in page.locator("h1").inner_text()
    assert served.said() == []
    page.close()
