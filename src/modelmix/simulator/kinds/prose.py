"""Prose: invented sentences that surround the facts of a practice document."""

from random import Random

_OPENINGS = (
    "In line with the usual arrangement,",
    "As in previous periods,",
    "For the sake of completeness,",
    "According to the person on duty,",
    "Following the exchange of last week,",
    "Until further notice,",
    "As agreed on the telephone,",
    "With reference to the standing order,",
    "On the whole,",
    "Subject to the general conditions,",
    "After a short delay,",
    "In the opinion of the site office,",
)
_SUBJECTS = (
    "the loading bay",
    "the archive team",
    "the second shift",
    "our partner in the valley",
    "the night desk",
    "the calibration unit",
    "the local depot",
    "the document room",
    "the maintenance crew",
    "the planning group",
    "the visiting inspector",
    "the packing line",
)
_VERBS = (
    "kept the agreed order of work",
    "asked for a second set of labels",
    "moved the weekly meeting by an hour",
    "filed the papers in the grey cabinet",
    "checked the seals without remarks",
    "swapped two of the older trolleys",
    "reported no change in the queue",
    "prepared the rooms for the coming visitors",
    "stored the samples as before",
    "left a note for the following team",
    "tested the new door without trouble",
    "returned the borrowed tools",
)
_CLOSINGS = (
    "and nothing else is to be noted.",
    "which has no bearing on what follows.",
    "as the log book shows.",
    "and the matter is closed.",
    "to everybody's satisfaction.",
    "and will do so again.",
    "although the weather was poor.",
    "as it was asked to.",
    "before the end of the shift.",
    "without extra cost.",
)


def sentence(rng: Random) -> str:
    """Write one sentence without figures, so that no fact of a document is in it."""
    return f"{rng.choice(_OPENINGS)} {rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_CLOSINGS)}"


def paragraph(rng: Random, sentences: int) -> str:
    """Write a paragraph of so many sentences."""
    return " ".join(sentence(rng) for _ in range(sentences))
