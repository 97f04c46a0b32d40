"""A judged run: a stage's answers asked for, then judged, under one cap and as one run to whoever watches."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from modelmix.errors import UpstreamError
from modelmix.evaluate.graders.judged import Judged
from modelmix.pipeline.replay.buying import Runner
from modelmix.pipeline.replay.judging import Judging
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.tally import Tally

_AT_ONCE: Final = 100
"""Answers whose judging is written at once: more would have to be held in memory."""


class JudgedRun:
    """Sends what a stage asks, and then what judges are asked of it.

    Args:
        plan: The stage.
        judging: Writes judges' requests and keeps verdicts.
        asks: Plan → what sends requests to candidates.
        judges: Plan → what sends requests to judges.
    """

    def __init__(
        self,
        plan: Plan,
        judging: Judging,
        asks: Callable[[Plan], Runner],
        judges: Callable[[Plan], Runner],
    ) -> None:
        self._plan = plan
        self._judging = judging
        self._judges = judges
        self._run = asks(plan)
        self._stopped = False
        self.tally = self._run.tally

    def stop(self) -> None:
        """Send nothing more; what is on its way is waited for."""
        self._stopped = True
        self._run.stop()

    async def go(self, known: Mapping[str, bool], told: Callable[[Tally], None]) -> str:
        """Run until everything is answered and judged, the cap is reached, or `stop` is called.

        Raises:
            UpstreamError: The key is refused, nothing answers, or the judge rejects everything.
            ConfigError: The judge would reject what it is asked.
            StoreError: The ledger cannot be used.
        """
        # What was worked out since the last stage has held up the loop: connections that were closed
        # meanwhile have to be noticed before anything is sent on them.
        await asyncio.sleep(0)
        outcome = await self._run.go(known, told)
        self.tally = self._run.tally
        items = [one for one in self._plan.items if isinstance(self._plan.grader_of(one), Judged)]
        # Batches take their own time: what is judged goes out as one.
        at_once = max(len(items), 1) if self._plan.by_batch else _AT_ONCE
        for start in range(0, len(items), at_once):
            some = items[start : start + at_once]
            if outcome != "done" or self._stopped:
                break
            docket = self._judging.docket(self._plan, some)
            await asyncio.sleep(0)
            if docket.plan.items:
                outcome = await self._ask(docket.plan, self._judging.known(docket), told)
            self._judging.keep(docket)
        return "interrupted" if self._stopped else outcome

    async def _ask(self, plan: Plan, known: Mapping[str, bool], told: Callable[[Tally], None]) -> str:
        before = self.tally
        self._run = run = self._judges(plan)
        run.tally.usd, run.tally.open_usd = before.usd, before.open_usd

        def judging(tally: Tally) -> None:
            self.tally = before.judging(tally)
            told(self.tally)

        try:
            outcome = await run.go(known, judging)
        finally:
            self.tally = before.judging(run.tally)
        if run.tally.dropped:
            raise UpstreamError(
                f"the judge {plan.items[0].candidate} rejects what it is asked; name another by --judge"
            )
        return outcome
