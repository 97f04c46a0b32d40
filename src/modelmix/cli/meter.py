"""The meter: how a replay stands, in one line."""

import sys
import time
from decimal import Decimal

from modelmix.pipeline.replay.tally import Tally
from modelmix.report.money import usd

_EVERY_S, _EVERY_S_IN_FILES = 0.2, 10.0
_LINE_WIDTH = 79


class Meter:
    """Tells how a run stands: a line that moves on a terminal, else one line every ten seconds.

    Args:
        cap_usd: The spend cap, or None.
        quiet: Whether nothing is told.
    """

    def __init__(self, cap_usd: Decimal | None, *, quiet: bool) -> None:
        self._cap = cap_usd
        self._quiet = quiet
        self._is_terminal = sys.stderr.isatty()
        self._began_s = self._said_s = time.monotonic()
        self._began_at = -1
        self._shown = ""
        self._said: tuple[str, ...] = ()

    def told(self, tally: Tally) -> None:
        """Take note of how the run stands, and show it now and then."""
        now_s = time.monotonic()
        self._began_at = tally.done if self._began_at < 0 else self._began_at
        if tally.said != self._said and not self._quiet:
            self._tell(tally.said)
        if self._quiet or now_s - self._said_s < (_EVERY_S if self._is_terminal else _EVERY_S_IN_FILES):
            return
        self._said_s = now_s
        rate = (tally.done - self._began_at) / max(now_s - self._began_s, 0.001)
        self._show(progress_line(tally, self._cap, rate))

    def _tell(self, said: tuple[str, ...]) -> None:
        """Say what was found at a look, each line once."""
        self.end()
        for line in said:
            if line not in self._said:
                sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
        self._said = said

    def read(self, rows: int) -> None:
        """Show how many rows of the logs have been read, on a terminal."""
        if self._is_terminal and not self._quiet:
            self._show(f"reading the logs: {rows:,} rows")

    def end(self) -> None:
        """Leave the line; another one may follow."""
        if self._shown and self._is_terminal:
            sys.stderr.write("\n")
            sys.stderr.flush()
        self._shown = ""

    def _show(self, line: str) -> None:
        width = len(self._shown)
        sys.stderr.write(f"\r{line:<{width}}" if self._is_terminal else f"{line}\n")
        sys.stderr.flush()
        self._shown = line


def progress_line(tally: Tally, cap_usd: Decimal | None, rate: float) -> str:
    """Write how a run stands in one line of less than 80 columns.

    Args:
        tally: How it stands.
        cap_usd: The spend cap, or None.
        rate: Answers per second so far.
    """
    cap = "" if cap_usd is None else f" of {usd(cap_usd)}"
    left = tally.whole - tally.done
    more = [f"{usd(tally.usd)}{cap}"]
    if rate > 0 and left:
        more.append(f"eta {_span(left / rate)}")
    if tally.refusals:
        more.append(f"told to wait: {tally.refusals:,}")
    if tally.is_stopping:
        more = [f"waiting for {tally.on_their_way:,}; Ctrl-C again leaves them"]
    look = f", look {tally.look}" if tally.look else ""
    parts = [f"replay  {tally.done:,} of {tally.whole:,} answers{look}", *more]
    return " \N{MIDDLE DOT} ".join(parts)[:_LINE_WIDTH]


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
