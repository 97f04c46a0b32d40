"""What the optimiser makes of real outcomes whose headroom is known, and that it tells no more than there is.

Four public sets of graded answers and agent runs go through import and optimize in a home of their own.
Beside what is proven stands what there is to find: the oracle, which knows the cheapest model that matches
the best one on each prompt; a table by task type, fitted on one half and scored on the other; and what is
left inside the types. Historical outcomes (Claude 3 to 4.5, GPT-5) re-priced at 1/5, 3/15 and 5/25 USD per
million tokens, agent runs at their real dollars: no saving of today's models.

    python bench/evidence_sets.py --data FOLDER

The folder holds bfcl_prompt.parquet (Berkeley Function Calling Leaderboard), zeroeval_gsm.parquet and
zeroeval_crux.parquet (ZeroEval on GSM8K and CRUXEval), and swebench_verified_bash_only.parquet (SWE-bench
Verified, mini-SWE-agent). They do not come with the package. Figures under FIGURES were computed from the
same files by other code; a row that misses its figure is marked, and the exit code is 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelmix.core.candidate import Candidate
from modelmix.core.outcome import Outcome
from modelmix.errors import EvidenceError
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.ingest.outcomes import read
from modelmix.optimize.goal import Goal
from modelmix.optimize.mix import Mix, MixType, Option, cheapest
from modelmix.optimize.whole_tasks import WholeType, whole_findings, whole_tasks
from modelmix.pipeline.evidence import priced_evidence
from modelmix.pipeline.import_ import import_paths
from modelmix.pipeline.optimize import Optimised, optimise
from modelmix.pipeline.question import Ask
from modelmix.settings import load
from modelmix.store.lake import Lake
from modelmix.store.ledger import Ledger

Floats = NDArray[np.float64]
NOW = datetime(2026, 11, 25, tzinfo=UTC)
HAIKU, SONNET, OPUS = (
    Candidate(name)
    for name in ("claude-3-haiku-20240307", "claude-3-sonnet-20240229", "claude-3-opus-20240229")
)
SONNET_45, OPUS_45 = Candidate("claude-sonnet-4-5-20250929"), Candidate("claude-opus-4-5-20251101")
SONNET_4, OPUS_4 = Candidate("claude-sonnet-4-20250514"), Candidate("claude-opus-4-20250514")
NANO, MINI = (Candidate(f"GPT-5 {size} (2025-08-07) (medium reasoning)") for size in ("nano", "mini"))
STAND_INS = {
    HAIKU.model: "claude-haiku-4-5",
    SONNET.model: "claude-sonnet-4-6",
    OPUS.model: "claude-opus-4-8",
}
"""Models of the sets → those whose list prices they are re-priced at: 1/5, 3/15 and 5/25."""

HALVES, SEED = 20, 20261125

FIGURES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "bfcl_prompt": {
        "right on Haiku, %": (74.9, 0.05),
        "right on Sonnet, %": (83.5, 0.05),
        "right on Opus, %": (88.5, 0.05),
        "USD per 1,000 on Haiku": (0.73, 0.006),
        "USD per 1,000 on Opus": (3.63, 0.006),
        "oracle saves, %": (69.8, 0.06),
        "table by type, on the other half, saves, %": (57.1, 2.5),
        "and loses, points": (0.6, 0.6),
        "no tool applies: right on Haiku, %": (30.0, 0.5),
        "no tool applies: right on Opus, %": (82.0, 0.5),
    },
    "zeroeval_gsm": {
        "right on Haiku, %": (88.8, 0.05),
        "right on Opus, %": (95.6, 0.05),
        "oracle saves, %": (68.9, 0.06),
        "table by type, on the other half, saves, %": (0.0, 0.5),
    },
    "zeroeval_crux": {
        "right on Haiku, %": (54.8, 0.06),
        "right on Opus, %": (70.4, 0.05),
        "oracle saves, %": (60.1, 0.06),
        "table by type, on the other half, saves, %": (0.0, 0.5),
    },
    "swebench_verified_bash_only": {
        "solved by Opus 4.5, %": (72.9, 0.06),
        "solved by Sonnet 4.5, %": (72.9, 0.06),
        "a solved task on Opus 4.5, USD": (1.036, 0.001),
        "a solved task on Sonnet 4.5, USD": (0.780, 0.001),
        "a solved task on Opus 4, USD": (1.749, 0.001),
        "a solved task on Sonnet 4, USD": (0.598, 0.001),
        "a solved task on GPT-5 nano, USD": (0.122, 0.001),
        "a solved task on GPT-5 mini, USD": (0.065, 0.001),
        "Opus 4.5 the cheaper one on tasks, %": (38.4, 0.06),
        "calls a run on Sonnet 4.5": (52.0, 0.5),
        "calls a run on Opus 4.5": (39.0, 0.5),
        "failed over solving run, least": (1.27, 0.006),
        "failed over solving run, most": (1.53, 0.006),
    },
}
"""Set → figure → its value and how far off it may be, from the same files by other code, 2026-11-23."""


@dataclass
class Check:
    """Figures of one set, and what must hold of what is told.

    Attributes:
        name: The set.
        found: Figure → what was found.
        truths: What must hold → whether it does.
    """

    name: str
    found: dict[str, float] = field(default_factory=dict)
    truths: dict[str, bool] = field(default_factory=dict)

    def lines(self) -> Iterator[tuple[str, bool]]:
        """Yield each figure beside the known one, and each truth, with whether it holds."""
        for what, (known, off) in FIGURES[self.name].items():
            holds = abs(self.found[what] - known) <= off
            yield f"{what}: {self.found[what]:.3f}, known {known:g}", holds
        yield from self.truths.items()


def main() -> int:
    """Run all sets of a folder, and return 1 if a figure is missed or more is told than there is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, help="folder of the sets")
    folder = parser.parse_args().data
    if folder is None:
        print("skipped: name the folder of the sets by --data")
        return 0
    missed = 0
    for name in FIGURES:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            print(f"\n{name}: skipped, {path} is not there")
            continue
        print(f"\n{name}")
        check = Check(name)
        (_agents if name.startswith("swebench") else _answers)(path, check)
        for said, holds in check.lines():
            print(f"  {'ok    ' if holds else 'MISSED'} {said}")
            missed += not holds
    return int(missed > 0)


def _optimised(path: Path, ask: Ask) -> Optimised | None:
    """Import a set into a home of its own and optimise it; None where nothing can be compared."""
    book, capabilities = load().price_book().priced_as(STAND_INS), load().capabilities()
    with tempfile.TemporaryDirectory() as home, Ledger.open(Path(home)) as ledger:
        lake = Lake(Path(home))
        import_paths([path], ledger, lake, now=NOW, book=book, capabilities=capabilities)
        try:
            return optimise(ask, ledger, lake, book, capabilities, NOW)
        except EvidenceError:
            return None


# Single answers.


def _answers(path: Path, check: Check) -> None:
    types = _types(path)
    _headroom(types, check)
    for margin, type_margin in ((0.02, None), (0.05, 0.10)):
        goal = Goal(margin=margin, type_margin=type_margin)
        found = _optimised(path, Ask(goal=goal, baseline=OPUS, arms=(HAIKU, SONNET)))
        if found is not None:
            _tell(found, f"margin {margin:.0%}", check)
    if len(types) > 1:
        abstain = next(one for one in types if one.task_type.endswith("irrelevance_detection"))
        for name, arm in (("Haiku", HAIKU), ("Opus", OPUS)):
            right = 100 * (1 - abstain.error_rate(abstain.arms.index(arm)))
            check.found[f"no tool applies: right on {name}, %"] = right


def _types(path: Path) -> tuple[TypeEvidence, ...]:
    book = load().price_book().priced_as(STAND_INS)
    found = priced_evidence(_rows(path), book, None, today=NOW.date(), arms=(HAIKU, SONNET, OPUS))
    return found.gathered.types


def _rows(path: Path) -> list[Outcome]:
    """Return the rows of a set as an import keeps them."""
    with tempfile.TemporaryDirectory() as home, Ledger.open(Path(home)) as ledger:
        lake = Lake(Path(home))
        import_paths([path], ledger, lake, now=NOW)
        return [row for row in read(lake.outcomes(), "lake") if isinstance(row, Outcome)]


def _columns(
    types: tuple[TypeEvidence, ...],
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return scores and costs of prompts by Haiku, Sonnet and Opus, and the index of each prompt's type."""
    order = [[one.arms.index(arm) for arm in (HAIKU, SONNET, OPUS)] for one in types]
    scores = np.concatenate([one.score[:, at] for one, at in zip(types, order, strict=True)])
    costs = np.concatenate([one.cost_usd[:, at] for one, at in zip(types, order, strict=True)])
    kinds = np.concatenate([np.full(len(one.prompts), i) for i, one in enumerate(types)])
    return scores, costs, kinds


def _headroom(types: tuple[TypeEvidence, ...], check: Check) -> None:
    score, cost, kind = _columns(types)
    for i, name in enumerate(("Haiku", "Sonnet", "Opus")):
        check.found[f"right on {name}, %"] = 100 * float(score[:, i].mean())
        check.found[f"USD per 1,000 on {name}"] = 1000 * float(cost[:, i].mean())
    today = float(cost[:, 2].sum())
    matching = np.where(score >= score[:, 2:], cost, np.inf)
    oracle = 100 * (1 - float(matching.min(axis=1).sum()) / today)
    saves, loses = _table_on_other_half(score, cost, kind)
    check.found |= {
        "oracle saves, %": oracle,
        "table by type, on the other half, saves, %": saves,
        "and loses, points": loses,
    }
    print(
        f"  {len(score):,} prompts, {len(types)} types; oracle {oracle:.1f} %, of which a table by type "
        f"finds {saves:.1f} % (between types, at {loses:.1f} points), and {oracle - saves:.1f} % lie in "
        "types, where only hindsight finds them"
    )


def _table_on_other_half(score: Floats, cost: Floats, kind: NDArray[np.int64]) -> tuple[float, float]:
    """Fit the cheapest mix at equal quality on one half, by type, and score it on the other; often."""
    chance = np.random.default_rng(SEED)
    saved, lost = [], []
    for _ in range(HALVES):
        half = chance.permutation(len(score)) < len(score) // 2
        for fitting, scoring in ((half, ~half), (~half, half)):
            shares = _shares(score[fitting], cost[fitting], kind[fitting], int(kind.max()) + 1)
            weight = shares[kind[scoring]]
            usd, right = (float((weight * one[scoring]).sum()) for one in (cost, score))
            saved.append(1 - usd / float(cost[scoring, 2].sum()))
            lost.append((float(score[scoring, 2].sum()) - right) / int(scoring.sum()))
    return 100 * float(np.mean(saved)), 100 * float(np.mean(lost))


def _shares(score: Floats, cost: Floats, kind: NDArray[np.int64], types: int) -> Floats:
    """Return the cheapest mix that is as good as Opus, shape (n_types, 3); Opus where a type has no row."""
    found = np.tile([0.0, 0.0, 1.0], (types, 1))
    there = [i for i in range(types) if (kind == i).any()]
    mix_types = [
        MixType(
            str(i),
            float((kind == i).sum()),
            tuple(
                Option(str(arm), float(cost[kind == i, arm].mean()), float(score[kind == i, arm].mean()))
                for arm in range(3)
            ),
        )
        for i in there
    ]
    mix = cheapest(mix_types, float(score[:, 2].mean()))
    if isinstance(mix, Mix):
        for i, shares in zip(there, mix.shares, strict=True):
            found[i] = shares
    return found


def _tell(found: Optimised, how: str, check: Check) -> None:
    """Print what moves and what is declined, and hold it against what there is."""
    fit = found.fit
    moved = {d.stratum.task_type: str(d.move.candidate) for d in fit.decisions if d.move and d.moved}
    declined = [d.stratum.task_type for d in fit.decisions if d.verdict == "FAILS"]
    saving = f"saves {fit.saving_share:.1%}, at least {fit.saving_bound:.1%}" if moved else "nothing moves"
    print(
        f"  {how}: {saving}; {len(declined)} declined, {len(fit.decisions) - len(moved) - len(declined)} open"
    )
    for name, candidate in moved.items():
        print(f"    moves    {name} to {candidate}")
    for name in declined:
        print(f"    declined {name}")
    ceiling = check.found["oracle saves, %"] / 100
    check.truths[f"{how}: no more is said to be saved than the oracle saves"] = fit.saving_share <= ceiling
    if len(fit.decisions) == 1:
        check.truths[f"{how}: one homogeneous type, and nothing is said to be gained"] = (
            not moved and fit.saving_share == 0.0
        )
    else:
        check.truths[f"{how}: 'no tool applies' is declined"] = any(
            "irrelevance" in name for name in declined
        )
    if moved:
        table = {"simple", "select", "typed_java", "typed_js", "rest", "parallel", "parallel_multiple"}
        check.truths[f"{how}: what moves is what the table by type moves"] = all(
            name.removeprefix("tool_call_") in table for name in moved
        )


# Whole tasks.


def _agents(path: Path, check: Check) -> None:
    goal = Goal(margin=0.02)
    found = _optimised(path, Ask(goal=goal, baseline=SONNET_45, arms=(OPUS_45, SONNET_4, OPUS_4)))
    if found is None:
        return
    moved = sum(decision.moved for decision in found.fit.decisions)
    print(f"  baseline {SONNET_45}: {moved} of {len(found.fit.decisions)} types move")
    others = _pair(path)
    for said in (*whole_findings(found.whole[:1]), *whole_findings(others[:1])):
        print(f"    {said}")
    by_name = {one.candidate.model: one for one in (*found.whole[0].candidates, *others[0].candidates)}
    for name, one in (
        ("Opus 4.5", OPUS_45), ("Sonnet 4.5", SONNET_45), ("Opus 4", OPUS_4), ("Sonnet 4", SONNET_4),
        ("GPT-5 nano", NANO), ("GPT-5 mini", MINI),
    ):  # fmt: skip
        cost = by_name[one.model].cost
        check.found[f"solved by {name}, %"] = 100 * cost.solved_share
        check.found[f"a solved task on {name}, USD"] = (
            0.0 if cost.per_solved is None else cost.per_solved.value
        )
        check.found[f"calls a run on {name}"] = cost.calls or 0.0
    opus = by_name[OPUS_45.model]
    check.found["Opus 4.5 the cheaper one on tasks, %"] = (
        0.0 if opus.against is None else 100 * opus.against.cheaper_share
    )
    ratios = [
        (one.cost.failed_usd or 0.0) / (one.cost.succeeded_usd or 1.0)
        for one in by_name.values()
        if one.candidate.model.startswith("claude")
    ]
    check.found["failed over solving run, least"] = min(ratios)
    check.found["failed over solving run, most"] = max(ratios)
    check.truths["the smallest model is told to be the dearer one for a solved task"] = any(
        f"less on {MINI.model}" in said for said in whole_findings(others[:1])
    )
    check.truths["evidence is of whole tasks, and says so"] = all(
        d.stratum.level == "task" for d in found.fit.decisions
    )
    check.truths["twelve small types: nothing is said to be saved"] = found.fit.saving_share <= 0.0


def _pair(path: Path) -> tuple[WholeType, ...]:
    """Hold GPT-5 mini against nano: they have no list price here, and can be compared but not routed to."""
    types = priced_evidence(_rows(path), load().price_book(), None, today=NOW.date(), arms=(NANO, MINI))
    return whole_tasks(types.runs, dict.fromkeys(types.runs, NANO), {}, lambda _one, _other: None)


if __name__ == "__main__":
    sys.exit(main())
