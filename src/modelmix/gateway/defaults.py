"""Defaults: the task type that a URL prefix or a key stands for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from modelmix.upstream.headers import Headers

_BEARER = b"bearer "


def key_hash(key: str) -> bytes:
    """Hash a key, so that none is held in memory as it is."""
    return hashlib.sha256(key.strip().encode()).digest()


@dataclass(frozen=True, slots=True)
class Defaults:
    """Task types by URL prefix and by key.

    Attributes:
        prefixes: Path such as ``/team-a`` → task type; the prefix does not go upstream.
        keys: Hash of a key → task type, for requests without a prefix of their own.
    """

    prefixes: Mapping[bytes, str] = field(default_factory=dict)
    keys: Mapping[bytes, str] = field(default_factory=dict)

    def of(self, path: bytes, headers: Headers) -> tuple[bytes, str]:
        """Return the path without its prefix, and the task type that holds unless the request names one."""
        for prefix, name in self.prefixes.items():
            if path.startswith(prefix + b"/"):
                return path[len(prefix) :], name
        return path, self._of_key(headers) if self.keys else ""

    def _of_key(self, headers: Headers) -> str:
        for header, value in headers:
            if header == b"x-api-key":
                key = value
            elif header == b"authorization" and value[: len(_BEARER)].lower() == _BEARER:
                key = value[len(_BEARER) :]
            else:
                continue
            name = self.keys.get(hashlib.sha256(key.strip()).digest())
            if name is not None:
                return name
        return ""
