"""In force: the policy as it stands now, with its day, its kill switch and its file watched."""

import logging
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

from modelmix.core.capabilities import CapabilityTable
from modelmix.errors import ArtifactError
from modelmix.pipeline.policy_file import read_policy
from modelmix.policy.base import KILL_SWITCH
from modelmix.policy.by_type import ByType
from modelmix.policy.standing import Standing

log = logging.getLogger("modelmix.policy")

_Stamp = tuple[int, int, int]


class InForce:
    """Keeps the policy current; the gateway calls `look` about once a second, the router with each choice.

    Any thread may look: what is in force is one frozen value, changed under a lock and read without one.

    Args:
        path: The policy file, or None.
        home: Folder of the kill switch, or None where nothing may switch it off.
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
        home: Path | None,
        capabilities: CapabilityTable,
        today: Callable[[], date],
        *,
        allow_uncertified: bool = False,
    ) -> None:
        self._path = path
        self._switch = None if home is None else home / KILL_SWITCH
        self._capabilities = capabilities
        self._today = today
        self._allow_uncertified = allow_uncertified
        self._lock = threading.Lock()
        self._stamp = _stamp(path)
        self._policy = None if path is None else self._read(path)
        self._seen: tuple[date, bool] | None = None
        self.now = Standing()
        self.look()

    def look(self, *, at_file: bool = True) -> Standing:
        """Take notice of the day, the switch and, unless told otherwise, the file.

        Returns:
            What is in force now.
        """
        seen = (self._today(), self._switch is not None and self._switch.exists())
        if seen == self._seen and not (at_file and _stamp(self._path) != self._stamp):
            return self.now
        with self._lock:
            fresh = at_file and self._reload()
            if fresh or seen != self._seen:
                self._stand(*seen)
            return self.now

    def take(self, policy: ByType) -> None:
        """Bring another policy into force."""
        with self._lock:
            self._policy = policy
            self._stand(self._today(), self._switch is not None and self._switch.exists())

    def read_again(self) -> None:
        """Read the file again, changed or not, and bring it into force.

        Raises:
            ArtifactError: It cannot be trusted; what was in force stays.
            ValueError: There is no file.
        """
        if self._path is None:
            raise ValueError("this policy was not read from a file, so there is none to read again")
        with self._lock:
            stamp = _stamp(self._path)
            self._policy, self._stamp = self._read(self._path), stamp
            self._stand(self._today(), self._switch is not None and self._switch.exists())

    def _stand(self, day: date, off: bool) -> None:
        self._seen = (day, off)
        if self._policy is None:
            return
        self.now = Standing.of(self._policy, day, off=off)
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
