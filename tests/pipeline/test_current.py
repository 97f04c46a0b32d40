"""Current evidence: the last replay of a prompt counts, and nobody's own table is touched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.level import Level
from modelmix.core.outcome import Outcome
from modelmix.pipeline.current import JOINED, REFERENCES, REPLAY, RUNS, current_outcomes
from modelmix.store.lake import Lake
from modelmix.store.records import Import

BASE, CHEAP, OTHER = Candidate("base"), Candidate("cheap", Effort.LOW), Candidate("other")
START = datetime(2026, 11, 25, tzinfo=UTC)


def put(lake: Lake, number: int, references: str, *outcomes: Outcome, kind: str = REPLAY) -> Import:
    """Keep one import."""
    import_id = f"{kind}-{number}"
    lake.put_outcomes(import_id, outcomes)
    return Import(
        import_id=import_id,
        source=import_id,
        sha256="",
        size_bytes=0,
        kind=kind,
        at=START + timedelta(hours=number),
        rows=len(outcomes),
        bad_rows=0,
        settings={REFERENCES: references} if references else {},
    )


def answer(prompt: str, candidate: Candidate, score: float) -> Outcome:
    """Write one graded answer."""
    return Outcome(prompt_id=prompt, task_type="t", candidate=candidate, score=score)


def shown(lake: Lake, imports: list[Import], wanted: list[str] | None = None) -> list[tuple[str, str, float]]:
    """Return prompt, model and score of the current rows."""
    rows = current_outcomes(lake, imports, wanted)
    return sorted((row["prompt_id"], row["model"], row["score"]) for row in rows)


def test_a_later_replay_of_a_prompt_takes_its_place(tmp_path: Path) -> None:
    """Held against something else, the whole prompt is graded anew; other prompts keep their rows."""
    lake = Lake(tmp_path)
    first = put(lake, 1, "x", answer("p", BASE, 1), answer("p", CHEAP, 0), answer("q", BASE, 1))
    second = put(lake, 2, "y", answer("p", BASE, 0), answer("p", OTHER, 1))
    assert shown(lake, [first, second]) == [("p", "base", 0), ("p", "other", 1), ("q", "base", 1)]


def test_other_candidates_stay_where_references_are_the_same(tmp_path: Path) -> None:
    """Two replays against the same right answers add up, and what both have counts once."""
    lake = Lake(tmp_path)
    first = put(lake, 1, "x", answer("p", BASE, 1), answer("p", CHEAP, 0))
    second = put(lake, 2, "x", answer("p", BASE, 1), answer("p", OTHER, 1))
    assert shown(lake, [first, second]) == [("p", "base", 1), ("p", "cheap", 0), ("p", "other", 1)]


def test_a_replay_without_a_hash_stands_alone(tmp_path: Path) -> None:
    """One that does not say what it was held against is not mixed with another."""
    lake = Lake(tmp_path)
    first = put(lake, 1, "", answer("p", BASE, 1), answer("p", CHEAP, 0))
    second = put(lake, 2, "", answer("p", BASE, 1))
    assert shown(lake, [first, second]) == [("p", "base", 1)]


def test_imported_tables_all_stay(tmp_path: Path) -> None:
    """What a user has imported is evidence of its own, and imports that are not wanted are left out."""
    lake = Lake(tmp_path)
    table = put(lake, 1, "", answer("p", BASE, 1), answer("p", CHEAP, 1), kind="outcomes-csv")
    replay = put(lake, 2, "x", answer("p", BASE, 0))
    assert shown(lake, [table, replay]) == [("p", "base", 0), ("p", "base", 1), ("p", "cheap", 1)]
    assert shown(lake, [table, replay], ["replay-2"]) == [("p", "base", 0)]


def run(task: str, candidate: Candidate, score: float, run_id: str) -> Outcome:
    """Write one run at a whole task."""
    return replace(answer(task, candidate, score), level=Level.TASK, run_id=run_id)


def test_a_run_that_two_tables_tell_of_counts_once(tmp_path: Path) -> None:
    """The later table wins; other runs, other models and rows that name no run stay."""
    lake = Lake(tmp_path)
    imports = [
        put(lake, 1, "", run("p", BASE, 0, "1"), run("p", BASE, 1, "2"), answer("q", BASE, 1), kind="csv"),
        put(lake, 2, "", run("p", BASE, 1, "1"), run("p", CHEAP, 0, "1"), answer("q", BASE, 0), kind="csv"),
    ]
    named = [replace(done, settings={RUNS: 2}) for done in imports]
    rest = [("p", "base", 1), ("p", "base", 1), ("p", "cheap", 0), ("q", "base", 0), ("q", "base", 1)]
    assert shown(lake, named) == rest
    assert shown(lake, imports) == sorted([("p", "base", 0), *rest])
    assert shown(lake, named, ["csv-1"]) == [("p", "base", 0), ("p", "base", 1), ("q", "base", 1)]


def test_a_session_is_known_by_its_name_alone(tmp_path: Path) -> None:
    """It has grown since, under another task and served by others too: it is one run all the same."""
    lake = Lake(tmp_path)
    imports = [
        put(lake, 1, "", run("old name", BASE, 0, "s"), kind="csv"),
        put(lake, 2, "", run("p", CHEAP, 1, "s"), kind="csv"),
    ]
    joined = [replace(done, settings={RUNS: 1, JOINED: 1}) for done in imports]
    assert shown(lake, joined) == [("p", "cheap", 1)]
