"""Whole tasks of the evidence: what solved ones cost, and how many there are in the ledger's traffic."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.level import LAST_TURNS, Level
from modelmix.core.prices import PriceBook
from modelmix.core.usage import Usage
from modelmix.economics.solved import solved_cost
from modelmix.errors import PriceNotFound
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.optimize.fit import Scene
from modelmix.optimize.whole_tasks import IsBigger, WholeType, whole_tasks
from modelmix.pipeline.current import JOINED
from modelmix.pipeline.evidence import Priced
from modelmix.report.plain import counted
from modelmix.store.records import Import

_A_CALL = Usage(input_tokens=10_000, output_tokens=1_000)
_EFFORTS = tuple(Effort)
_NAMED = 3


def whole_of(
    priced: Priced,
    scenes: Mapping[str, Scene],
    baseline: Candidate | None,
    book: PriceBook,
    today: date,
) -> tuple[WholeType, ...]:
    """Work out what solved tasks cost, for all types of which there are whole tasks.

    Args:
        priced: The evidence.
        scenes: Task type → what is known of it beside its evidence.
        baseline: What requests ask for today in types that have no scene, its effort the effective one.
        book: Prices, which tell a bigger model from a smaller one.
        today: UTC day of the run.
    """
    if not priced.runs:
        return ()
    baselines = {name: scenes[name].baseline for name in priced.runs if name in scenes}
    if baseline is not None:
        baselines = dict.fromkeys(priced.runs, baseline)
    person_usd = {name: scene.error_cost_usd for name, scene in scenes.items()}
    return whole_tasks(priced.runs, baselines, person_usd, bigger_by(book, today))


def bigger_by(book: PriceBook, today: date) -> IsBigger:
    """Return what tells whether a candidate has the higher list prices, or more effort of one model."""

    def price(model: str) -> float | None:
        try:
            return float(book.cost(_A_CALL, model, book.last_day(model, today)).total_usd)
        except PriceNotFound:
            return None

    def is_bigger(one: Candidate, other: Candidate) -> bool | None:
        if one.model == other.model:
            if one.effort is None or other.effort is None:
                return None
            return _EFFORTS.index(one.effort) > _EFFORTS.index(other.effort)
        mine, others = price(one.model), price(other.model)
        return None if mine is None or others is None or mine == others else mine > others

    return is_bigger


def volumes(
    calls: Mapping[str, int],
    types: Iterable[TypeEvidence],
    baselines: Mapping[str, Candidate],
    priced: Priced,
) -> dict[str, float] | None:
    """Return by type how many units of its evidence the ledger's calls are: calls, or whole tasks of many.

    Args:
        calls: Task type → calls in the ledger that ask for its baseline.
        types: The evidence.
        baselines: Task type → its baseline.
        priced: Its runs tell how many calls a whole task takes.

    Returns:
        None where the ledger has none of a type, or nothing tells how many calls its tasks take.
    """
    if not calls or not all(calls.values()):
        return None
    found = {name: float(count) for name, count in calls.items()}
    for evidence in types:
        name = evidence.task_type
        if name in found and evidence.level is Level.TASK:
            runs = priced.runs.get(name, {}).get(baselines[name], ())
            each = solved_cost(runs).calls if runs else None
            if not each:
                return None
            found[name] /= each
    return found


def level_notes(types: Iterable[TypeEvidence]) -> Iterator[str]:
    """Yield what a certificate says of scores that are no single call's, one clause for each level."""
    by_level: dict[Level, list[str]] = {}
    for evidence in types:
        by_level.setdefault(evidence.level, []).append(evidence.task_type)
    if Level.TASK in by_level:
        yield f"whole tasks: {_names(by_level[Level.TASK])}"
    if Level.TURN in by_level:
        yield (
            f"{LAST_TURNS}: {_names(by_level[Level.TURN])}; how often an agent solves its tasks is not shown"
        )


def passed_over_notes(passed_over: Mapping[str, tuple[Level, int]]) -> Iterator[str]:
    """Yield what was left out since evidence of another level decides."""
    for name, (level, prompts) in sorted(passed_over.items()):
        if level is Level.TASK:
            yield (
                f"{name}: {counted(prompts, 'whole task')} that only one candidate has run; single answers "
                "decide, and say nothing of whole tasks"
            )
        else:
            what = "last turn or call" if level is Level.TURN else "single answer"
            plural = "last turns or calls" if level is Level.TURN else "single answers"
            yield f"{name}: whole tasks decide; left out: {counted(prompts, what, plural)}"


def joined_notes(imports: Iterable[Import], import_ids: Collection[str]) -> Iterator[str]:
    """Yield on what the cost of sessions rests that a table has told the end of.

    Args:
        imports: All imports.
        import_ids: Those that are evidence.
    """
    rows = sum(done.settings.get(JOINED, 0) for done in imports if done.import_id in import_ids)
    if rows:
        yield (
            f"cost of {counted(rows, 'session')} that a table tells the end of: list price of their calls in "
            "the ledger, each at its day, with their caching"
        )


def _names(types: Sequence[str]) -> str:
    more = len(types) - _NAMED
    return ", ".join(types[:_NAMED]) + (f" and {more} more types" if more > 0 else "")
