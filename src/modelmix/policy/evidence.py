"""Evidence in the policy file: what was measured of a task type, and of the candidates that it refuses."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from modelmix.core.candidate import Candidate
from modelmix.policy import cells
from modelmix.policy.cells import (
    Bound,
    Loss,
    Margin,
    Ms,
    PerThousand,
    Saving,
    SavingBound,
    Text,
    Usd,
    UsdChange,
    UsdHigh,
    UsdLow,
)

UPWARD: Final = "upward"
"""Kind of a move to a dearer candidate, which pays by its fewer errors."""

VerdictName: TypeAlias = Annotated[Literal["CLEARS", "FAILS", "UNDECIDED"], BeforeValidator(cells.text)]
Chosen: TypeAlias = Annotated[Candidate, cells.CandidateKeys]
ErrorsBeforeAfter: TypeAlias = Annotated[tuple[PerThousand, PerThousand], BeforeValidator(cells.pair)]
Count: TypeAlias = Annotated[StrictInt, Field(ge=0, le=10**15)]
UnitName: TypeAlias = Literal["turn", "task"]
LookCount: TypeAlias = Annotated[StrictInt, Field(ge=1, le=5)]


class Keys(BaseModel):
    """A mapping of the file: only known keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Accepted(Keys):
    """What an accepted outcome costs, all told, where a wrong answer has a cost: the call and its errors.

    The net saving is what it costs less on the candidate than on the baseline; its interval holds for all
    candidates of the policy at once, each end at ``1 - alpha``.

    Attributes:
        pairs: Pairs that this rests on, choosing rows included: it says, and certifies nothing.
        baseline_usd: Cost of an accepted outcome on the baseline.
        candidate_usd: Cost of it on the candidate.
        net_low_usd: Lower confidence bound of the net saving; rounded down.
        net_high_usd: Upper confidence bound of it; rounded up. Below 0 the errors of the candidate cost more
            than its calls save: bigger is cheaper here.
    """

    pairs: Count
    baseline_usd: Usd
    candidate_usd: Usd
    net_low_usd: UsdLow
    net_high_usd: UsdHigh


class Upward(Keys):
    """What carries a move to a dearer candidate: its net saving, tested on fresh rows.

    Attributes:
        net_usd: Estimated net saving per accepted outcome: what the call costs less, here below zero, and
            what its fewer errors save.
        net_bound_usd: Lower confidence bound of that at the level of the move; rounded down. Above 0.
        pays_above_usd: Cost of a wrong answer above which the move pays; rounded up.
    """

    net_usd: UsdChange
    net_bound_usd: UsdLow
    pays_above_usd: UsdHigh


class Latency(Keys):
    """How long answers take, today and on the candidate, as they were measured; rounded up.

    Attributes:
        baseline_p50_ms: Median of today's answers.
        baseline_p95_ms: Time within which 95 of 100 of them come.
        baseline_answers: How many were measured.
        candidate_p50_ms: Median on the candidate.
        candidate_p95_ms: Time within which 95 of 100 come there.
        candidate_p95_at_most_ms: Upper 95 % confidence bound of that, where there are enough to tell.
        candidate_answers: How many were measured.
    """

    baseline_p50_ms: Ms | None = None
    baseline_p95_ms: Ms | None = None
    baseline_answers: Count = 0
    candidate_p50_ms: Ms | None = None
    candidate_p95_ms: Ms | None = None
    candidate_p95_at_most_ms: Ms | None = None
    candidate_answers: Count = 0


class TaskEvidence(Keys):
    """What was measured on one task type.

    Attributes:
        verdict: Whether the candidate clears this type's margin by itself.
        pairs: Pairs that the verdict rests on.
        unit: What they are, where they are no single answers: ``task`` for runs at whole tasks, ``turn``
            where some are last turns of conversations, which say nothing of how often an agent solves tasks.
        looks: Looks that they took; absent where all were tested at once.
        loss: Estimated loss, baseline minus route.
        bound: Upper confidence bound of that loss; rounded up.
        errors_per_1000: Errors per 1,000 tasks before and after.
        saving_share: Estimated saving as a share of the baseline's cost.
        saving_bound: Lower confidence bound of the saving; rounded down.
        saving_usd_month: Estimated saving in USD per month at today's volume.
        kind: What sort of change it is: ``tier``, ``version``, ``effort``, ``version-and-effort`` or
            ``upward``.
        candidate: Who was tested, where the type stays on its baseline.
        grader: Graders with their versions and options, by which the answers were scored.
        more_pairs: For UNDECIDED: about how many more pairs would decide.
        more_usd: For UNDECIDED: about what they cost.
        accepted: Cost of an accepted outcome, on all rows, where a wrong answer has a cost.
        upward: Net saving of a move to a dearer candidate, of kind ``upward``.
        latency: How long answers take today and then, where it was measured.
    """

    verdict: VerdictName
    pairs: Count
    unit: UnitName | None = None
    looks: LookCount | None = None
    loss: Loss | None = None
    bound: Bound | None = None
    errors_per_1000: ErrorsBeforeAfter | None = None
    saving_share: Saving | None = None
    saving_bound: SavingBound | None = None
    saving_usd_month: UsdChange | None = None
    kind: Text | None = None
    candidate: Chosen | None = None
    grader: Text | None = None
    more_pairs: Count | None = None
    more_usd: Usd | None = None
    accepted: Accepted | None = None
    upward: Upward | None = None
    latency: Latency | None = None


class Refused(Keys):
    """A cheaper candidate that is shown to lose more than the type's margin.

    Attributes:
        candidate: The candidate.
        pairs: Pairs that this rests on.
        loss: Estimated loss, baseline minus candidate.
        margin: Margin that it is shown to pass.
        saving_share: What it would have saved, as a share of the baseline's cost.
        saving_bound: Lower confidence bound of that; rounded down.
        accepted: Cost of an accepted outcome, where a wrong answer has a cost.
    """

    candidate: Chosen
    pairs: Count
    loss: Loss | None = None
    margin: Margin | None = None
    saving_share: Saving | None = None
    saving_bound: SavingBound | None = None
    accepted: Accepted | None = None
