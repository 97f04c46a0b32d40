"""The label page: two answers side by side for a person to grade, and what all grades show at the end.

Plain forms, so that it works without JavaScript; the script adds a keyboard and nothing else. Which side is
whose stands nowhere in the page.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from modelmix.report.label_dress import LABEL_SCRIPT, LABEL_STYLE
from modelmix.report.label_report import LabelReport, agreeing, sentences, title, unlabelled, warnings, work
from modelmix.report.plain import counted, printable, printable_lines
from modelmix.report.word_diff import word_diff

WORDS = (
    ("left", "1", "Only left is fine"),
    ("right", "2", "Only right is fine"),
    ("both", "0", "Both are fine"),
    ("neither", "x", "Both are wrong"),
)
"""Word, key and label of each verdict."""


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


LABEL_POLICY = (
    f"default-src 'none'; style-src {_digest(LABEL_STYLE)}; script-src {_digest(LABEL_SCRIPT)}; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What the page may do: its own style and script, and post its forms to where it came from."""


@dataclass(frozen=True, slots=True)
class PairShown:
    """One pair, as a person sees it.

    Attributes:
        pair_id: Its name, which tells nothing of who answered.
        task_type: Its task type.
        prompt: What was asked.
        left: Answer on the left.
        right: Answer on the right.
        shown_ms: When it was shown, in milliseconds since 1970, from which its time is measured.
    """

    pair_id: str
    task_type: str
    prompt: str
    left: str
    right: str
    shown_ms: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a person is.

    Attributes:
        who: The person.
        done: Pairs behind them.
        size: Pairs in the sample.
        skipped: Pairs passed over.
        seconds_per_label: Median time so far, or None.
    """

    who: str
    done: int
    size: int
    skipped: int
    seconds_per_label: float | None

    @property
    def left(self) -> int:
        """Pairs still open."""
        return self.size - self.done


def pair_page(pair: PairShown, progress: Progress) -> str:
    """Lay out one pair as a complete HTML document."""
    left, right = word_diff(pair.left, pair.right)
    buttons = "".join(
        f'<button name="word" value="{word}" data-key="{key}">{escape(said)}'
        f'<kbd aria-hidden="true">{key}</kbd></button>\n'
        for word, key, said in WORDS
    )
    hidden = (
        f'<input type="hidden" name="pair" value="{escape(pair.pair_id)}">'
        f'<input type="hidden" name="shown" value="{pair.shown_ms}">'
    )
    body = f"""<header><h1>{escape(printable(pair.task_type, 60))}</h1>
<span class="soft">{_progress_words(progress)}</span></header>
<progress max="{progress.size}" value="{progress.done}" aria-label="Pairs done">{progress.done}</progress>
<main>
<details class="asked" open><summary>What was asked</summary>
<pre tabindex="0" aria-label="What was asked">{escape(printable_lines(pair.prompt))}</pre></details>
<div class="sides">
{_side("Left", left)}{_side("Right", right)}</div>
{_HELP}</main>
<div class="verdicts">
<form method="post" action="say">{hidden}
<fieldset><legend>Which answers would you accept? What differs is marked; who answered is not shown.</legend>
{buttons}</fieldset>
</form>
<div class="more">
<form method="post" action="say">{hidden}<button name="word" value="skip" data-key="s">Skip<kbd
 aria-hidden="true">s</kbd></button></form>
{_undo(progress)}<span class="keys">keys: 1 2 0 x, s skip, u undo, d marks, ? help</span></div>
</div>
"""
    return _document(f"{progress.done} of {progress.size}: label", body)


def _progress_words(progress: Progress) -> str:
    rest = f", {counted(progress.skipped, 'skipped', 'skipped')}" if progress.skipped else ""
    return escape(
        f"{printable(progress.who, 24)}: {progress.done} of {progress.size} done{rest}; to go: "
        f"{work(progress.left, progress.seconds_per_label)}"
    )


def _side(name: str, html: str) -> str:
    text = f'<pre tabindex="0" aria-label="{name} answer">{html}</pre>' if html.strip() else _EMPTY
    return f'<section class="side"><h2>{name}</h2>{text}</section>\n'


def _undo(progress: Progress) -> str:
    if not progress.done:
        return ""
    return (
        '<form method="post" action="undo"><button name="word" value="undo" data-key="u">Undo the last<kbd\n'
        ' aria-hidden="true">u</kbd></button></form>\n'
    )


_EMPTY = '<p class="empty">nothing but white space</p>'

_HELP = """<details id="help"><summary>Help</summary>
<p>Say of each answer whether somebody who asked for this could use it as it stands. Length and style alone
decide nothing. Each word is kept at once; close the page whenever you like and go on later.</p>
<dl><dt>1</dt><dd>only the left answer is fine</dd><dt>2</dt><dd>only the right answer is fine</dd>
<dt>0 or =</dt><dd>both are fine</dd><dt>x</dt><dd>both are wrong</dd><dt>s</dt><dd>skip: you cannot tell</dd>
<dt>u</dt><dd>take the last word back</dd><dt>d</dt><dd>show or hide the marks</dd>
<dt>?</dt><dd>this help</dd></dl>
</details>
"""


def end_page(report: LabelReport, progress: Progress) -> str:
    """Lay out what the labels show, once nothing is open."""
    said = progress.done - progress.skipped
    arms = "".join(_arm(report, index) for index in range(len(report.arms)))
    people = "".join(f"<li>{escape(agreeing(two))}</li>\n" for two in report.people)
    notes = "".join(f'<p class="note">{escape(line)}</p>\n' for line in warnings(report))
    among = f"<h2>People among themselves</h2>\n<ul>\n{people}</ul>\n" if people else ""
    body = f"""<main class="end">
<h1>Done: {escape(counted(said, "label"))} of {escape(printable(progress.who, 24))}{_skipped(progress)}</h1>
<p>All of it is in the ledger. Close this page, and stop the command by Ctrl-C; then:
<code>modelmix optimize</code> takes the labels as evidence.</p>
<div class="more">{_undo(progress)}</div>
{notes}<h2>What all labels show</h2>
{arms}{among}</main>
"""
    return _document("Done: label", body)


def _skipped(progress: Progress) -> str:
    return f", {progress.skipped:,} skipped" if progress.skipped else ""


def _arm(report: LabelReport, index: int) -> str:
    arm = report.arms[index]
    rows: Sequence[tuple[str, str]] = (
        tuple(sentences(arm, report.fewest)) if arm.labels else (("labels", unlabelled(report, arm)),)
    )
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(printable(value))}</dd>\n" for name, value in rows)
    return f"<article><h2>{escape(title(arm))}</h2>\n<dl>\n{lines}</dl></article>\n"


def problem_page(sentence: str) -> str:
    """Lay out one sentence: what cannot be done, and what to do next."""
    return _document("Label", f'<main class="end"><h1>{escape(printable(sentence))}</h1></main>\n')


def _document(name: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(name)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{LABEL_STYLE}</style>\n</head>\n"
        f"<body>\n{body}<script>{LABEL_SCRIPT}</script>\n</body>\n</html>\n"
    )
