"""Ability: how often each model truly answers each kind of task correctly, in closed form."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modelmix.core.candidate import Candidate
from modelmix.simulator.behaviour import find

_STRENGTH: Mapping[str, float] = {
    "claude-fable-5-2": 0.98, "claude-mythos-5-2": 0.98,
    "claude-fable-5-1": 0.97, "claude-mythos-5-1": 0.97,
    "claude-fable-5": 0.96, "claude-mythos-5": 0.96,
    "claude-opus-5-5": 0.94, "claude-opus-5": 0.92, "claude-opus-4-8": 0.90, "claude-opus-4-7": 0.89,
    "claude-opus-4-6": 0.87, "claude-opus-4-5-20251101": 0.85, "claude-opus-4-1-20250805": 0.80,
    "claude-sonnet-5-5": 0.81, "claude-sonnet-5": 0.78, "claude-sonnet-4-6": 0.74,
    "claude-sonnet-4-5-20250929": 0.70,
    "claude-haiku-5-5": 0.64, "claude-haiku-4-5-20251001": 0.52,
}  # fmt: skip
_EFFORT_GAIN = {None: 0.0, "low": -0.05, "medium": -0.02, "high": 0.0, "xhigh": 0.01, "max": 0.02}


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a kind's prompts with its own difficulty.

    Attributes:
        name: Name of the slice, or empty for the ordinary part.
        share: Share of the kind's prompts, in (0, 1].
        easiest: Lowest difficulty.
        hardest: Highest difficulty; difficulties are uniform between the two.
    """

    name: str
    share: float
    easiest: float
    hardest: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What decides whether an answer to a kind of task is correct.

    An answer to a prompt of difficulty ``d`` is correct iff the prompt's own draw, uniform in [0, 1) and the
    same for every model, is below ``ceiling / (1 + exp(-steepness * (ability - d)))``.

    Attributes:
        ceiling: Accuracy that no ability exceeds: some prompts are ambiguous.
        steepness: How fast accuracy falls where difficulty passes ability.
        slices: Parts of the prompts; shares sum to 1.
    """

    ceiling: float
    steepness: float
    slices: tuple[Slice, ...]

    def chance(self, ability: float, difficulty: float) -> float:
        """Return the probability of a correct answer at one difficulty."""
        return self.ceiling / (1.0 + math.exp(-self.steepness * (ability - difficulty)))

    def accuracy(self, ability: float, slice_name: str | None = None) -> float:
        """Return the exact expected accuracy over all prompts, or over one named slice.

        Raises:
            ValueError: There is no such slice.
        """
        parts = [part for part in self.slices if slice_name in {None, part.name}]
        if not parts:
            known = ", ".join(repr(part.name) for part in self.slices)
            raise ValueError(f"{slice_name!r} is not a slice of this kind; write one of {known}")
        whole = sum(part.share for part in parts)
        return sum(part.share * self._mean(ability, part) for part in parts) / whole

    def _mean(self, ability: float, part: Slice) -> float:
        # The integral of a logistic is a softplus.
        low, high = (_softplus(self.steepness * (ability - d)) for d in (part.hardest, part.easiest))
        return self.ceiling * (high - low) / (self.steepness * (part.hardest - part.easiest))


TRUTHS: Mapping[str, Truth] = MappingProxyType(
    {
        "form-extraction": Truth(
            0.955, 60.0, (Slice("", 0.75, 0.0, 0.42), Slice("field absent", 0.25, 0.52, 0.735))
        ),
        "ticket-triage": Truth(0.965, 14.0, (Slice("", 1.0, 0.0, 0.20),)),
        "report-summary": Truth(0.94, 60.0, (Slice("", 1.0, 0.36, 0.70),)),
        "analytical-question": Truth(0.93, 60.0, (Slice("", 1.0, 0.50, 0.87),)),
        "support-assistant": Truth(
            0.95, 60.0, (Slice("", 0.76, 0.04, 0.50), Slice("no answer", 0.24, 0.53, 0.74))
        ),
    }
)
"""Task kind → its truth.

On every kind each candidate of the 5.5 generation either keeps within two points of Opus 5.5 or loses more
than six, so that a sound test decides with a few hundred prompts. The named slices are traps: what Haiku 5.5
loses on a kind with one, it loses there.
"""


def ability(candidate: Candidate) -> float:
    """Return the ability of a model at an effort, in [0, 1]; without an effort, at the model's default.

    Raises:
        ValueError: The model is not one of the practice API.
    """
    behaviour = find(candidate.model)
    if behaviour is None:
        raise ValueError(f"{candidate.model!r} is not a model of the practice API; see GET /v1/models")
    effort = candidate.effort if behaviour.efforts else None
    return _STRENGTH[behaviour.model] + _EFFORT_GAIN[effort or behaviour.default_effort]


def draw(*parts: object) -> float:
    """Return a number in [0, 1) that is uniform over, and fixed by, its arguments."""
    digest = hashlib.blake2b(
        "\x1f".join(map(str, parts)).encode(errors="surrogatepass"), digest_size=8
    ).digest()
    # 53 bits are what a float holds exactly: more would round up to 1.
    return (int.from_bytes(digest, "big") >> 11) / float(1 << 53)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
