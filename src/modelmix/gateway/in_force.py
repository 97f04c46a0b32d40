"""In force: the policy as it stands now, with its day, its kill switch and its file watched."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from modelmix.core.capabilities import CapabilityTable
from modelmix.errors import ArtifactError
from modelmix.policy import artifact
from modelmix.policy.base import KILL_SWITCH
from modelmix.policy.by_type import ByType

log = logging.getLogger("modelmix.gateway")

_Stamp = tuple[int, int, int]


def read_policy(path: Path, capabilities: CapabilityTable, *, allow_uncertified: bool = False) -> ByType:
    """Read a policy file.

    Raises:
        ArtifactError: It cannot be read, is not a policy, or was changed after it was written.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactError(str(path), f"cannot be read ({error.strerror}); name a policy file") from error
    document = artifact.parse(data, str(path))
    return artifact.to_policy(document, capabilities, allow_uncertified=allow_uncertified)


@dataclass(frozen=True, slots=True)
class Standing:
    """The policy at one moment.

    Attributes:
        policy: The policy on this day, switched off if the switch is thrown; None without a policy.
        resting: The same policy switched off: it names the baselines.
    """

    policy: ByType | None = None
    resting: ByType | None = None


class InForce:
    """Keeps the policy current; `look` is to be called about once a second.

    Args:
        path: The policy file, or None.
        home: Folder of the kill switch.
        capabilities: What each model accepts.
        today: Tells the UTC day.
        allow_uncertified: Take uncertified downgrades all the same.

    Attributes:
        now: What is in force.

    Raises:
        ArtifactError: The file cannot be trusted at the start. Later a refused file leaves the old policy.
    """

    def __init__(
        self,
        path: Path | None,
        home: Path,
        capabilities: CapabilityTable,
        today: Callable[[], date],
        *,
        allow_uncertified: bool = False,
    ) -> None:
        self._path = path
        self._switch = home / KILL_SWITCH
        self._capabilities = capabilities
        self._today = today
        self._allow_uncertified = allow_uncertified
        self._stamp = _stamp(path)
        self._policy = None if path is None else self._read(path)
        self._seen: tuple[date, bool] | None = None
        self.now = Standing()
        self.look()

    def look(self) -> None:
        """Take notice of the day, the switch and the file."""
        fresh = self._reload()
        seen = (self._today(), self._switch.exists())
        if seen == self._seen and not fresh:
            return
        self._seen = seen
        if self._policy is None:
            return
        day, off = seen
        resting = self._policy.switched_off()
        self.now = Standing(resting if off else self._policy.on(day), resting)
        if self.now.policy is not None and self.now.policy.warning:
            log.warning("%s", self.now.policy.warning)
        elif self._path is not None:
            log.info("policy %s of %s is in force", self._policy.sha256[:8] or "unsigned", self._path)

    def _read(self, path: Path) -> ByType:
        return read_policy(path, self._capabilities, allow_uncertified=self._allow_uncertified)

    def _reload(self) -> bool:
        stamp = _stamp(self._path)
        if stamp == self._stamp or self._path is None:
            return False
        self._stamp = stamp
        try:
            self._policy = self._read(self._path)
        except ArtifactError as error:
            log.error("%s; the policy before it stays in force", error)  # noqa: TRY400 - one sentence, no traceback
            return False
        return True


def _stamp(path: Path | None) -> _Stamp | None:
    try:
        status = None if path is None else path.stat()
    except OSError:
        return None
    return None if status is None else (status.st_mtime_ns, status.st_size, status.st_ino)
