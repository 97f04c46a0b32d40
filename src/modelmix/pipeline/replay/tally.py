"""The tally: how a run stands, for whoever watches it."""

from dataclasses import dataclass, replace
from decimal import Decimal


@dataclass(slots=True)
class Tally:
    """How a run stands.

    Attributes:
        whole: Requests of the plan.
        reused: Answers that were there before the run.
        answered: Answers that came, errors that would come again among them.
        rejected: Those of them that are errors.
        given_up: Requests that failed too often; another run tries them again.
        dropped: Requests of candidates that reject everything.
        refusals: Answers that said to come back later (429, 529).
        sent: Requests sent, the repeated ones among them.
        on_their_way: Requests whose answer is waited for.
        is_stopping: Whether nothing more is sent.
        usd: What has come back has cost, this replay's earlier runs included.
        open_usd: The most that requests cost of which nothing has come back.
        look: The look whose pairs are bought, from 1; 0 before the first.
        said: What was found at the looks so far, a line each.
        judged: Answers of judges that came, or were there.
    """

    whole: int
    reused: int = 0
    answered: int = 0
    rejected: int = 0
    given_up: int = 0
    dropped: int = 0
    refusals: int = 0
    sent: int = 0
    on_their_way: int = 0
    is_stopping: bool = False
    usd: Decimal = Decimal(0)
    open_usd: Decimal = Decimal(0)
    look: int = 0
    said: tuple[str, ...] = ()
    judged: int = 0

    def after(self, before: "Tally") -> "Tally":
        """Return how the whole stands: this stage after those before it."""
        return replace(
            self,
            whole=before.whole + self.whole,
            reused=before.reused + self.reused,
            answered=before.answered + self.answered,
            rejected=before.rejected + self.rejected,
            given_up=before.given_up + self.given_up,
            dropped=before.dropped + self.dropped,
            refusals=before.refusals + self.refusals,
            sent=before.sent + self.sent,
            look=before.look,
            said=before.said,
            judged=before.judged + self.judged,
        )

    def judging(self, judges: "Tally") -> "Tally":
        """Return how it stands while answers are judged: money and traffic are one, counts are apart."""
        return replace(
            self,
            judged=self.judged + judges.answered + judges.reused,
            given_up=self.given_up + judges.given_up,
            refusals=self.refusals + judges.refusals,
            sent=self.sent + judges.sent,
            on_their_way=judges.on_their_way,
            is_stopping=judges.is_stopping,
            usd=judges.usd,
            open_usd=judges.open_usd,
        )

    @property
    def done(self) -> int:
        """Requests that are over."""
        return self.reused + self.answered + self.given_up + self.dropped
