"""An outcome: a graded answer of one candidate to one prompt, or its run at a task, as someone has it."""

from dataclasses import dataclass
from decimal import Decimal

from modelmix.core.candidate import Candidate
from modelmix.core.level import Level
from modelmix.core.slices import parted

SEVERAL = " + "
"""What stands between the names of models that served one task together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One graded answer: a row of an outcome table.

    Attributes:
        prompt_id: Identity of the prompt; rows of several candidates with the same id are paired.
        task_type: Name of the prompt's task type.
        candidate: Who answered; the effort is None where the table names none.
        score: Grade in [0, 1].
        cluster_id: Prompts that are not independent share it (same document, same user); empty if none.
        input_tokens: Prompt length in tokens, or None where the table does not tell.
        output_tokens: Answer length in tokens, or None.
        cost_usd: Cost that the table states, or None.
        checks_ok: Whether deterministic checks passed, or None where none were made.
        slice_name: Named slices the prompt belongs to (``field absent; language de``), or empty.
        prompt: Text of the prompt, or empty; kept only on request.
        response: Text of the answer, or empty; kept only on request.
        expected: Text that the answer was held against, or empty; kept only on request.
        grader: Name and version of what graded it (``json_fields@1``), or empty.
        why: What the grader found wrong, in words of its own and names of fields; empty if nothing.
        look: Look of a replay at which it came in, counted from 1; 0 where it served to choose, or where
            nothing was looked at before all was in.
        level: What the score is of. At ``TASK`` a row is one run at a whole task: the score says whether it
            was solved, the cost is that of all its calls, and ``prompt_id`` names the task.
        run_id: Which run at the task it is, or empty; the same run in two tables is one.
        calls: Calls that were made for it, or None where the table does not tell.
        attempts: Attempts that its cost covers, the last of which has the score; None for one.
        seconds: How long it took, or None.
        latency_ms: Time to the last byte of the answer, or None where it was not measured. Answers of a
            message batch have none: they say nothing of live traffic.
    """

    prompt_id: str
    task_type: str
    candidate: Candidate
    score: float
    cluster_id: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    checks_ok: bool | None = None
    slice_name: str = ""
    prompt: str = ""
    response: str = ""
    expected: str = ""
    grader: str = ""
    why: str = ""
    look: int = 0
    level: Level = Level.CALL
    run_id: str = ""
    calls: int | None = None
    attempts: int | None = None
    seconds: float | None = None
    latency_ms: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.score <= 1.0:
            raise ValueError(f"score is {self.score}; a score lies between 0 and 1")
        if not self.prompt_id:
            raise ValueError("prompt_id is empty; pairs are found by it")

    @property
    def is_of_several(self) -> bool:
        """Whether several models had a part in it, so that it is evidence for none of them."""
        return SEVERAL in self.candidate.model

    @property
    def slices(self) -> tuple[str, ...]:
        """The slices by name."""
        return parted(self.slice_name)

    @property
    def unit(self) -> str:
        """The unit of evidence: rows that share it count once."""
        return self.cluster_id or self.prompt_id
