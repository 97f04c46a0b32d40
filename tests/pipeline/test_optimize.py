"""From outcomes in the lake to a signed policy."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelmix.core.call import BadRow, Call
from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.errors import ConfigError, DataError, EvidenceError
from modelmix.evaluate.verdict import Verdict
from modelmix.optimize.goal import Goal
from modelmix.pipeline.evidence import priced_evidence, read_outcomes
from modelmix.pipeline.optimize import Optimised, optimise
from modelmix.pipeline.policy_file import next_version, write
from modelmix.pipeline.question import Ask
from modelmix.policy.artifact import parse, render
from modelmix.settings import load
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger
from modelmix.store.records import Import

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OPUS, HAIKU = "claude-opus-4-8", "claude-haiku-4-5-20251001"
GOAL = Goal(margin=0.02)


def rows(
    task_type: str, n: int, wrong_every: int = 0, model: str = HAIKU, **more: object
) -> Iterator[Outcome]:
    """Yield pairs in which the baseline is right and the other errs on every so-manieth prompt."""
    for index in range(n):
        for name, score in ((OPUS, 1.0), (model, 0.0 if wrong_every and index % wrong_every == 0 else 1.0)):
            yield Outcome(
                prompt_id=f"{task_type}-{index}",
                task_type=task_type,
                candidate=Candidate(name),
                score=score,
                input_tokens=1000,
                output_tokens=200,
                **more,  # type: ignore[arg-type]  # whatever the test names
            )


def call(index: int, task_type: str, model: str) -> Call:
    """Build a call of today."""
    return Call(
        call_id=f"{task_type}-{model}-{index}",
        at=NOW,
        source="messages",
        model_requested=model,
        model_served=model,
        task_type=task_type,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Open an empty ledger."""
    with Ledger.open(tmp_path) as opened:
        yield opened


def run(ledger: Ledger, ask: Ask, outcomes: Iterator[Outcome] | None = None, name: str = "one") -> Optimised:
    """Keep outcomes and optimise."""
    lake = Lake(ledger.path.parent)
    if outcomes is not None:
        lake.put_outcomes(name, outcomes)
    settings = load()
    return optimise(ask, ledger, lake, settings.price_book(), settings.capabilities(), NOW)


def both() -> Iterator[Outcome]:
    """Yield a type that holds and one that fails."""
    yield from rows("holds", 2000)
    yield from rows("fails", 500, wrong_every=3)


def test_what_holds_moves_and_what_fails_stays(ledger: Ledger) -> None:
    """The policy is signed, says what was asked, and its verdicts are on record."""
    found = run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS)), both())
    assert {d.stratum.task_type: d.verdict for d in found.fit.decisions} == {
        "holds": Verdict.CLEARS,
        "fails": Verdict.FAILS,
    }
    assert found.policy.sha256
    assert found.policy.tasks["holds"].route == Candidate(HAIKU)
    (attempt,) = ledger.attempts()
    assert (attempt.outcome, attempt.margin, attempt.imports) == ("CLEARS", 0.02, ("one",))
    assert {(v.task_type, v.verdict) for v in ledger.verdicts(attempt.attempt_id)} == {
        ("holds", "CLEARS"),
        ("fails", "FAILS"),
    }
    assert any("list prices of 2026-11-24" in note for note in found.notes)


def test_what_fails_is_named_with_what_it_would_have_saved(ledger: Ledger) -> None:
    """Of every cheaper candidate that is shown to lose too much, the one that saves most first."""
    sonnet = "claude-sonnet-4-6"
    fails = [*rows("fails", 600, wrong_every=3), *rows("fails", 600, wrong_every=4, model=sonnet)]
    outcomes = [*rows("holds", 2000), *dict.fromkeys(fails)]
    found = run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS)), iter(outcomes))
    refused = found.policy.tasks["fails"].refused
    assert [one.candidate.model for one in refused] == [HAIKU, sonnet]
    assert [one.pairs for one in refused] == [600, 600]
    for one, loss in zip(refused, (1 / 3, 1 / 4), strict=True):
        assert float(one.loss or 0) == pytest.approx(loss, abs=0.01)
        assert (one.margin or 0) < (one.loss or 0)
    assert (refused[0].saving_share or 0) > (refused[1].saving_share or 0) > 0
    assert found.policy.tasks["holds"].refused == ()
    assert parse(render(found.policy)) == found.policy


def simulated(ledger: Ledger, name: str, *, is_simulated: bool) -> None:
    """Put an import on record, as a replay does."""
    settings = {"simulated": is_simulated}
    ledger.record_import(
        Import(
            import_id=name, source="replay", sha256="a" * 64, size_bytes=0, kind="replay", at=NOW, rows=1,
            bad_rows=0, settings=settings,
        )
    )  # fmt: skip


def test_what_a_practice_api_answered_counts_only_where_there_is_nothing_else(ledger: Ledger) -> None:
    """Then the policy says so; as soon as there is a real answer, made-up ones are left out."""
    ask = Ask(goal=GOAL, baseline=Candidate(OPUS))
    simulated(ledger, "practice", is_simulated=True)
    alone = run(ledger, ask, rows("holds", 2000), "practice")
    assert alone.policy.certificate is not None
    assert str(alone.policy.certificate.basis).endswith("; simulated: a practice API answered")
    assert alone.notes[0] == alone.policy.certificate.basis
    simulated(ledger, "real", is_simulated=False)
    both_kinds = run(ledger, ask, rows("holds", 500, wrong_every=3), "real")
    assert both_kinds.policy.tasks["holds"].route == "baseline"
    assert both_kinds.policy.certificate is not None
    assert "simulated" not in str(both_kinds.policy.certificate.basis)
    assert [attempt.imports for attempt in ledger.attempts()] == [("practice",), ("real",)]


def test_asking_again_is_free_and_asking_otherwise_is_not(ledger: Ledger) -> None:
    """The same question is the same attempt; another margin, and more rows, are further ones."""
    ask = Ask(goal=GOAL, baseline=Candidate(OPUS))
    assert [run(ledger, ask, both()).fit.attempt, run(ledger, ask).fit.attempt] == [1, 1]
    other = Ask(goal=Goal(margin=0.03), baseline=Candidate(OPUS))
    again = run(ledger, other)
    assert again.fit.attempt == 2
    assert any("attempt 2" in note for note in again.notes)
    assert run(ledger, ask, rows("more", 300), name="two").fit.attempt == 3


def test_the_same_prompts_are_another_attempt_under_any_name(ledger: Ledger) -> None:
    """Another import, a part of the rows, types renamed, other clusters or slices: a prompt is a prompt."""
    ask = Ask(goal=GOAL, baseline=Candidate(OPUS))
    assert run(ledger, ask, rows("t", 60)).fit.attempt == 1
    changed: list[dict[str, Any]] = [
        {},
        {"task_type": "renamed"},
        {"cluster_id": "k"},
        {"slice_name": "absent"},
    ]
    for number, change in enumerate(changed, 2):
        part = [replace(row, **change) for row in rows("t", 60 - number)]
        Lake(ledger.path.parent).put_outcomes("one", iter(part))
        assert run(ledger, ask).fit.attempt == number
    (ledger.path.parent / "lake" / "outcomes" / "one.parquet").unlink()
    assert run(ledger, ask, rows("other", 60), name="two").fit.attempt == 1


def test_another_baseline_is_another_question_and_more_calls_are_not(ledger: Ledger) -> None:
    """What calls ask for is part of what is asked, though no option names it; how many there are is not."""
    ledger.put_calls([call(0, "t", OPUS)])
    assert run(ledger, Ask(goal=GOAL), rows("t", 60)).fit.attempt == 1
    ledger.put_calls([call(1, "t", OPUS)])
    assert run(ledger, Ask(goal=GOAL)).fit.attempt == 1
    ledger.put_calls([call(i, "t", HAIKU) for i in range(9)])
    assert run(ledger, Ask(goal=GOAL)).fit.attempt == 2


@pytest.mark.parametrize(
    "ask",
    [
        Ask(goal=GOAL, critical=frozenset({"hodls"})),
        Ask(goal=Goal(0.02, type_margins={"hodls": 0.1})),
        Ask(goal=GOAL, error_costs_usd={"hodls": Decimal(1)}),
    ],
)
def test_a_bar_for_a_type_that_is_not_there_is_refused(ledger: Ledger, ask: Ask) -> None:
    """A misspelt task type would guard nothing; it is named, and costs no attempt."""
    with pytest.raises(ConfigError, match=r"'hodls'.*measured are fails, holds"):
        run(ledger, replace(ask, baseline=Candidate(OPUS)), both())
    assert ledger.attempts() == ()


def test_baselines_and_volumes_come_from_the_ledger(ledger: Ledger) -> None:
    """Without --baseline a type's baseline is what most of its calls ask for; virtual names say nothing."""
    calls = [call(i, "holds", OPUS) for i in range(30)] + [call(i, "holds", HAIKU) for i in range(5)]
    calls += [call(i, "fails", OPUS) for i in range(10)] + [call(i, "fails", "modelmix") for i in range(99)]
    ledger.put_calls(calls)
    found = run(ledger, Ask(goal=GOAL), both())
    assert [d.stratum.baseline.model for d in found.fit.decisions] == [OPUS, OPUS]
    assert [d.stratum.calls for d in found.fit.decisions] == [10.0, 30.0]
    assert found.fit.moved_calls_share == pytest.approx(0.75)
    assert found.notes[0] == "volumes: calls in the ledger"


def test_calls_of_replays_are_no_volume(ledger: Ledger) -> None:
    """What proof has asked for says nothing of what traffic asks for."""
    calls = [call(i, name, OPUS) for name in ("holds", "fails") for i in range(10)]
    ledger.put_calls(calls)
    ledger.put_calls(
        replace(call(i, name, HAIKU), call_id=f"replay-{name}-{i}", source="replay")
        for name in ("holds", "fails")
        for i in range(500)
    )
    found = run(ledger, Ask(goal=GOAL), both())
    assert [(d.stratum.baseline.model, d.stratum.calls) for d in found.fit.decisions] == [(OPUS, 10.0)] * 2


def test_volumes_are_never_mixed(ledger: Ledger) -> None:
    """If the ledger has no calls of one type, all volumes come from the outcomes."""
    ledger.put_calls([call(i, "holds", OPUS) for i in range(30)])
    found = run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS)), both())
    assert [d.stratum.calls for d in found.fit.decisions] == [500.0, 2000.0]
    assert found.notes[0] == "volumes: prompts in the outcome tables"


def test_what_is_not_known_is_asked_for(ledger: Ledger) -> None:
    """No outcomes, no baseline anywhere, or a baseline that was not measured: each says what to do."""
    stranger = Outcome(prompt_id="1", task_type="t", candidate=Candidate("gpt"), score=1.0)
    with pytest.raises(EvidenceError, match="no outcome"):
        run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS)))
    with pytest.raises(EvidenceError, match="--baseline"):
        run(ledger, Ask(goal=GOAL), both())
    with pytest.raises(EvidenceError, match="name one of them"):
        run(ledger, Ask(goal=GOAL, baseline=Candidate("claude-fable-5-2")))
    with pytest.raises(EvidenceError, match="no model of the outcomes has a price: gpt"):
        run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS)), iter([stranger]))


def test_what_is_left_out_is_said(ledger: Ledger) -> None:
    """Other arms, unknown models, lonely prompts, and prices that a table states are all named."""
    lone = Outcome(prompt_id="lone", task_type="t", candidate=Candidate(OPUS), score=1.0, cost_usd=Decimal(1))
    bare = Outcome(prompt_id="t-0", task_type="t", candidate=Candidate("claude-fable-5-2"), score=1.0)
    unknown = Outcome(prompt_id="t-0", task_type="t", candidate=Candidate("gpt"), score=1.0)
    notes = run(
        ledger, Ask(goal=GOAL, baseline=Candidate(OPUS)), iter([*rows("t", 50), lone, bare, unknown])
    ).notes
    text = "\n".join(notes)
    assert "not in the price book: gpt" in text
    assert "only one candidate answered" in text
    assert "as the tables state for claude-opus-4-8" in text
    assert "without a price, for quality only: 1 outcome of claude-fable-5-2" in text
    armed = run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS), arms=(Candidate(HAIKU),)))
    assert "outside --arms" in "\n".join(armed.notes)


def test_a_retired_model_is_named(ledger: Ledger) -> None:
    """A route to a model that is gone is certified by old rows, and said not to be servable."""
    ask = Ask(goal=GOAL, baseline=Candidate(OPUS), day=date(2026, 11, 1))
    outcomes = rows("t", 2000, model="claude-3-5-haiku-20241022", cost_usd=Decimal("0.0001"))
    found = run(ledger, ask, outcomes)
    assert any("was retired on" in note for note in found.notes)


def test_a_type_whose_baseline_nobody_measured_stays(ledger: Ledger) -> None:
    """It is named among those that stay."""
    ledger.put_calls([call(0, "holds", OPUS), call(0, "fails", "claude-fable-5-2")])
    found = run(ledger, Ask(goal=GOAL), both())
    assert found.fit.no_baseline == ("fails",)
    assert any("fails stay" in note for note in found.notes)


def test_bad_rows_are_kept_apart() -> None:
    """A row that cannot be read is counted, and an effort that is the model's default is filled in."""
    settings = load()
    read: list[Outcome | BadRow] = [
        BadRow("f", 3, "score is missing"),
        *rows("t", 5, model="claude-opus-5-5"),
    ]
    priced = priced_evidence(read, settings.price_book(), settings.capabilities(), today=NOW.date())
    assert priced.bad_rows == (BadRow("f", 3, "score is missing"),)
    assert Candidate("claude-opus-5-5") not in priced.gathered.types[0].arms


def test_an_outcome_table_is_read_from_any_file(tmp_path: Path) -> None:
    """CSV and JSONL give the same outcomes; a file of something else, and a missing column, say so."""
    csv = tmp_path / "o.csv"
    csv.write_text("prompt_id,task_type,model,score\n1,t,a,1\n1,t,b,0.5\n", encoding="utf-8")
    jsonl = tmp_path / "o.jsonl"
    jsonl.write_text(
        '{"prompt_id": "1", "task_type": "t", "model": "a", "score": 1}\n'
        '{"prompt_id": "1", "task_type": "t", "model": "b", "score": 0.5}\n',
        encoding="utf-8",
    )
    assert list(read_outcomes(csv)) == list(read_outcomes(jsonl))
    (tmp_path / "x.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(DataError, match="no outcomes"):
        list(read_outcomes(tmp_path / "x.txt"))
    csv.write_text("prompt_id,task_type,model,grade\n1,t,a,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="score"):
        list(read_outcomes(csv))
    with pytest.raises(DataError, match="cannot be read"):
        list(read_outcomes(tmp_path / "none.csv"))


def test_a_policy_file_counts_up_and_is_written_whole(ledger: Ledger, tmp_path: Path) -> None:
    """Each run over a file counts its version up; a place that cannot be written is said."""
    path = tmp_path / "policy.yaml"
    assert next_version(path) == 1
    found = run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS), version=7), rows("t", 50))
    write(path, found.policy)
    assert parse(path.read_bytes(), "policy.yaml") == found.policy
    assert next_version(path) == 8
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".policy")] == []
    path.write_text("modelmix: 1", encoding="utf-8")
    assert next_version(path) == 1
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path / "none" / "policy.yaml", found.policy)


def test_a_type_known_by_its_template_is_matched_by_it(ledger: Ledger) -> None:
    """Where calls carry no name, the policy knows a type by the fingerprint of its system prompt."""
    seen = replace(call(0, "invoice-reader-ab12", OPUS), task_source="template", template="ab12cd34ab12cd34")
    ledger.put_calls([seen])
    found = run(ledger, Ask(goal=GOAL), rows("invoice-reader-ab12", 300))
    match = found.policy.tasks["invoice-reader-ab12"].match
    assert (match.tag, match.template) == (None, "ab12cd34ab12cd34")


def test_an_arm_without_outcomes_is_named(ledger: Ledger) -> None:
    """Not the baseline is at fault when another arm was never measured, nor when it is the only one."""
    ask = Ask(goal=GOAL, baseline=Candidate(OPUS), arms=(Candidate("zz"),))
    with pytest.raises(EvidenceError, match="no outcome of zz was found"):
        run(ledger, ask, both())
    with pytest.raises(EvidenceError, match="answered by two candidates"):
        run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS), arms=(Candidate(OPUS),)))
    assert ledger.attempts() == ()


def test_a_day_without_prices_spends_no_attempt(ledger: Ledger) -> None:
    """Where nothing can be priced nothing is tested, and nothing is put on record."""
    with pytest.raises(EvidenceError, match="--prices-on"):
        run(ledger, Ask(goal=GOAL, baseline=Candidate(OPUS), day=date(1999, 1, 1)), both())
    assert ledger.attempts() == ()
