"""Parts of learning: how many pairs, which requests, and what is a rare language."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix import settings
from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.core.usage import Usage
from modelmix.economics.quote import Quoter
from modelmix.evaluate.paired import Pairs
from modelmix.pipeline.learn.ask import LearnAsk
from modelmix.pipeline.learn.asking import Purse
from modelmix.pipeline.learn.languages import without_usual
from modelmix.pipeline.learn.sample import Sample, is_again, items_of, sample_of
from modelmix.pipeline.learn.type_learning import TypeLearning
from modelmix.pipeline.replay.prompt import prompt_of
from modelmix.store.replay_records import Settled

CAPABILITIES, BOOK = settings.load().capabilities(), settings.load().price_book()
OPUS, HAIKU = Candidate.parse("claude-opus-5-5@medium"), Candidate.parse("claude-haiku-5-5@medium")
CALL = Call(
    call_id="msg_1",
    at=datetime(2026, 11, 25, tzinfo=UTC),
    source="gateway",
    model_requested="claude-opus-5-5",
    model_served="claude-opus-5-5",
    usage=Usage(input_tokens=100, output_tokens=5),
    task_type="t",
    status=200,
)
ROW = (
    b'{"timestamp":"2026-11-25T00:00:00Z","request":{"model":"claude-opus-5-5","max_tokens":64,"messages":[{"role":"user","content":"hi"}]},'
    b'"response":{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5-5","content":'
    b'[{"type":"text","text":"billing"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":4}}}\n'
)


class TestPlanned:
    """How many pairs a type needs."""

    def test_a_candidate_at_half_the_margin_clears_nine_times_of_ten(self) -> None:
        """The planned number is enough for the test itself, and a tenth fewer would do for less."""
        planned = LearnAsk(cap_usd=Decimal(1)).planned(1)
        fresh = round(planned * 0.8)
        assert Pairs(0.0, 0.03 * fresh, fresh).p_value(0.06) < 0.04
        assert planned < LearnAsk(cap_usd=Decimal(1)).planned(3) < 1500

    def test_it_is_bounded_and_can_be_named(self) -> None:
        """A margin of almost nothing takes what replays draw at most."""
        assert LearnAsk(cap_usd=Decimal(1), margin=1e-5).planned(9) == 1500
        assert LearnAsk(cap_usd=Decimal(1), pairs=17).planned(9) == 17

    def test_money_and_speed_are_no_part_of_the_question(self) -> None:
        """A gateway that may spend more, or go faster, goes on with the same run."""
        one = LearnAsk(cap_usd=Decimal(1), share=0.1, concurrency=1, pairs=5)
        other = LearnAsk(cap_usd=Decimal(9), share=0.9, concurrency=9)
        assert one.settings() == other.settings()
        assert one.settings() != LearnAsk(cap_usd=Decimal(1), margin=0.05).settings()


class TestSample:
    """What a request in flight is read as."""

    def test_it_is_read_as_a_replay_reads_it(self) -> None:
        """Request, answer and betas are there; the call is the ledger's."""
        found = sample_of(ROW, CALL, "some-beta", CAPABILITIES, [(b"x-api-key", b"k")])
        assert isinstance(found, Sample)
        assert (found.recorded.call, found.recorded.betas) == (CALL, "some-beta")
        assert (found.recorded.reply.text, found.asked) == ("billing", OPUS)
        assert "billing" not in repr(found)
        assert "x-api-key" not in repr(found)

    @given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.text(max_size=20))
    def test_junk_is_a_reason_and_never_an_error(self, row: bytes, betas: str) -> None:
        """Whatever the bytes, the answer is a sample or words without any of them."""
        assert isinstance(sample_of(row, CALL, betas, CAPABILITIES), str)

    def test_who_would_reject_it_is_not_asked(self) -> None:
        """Candidates that do not exist, have no price or take less than it asks are told apart."""
        found = sample_of(ROW, CALL, "", CAPABILITIES)
        assert isinstance(found, Sample)
        prompt = prompt_of(found.recorded, OPUS)
        asked = [(HAIKU, False), (Candidate("claude-none"), False), (OPUS, True)]
        items, rejected = items_of(prompt, asked, "u", Quoter(BOOK, CAPABILITIES, date(2026, 11, 25)))
        assert [(item.candidate, item.again) for item in items] == [(HAIKU, False), (OPUS, True)]
        assert rejected == [(Candidate("claude-none"), "unknown model")]
        _, unpriced = items_of(prompt, [(HAIKU, False)], "u", Quoter(BOOK, CAPABILITIES, date(2020, 1, 1)))
        assert unpriced == [(HAIKU, "no price for what it asks")]

    def test_a_share_is_asked_again(self) -> None:
        """A quarter of the prompts, the same for the same seed."""
        chosen = [is_again(f"p-{number}", 3) for number in range(4000)]
        assert 900 < sum(chosen) < 1100
        assert chosen == [is_again(f"p-{number}", 3) for number in range(4000)]


class TestPurse:
    """Money below a cap."""

    @given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40), st.booleans()), max_size=60))
    def test_it_never_passes_its_cap(self, sendings: list[tuple[int, int, bool]]) -> None:
        """Whatever is held, paid or lost, as long as nothing costs more than was held for it."""
        purse = Purse(Decimal(100))
        for most, cost, is_lost in sendings:
            if purse.hold(Decimal(most)):
                usd = None if is_lost else Decimal(min(cost, most))
                purse.pay(Decimal(most), Settled(1, "", usd))
            assert purse.usd + purse.lost_usd + purse.held_usd <= purse.cap_usd
        assert purse.held_usd == 0


class TestTypeLearning:
    """What is fixed by the first requests."""

    def test_what_was_chosen_is_read_back(self) -> None:
        """A restart finds baseline, grader, candidates and plan as they were."""
        one = TypeLearning("t", baseline=OPUS, arms=(HAIKU,), planned=7)
        one.refuse("no grader")
        again = TypeLearning.of("t", one.settings())
        assert again.settings() == one.settings()
        assert (again.state, again.wants_more, again.has_room) == ("not graded", False, False)

    def test_a_prompt_without_a_candidate_is_no_pair(self) -> None:
        """Only prompts that a candidate answered count."""
        one = TypeLearning("t", baseline=OPUS)
        one.count("p", [OPUS])
        assert not one.prompts
        one.count("p", [OPUS, HAIKU])
        assert one.pairs == {HAIKU: 1}


def test_only_a_rare_language_is_a_slice() -> None:
    """The usual language of a type says nothing; other slices stay."""
    named = {"a": "language en; field absent", "b": "language en", "c": "language de", "d": ""}
    rows = [
        Outcome(prompt_id=name, task_type="t", candidate=HAIKU, score=1.0, slice_name=text)
        for name, text in named.items()
    ]
    assert [row.slice_name for row in without_usual(rows)] == ["field absent", "", "language de", ""]


@pytest.mark.parametrize("served", ["claude-haiku-5-5"])
def test_an_answer_of_another_model_is_set_aside(served: str) -> None:
    """What the client did not ask for is no answer of today's."""
    from dataclasses import replace

    found = sample_of(ROW, replace(CALL, model_served=served), "", CAPABILITIES)
    assert found == "another model answered than was asked"
