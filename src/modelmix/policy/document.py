"""The policy file as values: every key that may stand in it, and what each may hold."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictInt,
    Tag,
    field_validator,
    model_validator,
)
from pydantic import WithJsonSchema as Schema

from modelmix.core.candidate import Candidate
from modelmix.policy import cells, rules
from modelmix.policy.by_type import VIRTUAL_MODELS, Match
from modelmix.policy.cells import (
    CANDIDATE_SCHEMA,
    MOST_DAYS,
    Bound,
    Day,
    Fraction,
    Instant,
    Loss,
    Margin,
    Ms,
    Saving,
    SavingBound,
    Text,
    Usd,
)
from modelmix.policy.evidence import (
    UPWARD,
    Chosen,
    Count,
    ErrorsBeforeAfter,
    Keys,
    LookCount,
    Refused,
    TaskEvidence,
    VerdictName,
)

FORMAT: Final = 1
"""Version of the file format that this code writes and reads."""
GRACE_DAYS = 14
"""Days after a certificate's expiry on which its routes are kept, unless it says otherwise."""

Sha256: TypeAlias = Annotated[
    str, BeforeValidator(cells.sha256), Schema({"type": "string", "pattern": "^[0-9a-f]{64}$"})
]


def _which(value: object) -> str:
    return "baseline" if isinstance(value, str) else "candidate"


ChosenOrBaseline: TypeAlias = Annotated[
    Annotated[Literal["baseline"], Tag("baseline")] | Annotated[Chosen, Tag("candidate")],
    Discriminator(_which),
    Schema({"anyOf": [{"const": "baseline"}, CANDIDATE_SCHEMA]}),
]


class Bar(Keys):
    """The quality bar of the whole policy.

    Attributes:
        margin: Largest loss in mean score over the traffic that moves; 0.02 is two points.
        alpha: One-sided chance of a false certificate, in (0, 0.5].
        error_cost_usd: What one more error costs, or None where nobody said.
    """

    margin: Margin
    alpha: Annotated[Fraction, Field(gt=0, le=Decimal("0.5"))] = Decimal("0.05")
    error_cost_usd: Usd | None = None


class Certificate(Keys):
    """What was proved over the traffic that moves, on rows that played no part in choosing.

    Losses are baseline minus route in score points: positive is worse.

    Attributes:
        verdict: Whether the moved traffic as a whole clears ``bar.margin``.
        pairs: Fresh pairs that the verdict rests on.
        moved_share: Share of the weight (calls times error cost) that moves.
        loss_moved: Estimated loss on moved traffic.
        bound: Upper confidence bound of that loss at ``1 - alpha``; rounded up.
        errors_per_1000: Errors per 1,000 tasks before and after.
        method: Name of the procedure.
        looks: Most looks that a type took, where pairs were tested as they came in.
        attempts: Times that these rows have been tested, this one included.
        alpha_spent: Share of alpha that the attempts have used.
        graders: Names and versions of the graders.
        prices_as_of: Day of the price table that the costs come from.
        expires: Last day on which the certificate holds.
        grace_days: Days after that on which routes are kept, with a warning.
        evidence_sha256: Hash of the rows that it rests on.
        saving_share: Estimated saving as a share of the baseline's cost.
        saving_bound: Lower confidence bound of the saving; rounded down.
        net_saving_share: Estimated saving with errors paid for, as a share of what accepted outcomes cost
            today, where something moves up and ``saving_share`` is not all that it saves.
        net_saving_bound: Lower confidence bound of that; rounded down.
        basis: What the figures are measured on, in words.
    """

    verdict: VerdictName
    pairs: Count
    moved_share: Fraction | None = None
    loss_moved: Loss | None = None
    bound: Bound | None = None
    errors_per_1000: ErrorsBeforeAfter | None = None
    method: Text
    looks: LookCount | None = None
    attempts: Annotated[Count, Field(ge=1)] = 1
    alpha_spent: Fraction | None = None
    graders: tuple[Text, ...] = ()
    prices_as_of: Day
    expires: Day
    grace_days: Annotated[StrictInt, Field(ge=0, le=MOST_DAYS)] = GRACE_DAYS
    evidence_sha256: Sha256 | None = None
    saving_share: Saving | None = None
    saving_bound: SavingBound | None = None
    net_saving_share: Saving | None = None
    net_saving_bound: SavingBound | None = None
    basis: Text | None = None


class TaskMatch(Keys):
    """Which tasks an entry is for; all keys that are given must hold.

    Attributes:
        tag: Task type that the caller names.
        template: Fingerprint of the stable part of the system prompt.
        rule: Comparison over features; grammar in ``policy.rules``.
    """

    tag: Text | None = None
    template: Text | None = None
    rule: Annotated[Text, Field(max_length=rules.MAX_CHARACTERS)] | None = None

    @field_validator("rule")
    @classmethod
    def _is_a_rule(cls, rule: str | None) -> str | None:
        if rule is not None:
            cells.as_value_error(rules.parse, rule)
        return rule

    @model_validator(mode="after")
    def _names_something(self) -> "TaskMatch":
        if self.tag is None and self.template is None and self.rule is None:
            raise ValueError("names no tag, template or rule, and would take every task; add one")
        return self

    def match(self) -> Match:
        """Return the match that a policy evaluates."""
        return Match(
            self.tag or "", self.template or "", None if self.rule is None else rules.parse(self.rule)
        )


class TaskBar(Keys):
    """The quality bar of one task type, where it differs from the policy's.

    Attributes:
        type_margin: Largest loss that this type by itself may have.
        error_cost_usd: What one more error costs here.
        latency_p95_ms: Time within which 95 of 100 answers must come for the type to move.
    """

    type_margin: Margin | None = None
    error_cost_usd: Usd | None = None
    latency_p95_ms: Ms | None = None


class Caching(Keys):
    """Advice on the prompt cache for one task type.

    Attributes:
        ttl: Lifetime of what is written.
        breakpoints: Parts of the prompt that end a cached prefix.
    """

    ttl: Literal["5m", "1h"]
    breakpoints: tuple[Text, ...] = ()


class Batch(Keys):
    """Advice on batches for one task type.

    Attributes:
        deferrable: Whether its answers may wait.
        deadline: How long: a number and ``m``, ``h`` or ``d``.
    """

    deferrable: StrictBool
    deadline: Annotated[Text, Field(pattern=r"^[1-9][0-9]{0,3}[mhd]$")] | None = None


class TaskEntry(Keys):
    """One task type of the policy.

    Attributes:
        match: Which tasks it is for.
        baseline: What its requests ask for today; in the file one candidate or a list.
        route: Where they go, or ``baseline`` to stay.
        bar: Its own bar.
        critical: Whether it must clear ``bar.margin`` by itself, without a single regression.
        evidence: What was measured.
        refused: Cheaper candidates that fail, cheapest first.
        why: Why it stays, or moves, in one sentence.
        caching: Advice on the prompt cache.
        batch: Advice on batches.
    """

    match: TaskMatch
    baseline: Annotated[
        tuple[Chosen, ...],
        BeforeValidator(cells.one_or_more),
        Schema({"anyOf": [CANDIDATE_SCHEMA, {"type": "array", "items": CANDIDATE_SCHEMA}]}),
    ] = ()
    route: ChosenOrBaseline
    bar: TaskBar | None = None
    critical: StrictBool = False
    evidence: TaskEvidence | None = None
    refused: tuple[Refused, ...] = ()
    why: Text | None = None
    caching: Caching | None = None
    batch: Batch | None = None

    @model_validator(mode="after")
    def _can_move(self) -> "TaskEntry":
        if isinstance(self.route, Candidate) and not self.baseline:
            raise ValueError(
                "has a route but no baseline; say under baseline what its requests ask for today"
            )
        if self.route in self.baseline:
            raise ValueError(f"routes to its own baseline {self.route}; write route: baseline")
        named = [*self.baseline, *([self.route] if isinstance(self.route, Candidate) else [])]
        virtual = [candidate.model for candidate in named if candidate.model in VIRTUAL_MODELS]
        if virtual:
            raise ValueError(f"names the virtual model {virtual[0]!r}; name a model that can answer")
        return self


class PolicyDocument(Keys):
    """A policy file.

    Attributes:
        modelmix: Version of the file format.
        name: Name of the policy.
        version: Number of the policy, counted up by each run of optimize.
        created: UTC instant, to the second.
        bar: The quality bar.
        certificate: What was proved, or None for a policy written by hand.
        tasks: Task type → entry, in order: the first match wins.
        default: Who serves a virtual model's request that no entry matches; ``baseline``: the highest
            baseline of all entries. Explicit requests without an entry always stay as they are.
        sha256: Hash over everything else, or None for a policy written by hand.
    """

    modelmix: Literal[1] = FORMAT
    name: Text
    version: Annotated[Count, Field(ge=1)] = 1
    created: Instant | None = None
    bar: Bar
    certificate: Certificate | None = None
    tasks: dict[Text, TaskEntry]
    default: ChosenOrBaseline = "baseline"
    sha256: Sha256 | None = None

    def __eq__(self, other: object) -> bool:
        """Compare with the order of the tasks, since the first match wins."""
        if not isinstance(other, PolicyDocument):
            return NotImplemented
        return super().__eq__(other) and list(self.tasks) == list(other.tasks)

    __hash__ = None  # type: ignore[assignment]  # a mapping of tasks cannot be hashed

    def routed(self) -> Mapping[str, TaskEntry]:
        """Return the entries that move, in order."""
        return {name: entry for name, entry in self.tasks.items() if isinstance(entry.route, Candidate)}

    def certified(self, name: str) -> bool:
        """Say whether the evidence of one entry clears its bar and the policy as a whole clears its own.

        A file that says CLEARS beside a bound above the margin is not believed.
        """
        entry, whole = self.tasks[name], self.certificate
        if self.sha256 is None or whole is None or entry.evidence is None:
            return False
        own = entry.bar.type_margin if entry.bar is not None else None
        limit = self.bar.margin if entry.critical else own
        return (
            whole.verdict == entry.evidence.verdict == "CLEARS"
            and _within(whole.bound, self.bar.margin)
            and _within(entry.evidence.bound, limit)
            and _pays(entry, self.bar)
        )


def _pays(entry: TaskEntry, bar: Bar) -> bool:
    """Say whether a move up is shown to save at the stated cost of a wrong answer; a move down always is."""
    evidence = entry.evidence
    if evidence is None or evidence.upward is None:
        return evidence is None or evidence.kind != UPWARD
    own = None if entry.bar is None else entry.bar.error_cost_usd
    cost = bar.error_cost_usd if own is None else own
    return cost is not None and cost > evidence.upward.pays_above_usd and evidence.upward.net_bound_usd > 0


def _within(bound: Decimal | None, limit: Decimal | None) -> bool:
    return bound is None or limit is None or bound <= limit
