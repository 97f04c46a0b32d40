"""The replay book: what is asked is on record before it leaves, and to the cent what came of it."""

import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelmix.core.call import REPLAY
from modelmix.core.usage import Iteration, Usage
from modelmix.errors import StoreError
from modelmix.store.door import engine_at
from modelmix.store.ledger import Ledger
from modelmix.store.migrate import migrate, steps
from modelmix.store.records import Requested
from modelmix.store.replay_book import ReplayBook
from modelmix.store.replay_records import (
    AnswerRow,
    GradeRow,
    Lost,
    Replay,
    Sending,
    Settled,
    Spent,
)
from store.made import NOW, amounts, call, counts, texts

ONE = Replay(replay_id="r-1", at=NOW, settings={"pairs": 3, "places": ["ä"]}, opening={"since": "x"})


@pytest.fixture
def book(tmp_path: Path) -> Iterator[ReplayBook]:
    """A book with one replay that has begun."""
    with ReplayBook.open(tmp_path / "home") as opened:
        opened.begin(ONE, "a" * 64)
        yield opened


def sending(name: str = "a-1", usd: str = "0.50", model: str = "claude-haiku-5-5") -> Sending:
    """Make a request that is about to leave."""
    return Sending(name, model, NOW, Decimal(usd))


def answer(name: str = "a-1", **changes: object) -> AnswerRow:
    """Make a final answer."""
    given: dict[str, object] = {
        "answer_id": name, "call_id": "msg_00001", "status": 200, "error": "", "usage": Usage(5, 4, 3, 2, 1),
        "usd": Decimal("0.0123"), "latency_ms": 12.5, "reply": '["yes",[],"end_turn"]',
    }  # fmt: skip
    return AnswerRow(**{**given, **changes})  # type: ignore[arg-type] # built by name


def grade(
    name: str = "a-1", grader: str = "exact@1", reference: str = "f" * 64, score: float | None = 1.0
) -> GradeRow:
    """Make a grade."""
    return GradeRow(name, grader, reference, score, checks_ok=True, slice_name="long", why="date: differs")


def answered(number: int, name: str = "a-1", usd: str = "0.0123", call_number: int = 1) -> Settled:
    """Make the end of a sending that was answered."""
    made = call(call_number, source=REPLAY)
    return Settled(number, "answered", Decimal(usd), made, answer(name, usd=Decimal(usd)), (grade(name),))


def contents(book: ReplayBook) -> dict[str, list[tuple[object, ...]]]:
    """Read everything that the file holds of replays and calls."""
    with sqlite3.connect(book.path) as raw:
        found = {
            name: raw.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3").fetchall()  # noqa: S608 - our own names
            for name in ("replays", "sendings", "answers", "grades", "calls")
        }
    raw.close()
    return found


def test_a_replay_comes_back_as_it_was(book: ReplayBook) -> None:
    """Oldest first, with what came of it; a question finds the last replay that asked it."""
    later = replace(ONE, replay_id="r-2", at=NOW + timedelta(minutes=1))
    book.begin(later, "a" * 64)
    book.begin(replace(later, replay_id="r-3"), "b" * 64)
    book.begin(replace(later, replay_id="r-0"), "b" * 64)
    book.conclude("r-1", "capped", {"pairs": 7})
    book.conclude("r-1", "done", {"pairs": 9})
    book.conclude("r-9", "done", {})
    concluded = replace(ONE, outcome="done", summary={"pairs": 9})
    assert book.replays()[:2] == (concluded, replace(later, replay_id="r-0"))
    assert [one.replay_id for one in book.replays()] == ["r-1", "r-0", "r-2", "r-3"]
    assert [book.same(sha256 * 64) for sha256 in "abc"] == ["r-2", "r-3", ""]


def test_a_replay_begins_once(book: ReplayBook) -> None:
    """Its name is its own."""
    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        book.begin(ONE, "b" * 64)
    assert book.replays() == (ONE,)


def test_sendings_are_numbered_through(book: ReplayBook) -> None:
    """In the order they were given, over all replays."""
    book.begin(replace(ONE, replay_id="r-2"), "b" * 64)
    assert book.send("r-1", [sending("a"), sending("b")]) == [1, 2]
    assert book.send("r-2", [sending("c")]) == [3]
    assert book.send("r-1", []) == []
    assert book.send("r-1", [sending("a")]) == [4]


def test_what_is_on_its_way_counts_at_the_most(book: ReplayBook) -> None:
    """From before it leaves until it is settled; then at its cost."""
    first, second = book.send("r-1", [sending("a", "0.30"), sending("b", "0.70")])
    assert book.spent("r-1") == Spent(Decimal(0), Decimal("1.00"), 2, 2)
    book.settle("r-1", [answered(first, "a", "0.01")])
    assert book.spent("r-1") == Spent(Decimal("0.01"), Decimal("0.70"), 2, 1)
    assert book.spent("r-1").total_at_most_usd == Decimal("0.71")
    book.settle("r-1", [Settled(second, "failed", Decimal(0), call(2, source=REPLAY))])
    assert book.spent("r-1") == Spent(Decimal("0.01"), Decimal(0), 2)
    assert book.spent("r-2") == Spent()


def test_an_answer_comes_back_as_it_was(book: ReplayBook) -> None:
    """Its call among the calls, its grade beside it, and nothing that is not asked for."""
    [number] = book.send("r-1", [sending()])
    book.settle("r-1", [answered(number)])
    assert book.answers(["a-1", "a-2"]) == {"a-1": answer()}
    assert book.grades(["a-1", "a-2"]) == {("a-1", "exact@1", "f" * 64): grade()}
    assert (book.answers([]), book.grades([])) == ({}, {})
    with Ledger.open(book.path.parent) as ledger:
        assert list(ledger.calls()) == [call(1, source=REPLAY)]


parts = st.lists(st.builds(Iteration, texts, texts, st.builds(Usage, *[counts] * 7)), max_size=2).map(tuple)
answers = st.builds(
    AnswerRow,
    answer_id=st.just("a-1"),
    call_id=texts,
    status=st.integers(200, 599),
    error=texts,
    usage=st.builds(Usage, *[counts] * 7, iterations=parts),
    usd=st.none() | amounts,
    latency_ms=st.none() | st.floats(0, 1e9),
    reply=st.none() | texts,
)
grades = st.builds(
    GradeRow,
    st.just("a-1"),
    texts,
    texts,
    st.none() | st.floats(0, 1),
    checks_ok=st.none() | st.booleans(),
    slice_name=texts,
    why=texts,
)


@settings(max_examples=25)
@given(answers, st.lists(grades, max_size=4, unique_by=lambda one: (one.grader, one.reference_sha256)))
def test_every_field_of_an_answer_survives(one: AnswerRow, its_grades: list[GradeRow]) -> None:
    """Amounts to the last digit, sub-inferences, absences."""
    with tempfile.TemporaryDirectory() as home, ReplayBook.open(Path(home)) as book:
        book.begin(ONE, "a")
        [number] = book.send("r-1", [sending()])
        book.settle("r-1", [Settled(number, "answered", Decimal(1), None, one, tuple(its_grades))])
        assert book.answers(["a-1"]) == {"a-1": one}
        assert book.grades(["a-1"]) == {("a-1", g.grader, g.reference_sha256): g for g in its_grades}


def test_an_answer_written_before_sub_inferences_were_kept_still_reads(book: ReplayBook) -> None:
    """Its usage has the seven counts only."""
    [number] = book.send("r-1", [sending()])
    book.settle("r-1", [answered(number)])
    with sqlite3.connect(book.path) as raw:
        raw.execute("UPDATE answers SET usage = '[1, 2, 3, 4, 5, 6, 7]'")
    raw.close()
    assert book.answers(["a-1"])["a-1"].usage == Usage(1, 2, 3, 4, 5, 6, 7)


def test_an_answer_is_kept_once(book: ReplayBook) -> None:
    """What is known by its content is not replaced, whichever replay asks it again."""
    book.begin(replace(ONE, replay_id="r-2"), "b")
    first, second = book.send("r-1", [sending(), sending()])
    book.settle("r-1", [answered(first), answered(second, usd="9", call_number=2)])
    [third] = book.send("r-2", [sending()])
    book.settle("r-2", [answered(third, usd="7", call_number=3)])
    assert book.answers(["a-1"]) == {"a-1": answer()}
    assert len(book.grades(["a-1"])) == 1
    assert (book.spent("r-1").usd, book.spent("r-2").usd) == (Decimal("9.0123"), Decimal(7))


def test_grades_stand_by_grader_and_reference(book: ReplayBook) -> None:
    """Another grader, or another right answer, is another grade; the same again changes nothing."""
    [number] = book.send("r-1", [sending()])
    book.settle("r-1", [answered(number)])
    more = [grade(score=0.0), grade(grader="exact@2", score=0.5), grade(reference="e" * 64, score=None)]
    book.put_grades(more)
    book.put_grades([])
    assert {key[1:]: one.score for key, one in book.grades(["a-1"]).items()} == {
        ("exact@1", "f" * 64): 1.0, ("exact@2", "f" * 64): 0.5, ("exact@1", "e" * 64): None,
    }  # fmt: skip
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        book.put_grades([grade("nobody's")])


def _unheard_of(number: int) -> Settled:
    return answered(number + 50, "a-2", call_number=2)


def _beyond_the_file(number: int) -> Settled:
    return Settled(number, "answered", Decimal(1), call(2, usage=Usage(output_tokens=2**70)), answer("a-2"))


def _of_nobodys_answer(number: int) -> Settled:
    return Settled(number, "answered", Decimal(1), call(2), None, (grade("nobody's"),))


def _in_no_state(number: int) -> Settled:
    return Settled(number, "vanished", Decimal(1), call(2))


def _half_a_pair(number: int) -> Settled:
    return Settled(number, "answered", Decimal(1), call(2), answer("a-2", reply="\ud800"))


@pytest.mark.parametrize(
    "broken", [_unheard_of, _beyond_the_file, _of_nobodys_answer, _in_no_state, _half_a_pair]
)
def test_ends_are_kept_all_or_none(book: ReplayBook, broken: object) -> None:
    """Neither a cost, nor a call, nor an answer, nor a grade stays of what failed."""
    first, second = book.send("r-1", [sending(), sending("a-2")])
    before = contents(book)
    with pytest.raises(StoreError):
        book.settle("r-1", [answered(first), broken(second)])  # type: ignore[operator] # one of the above
    assert contents(book) == before
    book.settle("r-1", [])
    book.settle("r-1", [answered(first)])
    assert book.spent("r-1").usd == Decimal("0.0123")


def test_sendings_leave_all_or_none(book: ReplayBook) -> None:
    """Of a batch that cannot be booked nothing may leave."""
    with pytest.raises(StoreError):
        book.send("r-1", [sending(), sending("\ud800")])
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        book.send("r-of-nobody", [sending()])
    assert contents(book)["sendings"] == []


def test_what_was_not_sent_cannot_be_settled(book: ReplayBook) -> None:
    """Nor what was settled before, or is another replay's: it would be booked twice, or never."""
    book.begin(replace(ONE, replay_id="r-2"), "b")
    [number] = book.send("r-1", [sending()])
    said = r"does not have 1 of 1 sendings as they were left; see that one replay at a time runs on it"
    for replay_id, which in (("r-1", number + 1), ("r-2", number)):
        with pytest.raises(StoreError, match=said):
            book.settle(replay_id, [answered(which)])
    book.settle("r-1", [answered(number)])
    with pytest.raises(StoreError, match=said):
        book.settle("r-1", [answered(number, usd="7")])
    assert book.spent("r-1").usd == Decimal("0.0123")


def test_what_died_on_its_way_is_booked_at_the_most(book: ReplayBook) -> None:
    """It stays so until the usage report shows what it cost."""
    numbers = book.send(
        "r-1", [sending("a", "0.1"), sending("b", "0.2", "m"), sending("c", "0.4"), sending("d")]
    )
    book.settle("r-1", [answered(numbers[3], "d", "0.01")])
    assert (book.lose(), book.lose()) == (3, 0)
    assert book.lost("r-1") == {
        "claude-haiku-5-5": [Lost(1, "a", Decimal("0.1")), Lost(3, "c", Decimal("0.4"))],
        "m": [Lost(2, "b", Decimal("0.2"))],
    }
    assert book.lost("r-2") == {}
    assert book.spent("r-1") == Spent(Decimal("0.01"), Decimal("0.7"), 4, 3)
    stand_in = call(9, source=REPLAY)
    book.find({1: Decimal("0.05"), 3: Decimal(0)}, [stand_in])
    assert book.spent("r-1") == Spent(Decimal("0.06"), Decimal("0.2"), 4, 1, 2)
    assert list(book.lost("r-1")) == ["m"]
    with Ledger.open(book.path.parent) as ledger:
        assert stand_in in list(ledger.calls())


def test_only_what_is_lost_can_be_found(book: ReplayBook) -> None:
    """And with it no call stays that would stand for it."""
    numbers = book.send("r-1", [sending("a"), sending("b")])
    book.settle("r-1", [answered(numbers[0], "a")])
    book.lose()
    before = contents(book)
    for number in (*numbers[:1], 99):
        with pytest.raises(StoreError, match="does not have 1 of 2 sendings"):
            book.find({numbers[1]: Decimal(1), number: Decimal(1)}, [call(9)])
    book.find({}, [call(9)])
    assert contents(book) == before
    book.find({numbers[1]: Decimal(1)}, [])
    assert book.spent("r-1").found == 1


def test_an_answer_whose_cost_is_not_known_is_not_free(book: ReplayBook) -> None:
    """It counts at the most that it can have cost."""
    [number] = book.send("r-1", [sending(usd="0.25")])
    book.settle("r-1", [Settled(number, "lost", None, call(1), answer(usd=None))])
    assert book.spent("r-1") == Spent(Decimal(0), Decimal("0.25"), 1, 1)
    assert book.answers(["a-1"])["a-1"].usd is None


@dataclass
class Model:
    """What the book should say: each sending's state, cost and reservation, by number."""

    rows: dict[int, tuple[str, Decimal | None, Decimal]] = field(default_factory=dict)

    def spent(self) -> Spent:
        """Sum it up."""
        rows = self.rows.values()
        return Spent(
            sum((cost for _, cost, _ in rows if cost is not None), Decimal(0)),
            sum((reserved for _, cost, reserved in rows if cost is None), Decimal(0)),
            len(self.rows),
            sum(state in {"sent", "lost"} for state, *_ in rows),
            sum(state == "found" for state, *_ in rows),
        )


steps_taken = st.lists(
    st.tuples(st.sampled_from(["send", "settle", "fail", "lose", "find"]), amounts), max_size=12
)


@settings(max_examples=25)
@given(steps_taken)
def test_sums_are_exact_after_any_steps(taken: list[tuple[str, Decimal]]) -> None:
    """Whatever is sent, settled, lost and found, to the last digit; and after it is opened again."""
    model = Model()
    with tempfile.TemporaryDirectory() as home:
        with ReplayBook.open(Path(home)) as book:
            book.begin(ONE, "a")
            for at, (step, usd) in enumerate(taken):
                _take(step, usd, at, book, model)
                assert book.spent("r-1") == model.spent()
        with ReplayBook.open(Path(home)) as book:
            assert book.spent("r-1") == model.spent()


def _take(step: str, usd: Decimal, at: int, book: ReplayBook, model: Model) -> None:
    open_ones = [number for number, (state, *_) in model.rows.items() if state == "sent"]
    lost = [number for number, (state, *_) in model.rows.items() if state == "lost"]
    if step == "send":
        for number in book.send("r-1", [sending(f"a-{at}-{n}", str(usd)) for n in range(3)]):
            model.rows[number] = "sent", None, usd
    elif step == "lose":
        assert book.lose() == len(open_ones)
        for number in open_ones:
            model.rows[number] = "lost", None, model.rows[number][2]
    elif step == "find":
        book.find(dict.fromkeys(lost, usd), [])
        model.rows |= {number: ("found", usd, model.rows[number][2]) for number in lost}
    elif open_ones:
        state, cost = ("answered", usd) if step == "settle" else ("failed", Decimal(0))
        book.settle("r-1", [Settled(open_ones[0], state, cost)])
        model.rows[open_ones[0]] = state, cost, model.rows[open_ones[0]][2]


def test_many_sendings_are_sent_settled_and_summed(book: ReplayBook) -> None:
    """A hundred thousand of them, in batches, with more answers asked for than one query takes."""
    cent = Decimal("0.0001")
    for start in range(0, 100_000, 5_000):
        names = [f"a-{start + n}" for n in range(5_000)]
        numbers = book.send("r-1", [sending(name, "0.001") for name in names])
        ends = [Settled(number, "answered", cent) for number in numbers[:4_000]]
        book.settle("r-1", [replace(ends[0], answer=answer(names[0])), *ends[1:]])
    assert book.spent("r-1") == Spent(80_000 * cent, Decimal(20), 100_000, 20_000)
    assert len(book.answers(f"a-{n}" for n in range(100_000))) == 20
    assert book.lose() == 20_000
    assert sum(len(lost) for lost in book.lost("r-1").values()) == 20_000


def test_readers_see_whole_steps_only(book: ReplayBook) -> None:
    """While another thread writes, a reader finds every sum as some step has left it."""
    rounds = 60

    def write() -> None:
        for at in range(rounds):
            numbers = book.send("r-1", [sending(f"a-{at}-{n}", "0.10") for n in range(10)])
            book.settle("r-1", [answered(number, f"a-{number}", "0.01", number) for number in numbers])

    writer = threading.Thread(target=write)
    with ReplayBook.open(book.path.parent) as reader:
        writer.start()
        while writer.is_alive():
            spent = reader.spent("r-1")
            assert (spent.sendings % 10, spent.lost % 10) == (0, 0)
            assert spent.usd == Decimal("0.01") * (spent.sendings - spent.lost)
            assert spent.at_most_usd == Decimal("0.10") * spent.lost
        writer.join()
        assert reader.spent("r-1") == Spent(Decimal("6.00"), Decimal(0), 600)


WRITER = """
import sys
from decimal import Decimal
from pathlib import Path
from store.test_replay_book import ONE, answered, sending
from modelmix.store.replay_book import ReplayBook
book = ReplayBook.open(Path(sys.argv[1]))
book.begin(ONE, "a")
for batch in range(100_000):
    numbers = book.send("r-1", [sending(f"a-{batch}-{n}", "0.10") for n in range(20)])
    print("sent", numbers[-1], flush=True)
    book.settle("r-1", [answered(number, f"a-{number}", "0.01", number) for number in numbers])
    print("settled", numbers[-1], flush=True)
"""


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    """After SIGKILL all that was acknowledged is there, no half of a batch, and the rest is lost."""
    paths = [str(Path(__file__).parents[1])]
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n{WRITER}", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        seen = [writer.stdout.readline().split() for _ in range(41)]
        writer.send_signal(signal.SIGKILL)
        seen += [line.split() for line in writer.stdout if line.endswith(b"\n")]
    told = {name: max(int(number) for word, number in seen if word == name) for name in (b"sent", b"settled")}
    with ReplayBook.open(tmp_path) as book:
        before = book.spent("r-1")
        assert before.sendings >= told[b"sent"]
        settled = before.sendings - before.lost
        assert settled >= told[b"settled"]
        assert (before.sendings % 20, before.lost % 20) == (0, 0)
        assert before.usd == Decimal("0.01") * settled
        assert book.lose() == before.lost
        assert book.spent("r-1") == before
        assert len(book.answers(f"a-{number}" for number in range(1, before.sendings + 1))) == settled
        assert len(book.grades(f"a-{number}" for number in range(1, before.sendings + 1))) == settled
    with Ledger.open(tmp_path) as ledger:
        assert ledger.count() == settled


def test_calls_of_a_replay_are_no_traffic(book: ReplayBook) -> None:
    """They are spend, and say nothing of what requests ask for."""
    [number] = book.send("r-1", [sending()])
    book.settle("r-1", [answered(number)])
    with Ledger.open(book.path.parent) as ledger:
        assert ledger.requested() == ()
        ledger.put_calls([call(7), call(8)])
        assert ledger.requested() == (Requested("extract", "claude-opus-5-5", None, 2, ""),)
        assert ledger.requested(NOW + timedelta(minutes=8))[0].calls == 1
        assert ledger.count() == 3


def test_a_ledger_from_before_replays_has_room_for_them(tmp_path: Path) -> None:
    """It is brought up to date with all that it holds."""
    before = {number: script for number, script in steps().items() if number < 3}
    path = tmp_path / "ledger.db"
    engine = engine_at(path)
    assert migrate(engine, path, before) == 2
    engine.dispose()
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO policies (sha256, at_us, state) VALUES ('a', 1, 'enforce')")
    raw.close()
    with ReplayBook.open(tmp_path) as book, Ledger.open(tmp_path) as ledger:
        book.begin(ONE, "a")
        assert book.send("r-1", [sending()]) == [1]
        assert [one.state for one in ledger.policies()] == ["enforce"]


def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    """As for every other part of the ledger."""
    (tmp_path / "ledger.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="is damaged or is no ledger"):
        ReplayBook.open(tmp_path)


def test_settings_are_plain_json(book: ReplayBook) -> None:
    """They are kept as they are read, so that the same question has the same hash."""
    rows = contents(book)["replays"]
    kept: Mapping[str, object] = json.loads(str(rows[0][2]))
    assert kept == ONE.settings
