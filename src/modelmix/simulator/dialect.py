"""Dialect: the API version and the betas that a request is written in."""

from dataclasses import dataclass

VERSIONS = ("2023-06-01", "2026-10-21")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a body is to be read.

    Attributes:
        version: Value of ``anthropic-version``.
        betas: Names in ``anthropic-beta``.
        counting: Whether it is a request to count tokens.
        batched: Whether it is one request of a batch.
    """

    version: str
    betas: frozenset[str] = frozenset()
    counting: bool = False
    batched: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it is version 2026-10-21, which rejects sampling parameters."""
        return self.version == VERSIONS[1]

    def has_beta(self, *prefixes: str) -> bool:
        """Say whether a beta with one of these beginnings is in force."""
        return any(beta.startswith(prefix) for beta in self.betas for prefix in prefixes)
