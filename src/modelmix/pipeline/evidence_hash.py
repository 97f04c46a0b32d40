"""The hash of evidence, by which the same rows are the same attempt."""

import hashlib
import json
from collections.abc import Collection, Mapping

import numpy as np

from modelmix.evaluate.evidence import TypeEvidence
from modelmix.pipeline.looked import LookedAt


def evidence_sha256(types: Collection[TypeEvidence], designs: Mapping[str, LookedAt]) -> str:
    """Hash what was measured: names, prompts, units, slices, scores and costs, in a fixed order.

    A type that is looked at stands for its design and the rows that led to it: they are the same at every
    look, and so is the attempt.
    """
    digest = hashlib.sha256()
    for evidence in types:
        design = designs.get(evidence.task_type)
        if design is not None:
            chosen_on = evidence.at_looks(0, 0)
            named = [evidence.task_type, *design.identity, chosen_on.prompts, chosen_on.units]
            digest.update(json.dumps([*named, [str(arm) for arm in evidence.arms]]).encode())
            digest.update(chosen_on.score.tobytes())
            _add_labels(digest, evidence)
            continue
        arms = [str(arm) for arm in evidence.arms]
        slices = {name: np.flatnonzero(rows).tolist() for name, rows in evidence.slices.items()}
        digest.update(
            json.dumps([evidence.task_type, arms, evidence.prompts, evidence.units, slices]).encode()
        )
        digest.update(evidence.score.tobytes())
        digest.update(evidence.cost_usd.tobytes())
        _add_labels(digest, evidence)
    return digest.hexdigest()


def _add_labels(digest: "hashlib._Hash", evidence: TypeEvidence) -> None:
    """Count what people say in: who asks again after labelling more makes another attempt."""
    for labels in evidence.people.values():
        digest.update(labels.human.tobytes())
