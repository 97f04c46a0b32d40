"""The error tree: every exception that modelmix raises on purpose.

::

    ModelmixError                    never raised itself
    ├── ConfigError         exit 3   the operator must change something (MODELMIX-E301)
    │   ├── PriceNotFound            model, day (E302)
    │   └── ArtifactError            path, why: version, hash or shape of a policy file (E303)
    ├── DataError           exit 4   the outside world's rows make no sense as a whole (E401)
    ├── UpstreamError       exit 7   request_id where there is one (E701)
    │   ├── UpstreamTimeout          (E702)
    │   ├── UpstreamUnreachable      (E703)
    │   └── StreamBroken             bytes_seen (E704)
    ├── EvidenceError       exit 8   asked to decide with nothing measured (E801)
    └── StoreError          exit 9   ledger locked, damaged, or from the future (E901)

Bad rows and failed bars are values (``BadRow``, ``Verdict``), not exceptions. Data travel as attributes,
``str()`` is one sentence that says what, which value and what to do next. Programmer errors stay
``TypeError`` and ``ValueError``.
"""

from datetime import date
from typing import ClassVar


class ModelmixError(Exception):
    """Root of the tree; never raised itself.

    Attributes:
        exit_code: Exit status of a command that ends with this error.
        code: Stable identifier of the kind of error; its first digit is the exit code.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "MODELMIX-E101"


class ConfigError(ModelmixError):
    """Settings, prices or policy are invalid: the operator must change something."""

    exit_code = 3
    code = "MODELMIX-E301"


class PriceNotFound(ConfigError):  # noqa: N818 - the tree names what happened
    """No price is known for a model on a day.

    Attributes:
        model: The model ID as asked.
        day: The UTC day as asked.
        hint: What is known instead, and what to do.
    """

    code = "MODELMIX-E302"

    def __init__(self, model: str, day: date, hint: str) -> None:
        self.model = model
        self.day = day
        self.hint = hint
        super().__init__(f"no price for {model!r} on {day.isoformat()}: {hint}")


class ArtifactError(ConfigError):
    """A policy file cannot be trusted or understood.

    Attributes:
        path: The file, or ``-`` for bytes that came without one.
        why: What is wrong with it.
    """

    code = "MODELMIX-E303"

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


class DataError(ModelmixError):
    """The rows of a source make no sense as a whole: wrong format, or empty."""

    exit_code = 4
    code = "MODELMIX-E401"


class UpstreamError(ModelmixError):
    """The upstream API could not be used.

    Attributes:
        request_id: The API's request id, empty where there was none.
        is_sent: Whether the request may have reached the API, and so may have cost something.
    """

    exit_code = 7
    code = "MODELMIX-E701"

    def __init__(self, message: str, *, request_id: str = "", is_sent: bool = True) -> None:
        self.request_id = request_id
        self.is_sent = is_sent
        super().__init__(message)


class UpstreamTimeout(UpstreamError):  # noqa: N818 - the tree names what happened
    """The upstream did not answer in time."""

    code = "MODELMIX-E702"


class UpstreamUnreachable(UpstreamError):  # noqa: N818 - the tree names what happened
    """No connection to the upstream could be made or kept before a response began."""

    code = "MODELMIX-E703"


class StreamBroken(UpstreamError):  # noqa: N818 - the tree names what happened
    """The response body ended before it was complete.

    Attributes:
        bytes_seen: Bytes of the body that had arrived.
    """

    code = "MODELMIX-E704"

    def __init__(self, message: str, *, bytes_seen: int, request_id: str = "") -> None:
        self.bytes_seen = bytes_seen
        super().__init__(message, request_id=request_id)


class EvidenceError(ModelmixError):
    """A decision was asked for with nothing measured to decide from."""

    exit_code = 8
    code = "MODELMIX-E801"


class StoreError(ModelmixError):
    """The ledger or the lake cannot be used: locked, damaged, or written by a newer version."""

    exit_code = 9
    code = "MODELMIX-E901"
