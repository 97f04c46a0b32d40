"""Homes with graded answers that people can label: a judged type and one that a rule has graded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.pipeline.label.draw import Shown
from modelmix.pipeline.label.material import Asked, Material, material
from modelmix.pipeline.label.session import Session, Word
from modelmix.settings import load
from modelmix.store.label_book import LabelBook
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
OPUS, HAIKU = Candidate("claude-opus-5-5"), Candidate("claude-haiku-5-5")
CAPABILITIES = load().capabilities()
MOST = 200


def is_right(prompt: int, candidate: Candidate) -> bool:
    """Say whether an answer is right in truth: Haiku is wrong on every twentieth prompt."""
    return candidate == OPUS or prompt % 20 != 3


def outcomes(n: int = MOST, *, keep_text: bool = True) -> Iterator[Outcome]:
    """Make graded answers of two types.

    The judge overlooks every other mistake, and sees some that are none.

    Every fourth pair is of one text. The rule holds Haiku's answers against Opus's, and calls each that
    differs wrong, also where it is right.
    """
    for i in range(n):
        for candidate in (OPUS, HAIKU):
            ours = candidate == HAIKU
            right = is_right(i, candidate)
            text = (
                "same" if i % 4 == 0 else f"<b>{candidate.model}</b> says {'yes' if right else 'no'} to {i}"
            )
            seen = i % 40 == 3 or i % 50 == 7
            yield Outcome(
                prompt_id=f"j{i}", task_type="reply", candidate=candidate,
                score=float(not (ours and seen)),
                prompt=f"asked {i}" if keep_text else "", response=text if keep_text else "",
                grader="judge-rubric@1", input_tokens=900, output_tokens=100,
            )  # fmt: skip
            text = f"answer {i}" if i % 10 or not ours else f"answer no. {i}"
            yield Outcome(
                prompt_id=f"r{i}", task_type="lookup", candidate=candidate,
                score=float(not ours or i % 10 > 0),
                prompt=f"asked {i}" if keep_text else "", response=text if keep_text else "",
                grader="exact@1", why="it differs" if ours and not i % 10 else "",
                input_tokens=900, output_tokens=100,
            )  # fmt: skip


def make(home: Path, n: int = MOST, *, keep_text: bool = True) -> Path:
    """Put them into a home."""
    with Ledger.open(home):
        Lake(home).put_outcomes("one", outcomes(n, keep_text=keep_text), keep_text=keep_text)
    return home


def found(home: Path, sample: int = 100, *, task_types: tuple[str, ...] = (), seed: int = 0) -> Material:
    """Read what can be labelled there."""
    asked = Asked(home=home, baseline=OPUS, sample=sample, task_types=task_types, seed=seed)
    return material(asked, CAPABILITIES)


def truth(shown: Shown) -> tuple[bool, bool]:
    """Say whether candidate and baseline are right."""
    if shown.drawn.task_type == "lookup":
        return True, True
    prompt = int(shown.drawn.prompt_id[1:])
    return is_right(prompt, HAIKU), True


def word(session: Session, shown: Shown) -> Word:
    """Say the truth of a pair as a person would who sees it."""
    ours, theirs = truth(shown)
    left = ours if session.sides(shown)[0] == shown.answer else theirs
    right = theirs if session.sides(shown)[0] == shown.answer else ours
    return {
        (True, True): Word.BOTH,
        (True, False): Word.LEFT,
        (False, True): Word.RIGHT,
        (False, False): Word.NEITHER,
    }[left, right]


class Clock:
    """A clock that a second goes by on at each look."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """Return the next instant."""
        self.at += timedelta(seconds=1)
        return self.at


def session(
    home: Path, book: LabelBook, sample: int = 100, who: str = "anna", task_types: tuple[str, ...] = ()
) -> Session:
    """Begin a person's session."""
    there = found(home, sample, task_types=task_types)
    return Session(there.shown(there.sample()), book, who, Clock())


def label_all(home: Path, sample: int = 100, who: str = "anna", task_types: tuple[str, ...] = ()) -> None:
    """Let a person label a whole sample truthfully."""
    with LabelBook.open(home) as book:
        going = session(home, book, sample, who, task_types=task_types)
        while (one := going.following()) is not None:
            going.say(one.drawn.pair_id, word(going, one), 12.0)
