"""Options of learning in flight, read into what the gateway is to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from modelmix.cli.api_key import key_of
from modelmix.errors import ConfigError

if TYPE_CHECKING:
    from modelmix.core.candidate import Candidate
    from modelmix.gateway.learner import LearnOrder
    from modelmix.pipeline.learn.ask import LearnAsk
    from modelmix.settings import Settings

_NO_KEY = (
    "--learn needs a key for its own requests: export ANTHROPIC_API_KEY, or use each client's own by "
    "--learn-client-keys"
)
_HOW = "how to learn is said, and not that; add --learn, with a cap by --learn-usd"


@dataclass(frozen=True, slots=True)
class LearnOptions:
    """What a user wrote.

    Attributes:
        on: ``--learn``.
        usd: ``--learn-usd``.
        share: ``--learn-share``.
        candidates: ``--learn-candidate``, each.
        graders: ``--learn-grader``, each.
        margin: ``--learn-margin``.
        pairs: ``--learn-pairs``.
        client_keys: ``--learn-client-keys``.
    """

    on: bool = False
    usd: str | None = None
    share: str | None = None
    candidates: Sequence[str] = ()
    graders: Sequence[str] = ()
    margin: str | None = None
    pairs: int | None = None
    client_keys: bool = False

    @property
    def says_how(self) -> bool:
        """Whether anything is said beside that it is to be done."""
        said = (
            self.usd,
            self.share,
            self.candidates,
            self.graders,
            self.margin,
            self.pairs,
            self.client_keys,
        )
        return any(one not in (None, False, ()) for one in said)


def order_of(options: LearnOptions, settings: "Settings", upstream: str) -> "LearnOrder | None":
    """Read what is to be learned, or None where nothing is.

    Raises:
        ConfigError: There is no cap, no key, or a candidate is not known.
        typer.BadParameter: An amount, a share, a candidate or a grader cannot be read.
    """
    if not options.on:
        if options.says_how:
            raise ConfigError(_HOW)
        return None
    if options.usd is None:
        raise ConfigError("--learn sends requests that cost money; say how much at most with --learn-usd 25")
    from modelmix.gateway.learner import LearnOrder
    from modelmix.pipeline.learn.learning import LearnPlace
    from modelmix.pipeline.replay.arms import arms_of

    ask = _ask(options, upstream)
    book, capabilities = settings.price_book(), settings.capabilities()
    if ask.candidates is not None:
        # What is not known, or has no price, is said now.
        arms_of(ask.candidates[0], ask.candidates, book, capabilities, datetime.now(UTC).date())
    key = "" if options.client_keys else key_of(upstream, _NO_KEY)
    place = LearnPlace(home=settings.home, book=book, capabilities=capabilities, key=key)
    return LearnOrder(ask, place)


def _ask(options: LearnOptions, upstream: str) -> "LearnAsk":
    from modelmix.cli.shares import candidates_of, graders_of, margin_of
    from modelmix.pipeline.learn.ask import MARGIN, SHARE, LearnAsk

    share = SHARE if options.share is None else _share(options.share)
    margin = MARGIN if options.margin is None else margin_of(options.margin, "--learn-margin")
    named: list[Candidate] = []
    for text in options.candidates:
        named += candidates_of(text, "--learn-candidate")
    return LearnAsk(
        cap_usd=_usd(options.usd or ""),
        share=share,
        candidates=tuple(named) or None,
        graders=graders_of(options.graders, "--learn-grader"),
        margin=margin,
        pairs=options.pairs,
        upstream=upstream,
    )


def _usd(text: str) -> Decimal:
    import typer

    try:
        usd = Decimal(text.strip().lstrip("$"))
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or usd <= 0:
        raise typer.BadParameter(
            f"{text!r} is not a positive amount of USD; write 25", param_hint="--learn-usd"
        )
    return usd


def _share(text: str) -> float:
    import typer

    from modelmix.policy.share import parse_share

    try:
        share = float(parse_share(text))
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint="--learn-share") from None
    if not 0.0 < share <= 1.0:
        raise typer.BadParameter(
            f"{text!r} is no share of the requests; write one above 0 and up to 1, such as 5%",
            param_hint="--learn-share",
        )
    return share
