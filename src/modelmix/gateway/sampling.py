"""Sampling: which answers are listened to as they pass, and who gets the pair once its client has it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from modelmix.gateway.capture import Capture
from modelmix.gateway.capture_row import Taken, Tape
from modelmix.gateway.learner import Learner
from modelmix.policy.choice import Decision
from modelmix.upstream.headers import Headers
from modelmix.upstream.messages import Response

_OK: Final = 200
_COME_BACK_LATER: Final = frozenset({429, 529})


@dataclass(frozen=True, slots=True)
class Sampling:
    """Who listens.

    Attributes:
        capture: Keeps the text of a sample in a file, or None.
        learner: Learns from a sample, or None.
    """

    capture: Capture | None = None
    learner: Learner | None = None

    def without_learner(self) -> "Sampling | None":
        """Return what is left for a request that opted out of being routed."""
        return None if self.capture is None else Sampling(self.capture)

    def listen(self, response: Response, decision: Decision) -> "Listening":
        """Lay out tapes for an answer that is in a sample; a request that was moved teaches nothing new."""
        captured = learned = None
        capture, learner = self.capture, self.learner
        if response.status == _OK:
            if capture is not None:
                captured = capture.tape(response.request_id, decision.body)
            if learner is not None and decision.sent == decision.facts.asked:
                learned = learner.tape(response.request_id, decision.body, decision.facts.task_type)
        elif learner is not None and response.status in _COME_BACK_LATER:
            learner.press(decision.sent.model)
        return Listening(self, captured, learned)


@dataclass(frozen=True, slots=True)
class Listening:
    """One answer that is listened to.

    Attributes:
        sampling: Who listens.
        captured: The capture's tape, or None.
        learned: The learner's tape, or None.
    """

    sampling: Sampling
    captured: Tape | None
    learned: Tape | None

    @property
    def tapes(self) -> tuple[Tape, ...]:
        """The tapes that are to run."""
        return tuple(tape for tape in (self.captured, self.learned) if tape is not None)

    def hand_over(self, taken: Callable[[Tape], Taken], headers: Headers) -> None:
        """Hand the pair on: after its last byte, and only where the answer is whole and sound.

        Args:
            taken: Makes the pair of a tape.
            headers: The request's headers.
        """
        if self.sampling.capture is not None and self.captured is not None:
            self.sampling.capture.offer(taken(self.captured))
        if self.sampling.learner is not None and self.learned is not None:
            self.sampling.learner.offer(taken(self.learned), headers)
