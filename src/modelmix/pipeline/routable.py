"""Routable: what evidence is about must be something that a request can name."""

from collections.abc import Iterable

from modelmix.errors import ConfigError
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.policy.cells import is_model_id


def check_routable(types: Iterable[TypeEvidence]) -> None:
    """Refuse names that no policy could hold, before an attempt is spent on them.

    Raises:
        ConfigError: A candidate's model is a title and no model ID.
    """
    names = {arm.model for evidence in types for arm in evidence.arms}
    titles = sorted(name for name in names if not is_model_id(name))
    if titles:
        raise ConfigError(
            f"{titles[0]!r:.80} is not a model ID, so that nothing could be routed to it; write its ID in "
            "the outcome table, or leave it out by --arms"
        )
