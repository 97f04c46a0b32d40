"""The policy file on disk: read as what runs, written whole or not at all."""

import os
import tempfile
from pathlib import Path

from modelmix.core.capabilities import CapabilityTable
from modelmix.errors import ArtifactError, ConfigError
from modelmix.policy.artifact import parse, render, to_policy
from modelmix.policy.by_type import ByType
from modelmix.policy.document import PolicyDocument


def read_policy(path: Path, capabilities: CapabilityTable, *, allow_uncertified: bool = False) -> ByType:
    """Read a policy file.

    Raises:
        ArtifactError: It cannot be read, is not a policy, or was changed after it was written.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(str(path), f"cannot be read ({error.strerror}); name a policy file") from error
    return to_policy(parse(data, str(path)), capabilities, allow_uncertified=allow_uncertified)


def next_version(path: Path) -> int:
    """Return the version after the one that a file holds; 1 where there is none that can be read."""
    try:
        return parse(path.read_bytes(), str(path)).version + 1
    except (OSError, ArtifactError):
        return 1


def check_writable(path: Path) -> None:
    """Try that a policy could be written: what cannot be kept must not spend an attempt.

    Raises:
        ConfigError: The file cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"policy {path} cannot be written ({error.strerror or error}); name another file by -o"
    )


def write(path: Path, policy: PolicyDocument) -> None:
    """Write a policy in one step, so that a gateway that watches the file never sees half of it.

    Raises:
        ConfigError: The file cannot be written.
    """
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(render(policy))
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
