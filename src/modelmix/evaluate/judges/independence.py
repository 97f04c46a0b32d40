"""Independence: whether a judge may favour one side, since it is one of them or of their family."""

from collections.abc import Collection

from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable


def partial_to(
    judge: Candidate, candidates: Collection[Candidate], baseline: Candidate, capabilities: CapabilityTable
) -> str:
    """Say whose side a judge may be on, in one sentence, or nothing.

    Models prefer their own answers to others'. All models here are of one vendor, so that no judge among them
    is free of it; one that is itself compared is the plainest case.

    Source: Panickssery et al., LLM evaluators recognize and favor their own generations (NeurIPS 2024).
    """
    if judge.model in {one.model for one in candidates}:
        others = {one.model for one in candidates} - {judge.model}
        alone = "the only candidate" if not others else "a candidate"
        said = f"the judge {judge.model} is itself {alone}, and may favour its own answers"
        return f"{said}; name another by --judge"
    if judge.model == baseline.model:
        return f"the judge {judge.model} is today's model, and may favour its own answers: doubt goes up"
    own, theirs = capabilities.find(judge.model), [capabilities.find(one.model) for one in candidates]
    if own is not None and any(one is not None and one.tier == own.tier for one in theirs):
        return f"the judge {judge.model} is of one tier with a candidate, and may favour answers like its own"
    return ""
