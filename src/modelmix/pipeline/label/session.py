"""A session: one person going through drawn pairs; each word is in the ledger before the next pair shows."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from modelmix.core.label import Label
from modelmix.pipeline.label.draw import Drawn, Shown, is_turned, pair_id_of
from modelmix.store.label_book import LabelBook

LONGEST_SECONDS: Final = 900.0
"""A longer look is a break, and no measure of the work."""


class Word(StrEnum):
    """What a person says of two answers side by side."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    NEITHER = "neither"
    SKIP = "skip"


_ACCEPTED: Final = {
    Word.LEFT: (1.0, 0.0),
    Word.RIGHT: (0.0, 1.0),
    Word.BOTH: (1.0, 1.0),
    Word.NEITHER: (0.0, 0.0),
    Word.SKIP: (None, None),
}
"""Grades of the left and of the right answer."""


class Session:
    """One person's way through a sample.

    Args:
        shown: The pairs, in order.
        book: Where words are kept.
        who: The person.
        clock: Gives the UTC instant.
    """

    def __init__(
        self, shown: Sequence[Shown], book: LabelBook, who: str, clock: Callable[[], datetime]
    ) -> None:
        self.who = who
        self._shown = {one.drawn.pair_id: one for one in shown}
        self._book = book
        self._clock = clock
        self._said: dict[str, Label] = {}
        for label in book.labels():
            one = self._shown.get(pair_id_of(label)) if label.who == who else None
            if one is not None and one.drawn.is_answered(label):
                self._said[one.drawn.pair_id] = label

    @property
    def size(self) -> int:
        """Pairs in the sample."""
        return len(self._shown)

    @property
    def done(self) -> int:
        """Pairs that the person has said something of, or passed over."""
        return len(self._said)

    @property
    def skipped(self) -> int:
        """Pairs that the person has passed over."""
        return sum(label.is_skipped for label in self._said.values())

    @property
    def seconds(self) -> tuple[float, ...]:
        """Times that its words took, as far as measured; a pair passed over is none."""
        said = [one for one in self._said.values() if not one.is_skipped]
        return tuple(one.seconds for one in said if one.seconds is not None)

    def following(self) -> Shown | None:
        """Return the first pair that is still open, or None."""
        return next((one for pair_id, one in self._shown.items() if pair_id not in self._said), None)

    def sides(self, one: Shown) -> tuple[str, str]:
        """Return the answers as this person is shown them: left, right."""
        turned = is_turned(one.drawn, self.who)
        return (one.baseline_answer, one.answer) if turned else (one.answer, one.baseline_answer)

    def say(self, pair_id: str, word: Word, seconds: float | None) -> bool:
        """Keep a word on a pair, in place of an earlier one.

        Returns:
            Whether there is such a pair.

        Raises:
            StoreError: The ledger cannot take it; nothing has changed then.
        """
        one = self._shown.get(pair_id)
        if one is None:
            return False
        left, right = _ACCEPTED[word]
        score, baseline_score = (right, left) if is_turned(one.drawn, self.who) else (left, right)
        label = _label(one.drawn, self.who, self._clock(), score, baseline_score, _measured(seconds))
        self._book.put([label])
        self._said.pop(pair_id, None)  # what was said last stands last
        self._said[pair_id] = label
        return True

    def undo(self) -> bool:
        """Take the last word back.

        Returns:
            Whether there was one.
        """
        if not self._said:
            return False
        pair_id, label = next(reversed(self._said.items()))
        self._book.take_back(label)
        del self._said[pair_id]
        return True


def _measured(seconds: float | None) -> float | None:
    return seconds if seconds is not None and 0.0 <= seconds <= LONGEST_SECONDS else None


def _label(
    drawn: Drawn,
    who: str,
    at: datetime,
    score: float | None,
    baseline_score: float | None,
    seconds: float | None,
) -> Label:
    return Label(
        prompt_id=drawn.prompt_id,
        task_type=drawn.task_type,
        candidate=drawn.candidate,
        score=score,
        who=who,
        at=at,
        baseline=drawn.baseline,
        baseline_score=baseline_score,
        answer_sha256=drawn.answer.sha256,
        baseline_sha256=drawn.baseline_answer.sha256,
        seconds=seconds,
        stratum=drawn.stratum,
        drawn_by=drawn.drawn_by,
    )
