"""Rows are committed before their response ends; a ledger that fails loses rows, never responses."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from modelmix.core.call import Call
from modelmix.errors import StoreError
from modelmix.gateway import recorder as recorders
from modelmix.gateway.recorder import Recorder


def call(name: str = "a") -> Call:
    """A row."""
    return Call(
        call_id=name,
        at=datetime(2026, 11, 23, tzinfo=UTC),
        source="gateway",
        model_requested="m",
        model_served="m",
    )


class Slow:
    """A ledger whose commits wait for the test, or fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.go = threading.Event()
        self.entered = threading.Event()
        self.error = error
        self.batches: list[list[str]] = []
        self.is_closed = False

    def put_calls(self, calls: Sequence[Call]) -> None:
        """Commit when told to."""
        self.entered.set()
        assert self.go.wait(20)
        if self.error is not None:
            raise self.error
        self.batches.append([row.call_id for row in calls])

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def test_a_row_is_committed_before_its_wait_ends() -> None:
    """``record`` returns only after the commit."""
    ledger = Slow()

    async def use() -> None:
        recorder = Recorder(lambda: ledger)
        recorder.start()
        waiting = asyncio.create_task(recorder.record(call()))
        await asyncio.to_thread(ledger.entered.wait, 20)
        assert not waiting.done()
        ledger.go.set()
        assert await waiting
        await asyncio.to_thread(recorder.close)
        assert (recorder.written, recorder.lost, recorder.late) == (1, 0, 0)

    asyncio.run(use())
    assert ledger.is_closed


def test_rows_that_come_during_a_commit_share_the_next() -> None:
    """Group commit: one transaction for all that wait."""
    ledger = Slow()

    async def use() -> None:
        recorder = Recorder(lambda: ledger)
        recorder.start()
        first = asyncio.create_task(recorder.record(call("0")))
        await asyncio.to_thread(ledger.entered.wait, 20)
        rest = [asyncio.create_task(recorder.record(call(str(n)))) for n in range(1, 9)]
        await asyncio.sleep(0)
        ledger.go.set()
        assert all(await asyncio.gather(first, *rest))
        await asyncio.to_thread(recorder.close)

    asyncio.run(use())
    assert ledger.batches == [["0"], [str(n) for n in range(1, 9)]]


@pytest.mark.parametrize("error", [StoreError("the ledger is locked"), OSError(28, "no space left")])
def test_a_ledger_that_fails_is_said_and_counted(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """The response goes on; the loss is loud and numbered; the next commit is tried again."""
    ledger = Slow(error)
    ledger.go.set()

    async def use() -> None:
        recorder = Recorder(lambda: ledger)
        recorder.start()
        assert not await recorder.record(call())
        ledger.error = None
        assert await recorder.record(call())
        await asyncio.to_thread(recorder.close)
        assert (recorder.written, recorder.lost, recorder.late) == (1, 1, 0)

    with caplog.at_level(logging.ERROR):
        asyncio.run(use())
    assert "1 rows of calls could not be kept" in caplog.text


def test_one_row_that_does_not_fit_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """A batch that is refused is tried row by row."""

    class Picky(Slow):
        def put_calls(self, calls: Sequence[Call]) -> None:
            if any(row.call_id == "bad" for row in calls):
                raise StoreError("a row does not fit")
            super().put_calls(calls)

    ledger = Picky()

    async def use() -> None:
        recorder = Recorder(lambda: ledger)
        recorder.start()
        first = asyncio.create_task(recorder.record(call("0")))
        await asyncio.to_thread(ledger.entered.wait, 20)
        rest = [asyncio.create_task(recorder.record(call(name))) for name in ("1", "bad", "2")]
        await asyncio.sleep(0)
        ledger.go.set()
        assert await asyncio.gather(first, *rest) == [True, True, False, True]
        await asyncio.to_thread(recorder.close)
        assert (recorder.written, recorder.lost) == (3, 1)

    asyncio.run(use())
    assert ledger.batches == [["0"], ["1"], ["2"]]
    assert "does not fit" in caplog.text


def test_a_ledger_that_cannot_be_opened_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Opening happens in the writer's thread, and its failure is a failed commit."""
    ledger, tries = Slow(), []
    ledger.go.set()

    def open_rows() -> Slow:
        tries.append(threading.current_thread().name)
        if len(tries) == 1:
            raise StoreError("the ledger is locked")
        return ledger

    async def use() -> None:
        recorder = Recorder(open_rows)
        recorder.start()
        assert not await recorder.record(call())
        assert await recorder.record(call())
        await asyncio.to_thread(recorder.close)

    asyncio.run(use())
    assert tries == ["modelmix-recorder"] * 2
    assert "locked" in caplog.text


def test_a_slow_ledger_does_not_hold_a_response_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    """After the patience the response is let go; the row is still written, and counted as late."""
    ledger = Slow()

    async def use() -> None:
        recorder = Recorder(lambda: ledger, patience_s=0.01)
        recorder.start()
        assert not await recorder.record(call())
        ledger.go.set()
        await asyncio.to_thread(recorder.close)
        assert (recorder.written, recorder.lost, recorder.late) == (1, 0, 1)

    asyncio.run(use())
    assert "not committed in time" in caplog.text


def test_a_full_queue_loses_the_row_and_not_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound a row is lost at once."""
    monkeypatch.setattr(recorders, "MOST_WAITING", 1)
    ledger = Slow()

    async def use() -> None:
        recorder = Recorder(lambda: ledger)
        recorder.start()
        first = asyncio.create_task(recorder.record(call("0")))
        await asyncio.to_thread(ledger.entered.wait, 20)
        recorder.leave(call("1"))
        assert not await recorder.record(call("2"))
        ledger.go.set()
        assert await first
        await asyncio.to_thread(recorder.close)
        assert (recorder.written, recorder.lost) == (2, 1)

    asyncio.run(use())


def test_closing_commits_what_waits() -> None:
    """Rows handed over just before the end are kept."""
    ledger = Slow()
    ledger.go.set()

    async def use() -> None:
        recorder = Recorder(lambda: ledger)
        recorder.start()
        for n in range(5):
            recorder.leave(call(str(n)))
        await asyncio.to_thread(recorder.close)
        assert recorder.written == 5

    asyncio.run(use())
    Recorder(lambda: ledger).close()
