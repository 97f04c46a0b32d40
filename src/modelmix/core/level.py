"""Level: what a score is of, a single call, the last turn of a conversation, or a whole task."""

from enum import StrEnum

LAST_TURNS = "last turns of conversations, not whole tasks"
"""What is said of evidence at the level of a turn, wherever it is shown."""


class Level(StrEnum):
    """What one graded answer stands for; scores of a whole task and of less are never averaged together.

    A turn is the last answer of a conversation whose earlier ones were given, as a replay asks it again: it
    says how that one answer would have been, and nothing of how often an agent gets its tasks done.
    """

    CALL = "call"
    TURN = "turn"
    TASK = "task"
