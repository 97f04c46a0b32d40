"""Stages: what is bought before what, and what it costs at most."""

from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from modelmix.core.candidate import Candidate
from modelmix.evaluate.evidence import serves_to_choose
from modelmix.pipeline.replay.ask import Ask
from modelmix.pipeline.replay.plan import Plan
from modelmix.pipeline.replay.stages import LEAST_PROMPTS, Stages, fitted
from pipeline.replay.rig import HAIKU, SONNET, Row, labelled, plan_of, row, write_log

N = 240


def known(folder: Path, rows: list[Row], looks: int = 5) -> Plan:
    """Plan a replay of rows whose answers are all known to be right."""
    log, gold = write_log(folder / "log.jsonl", rows), folder / "gold.csv"
    lines = [f"{one['prompt_id']},{one['response']['content'][0]['text']}" for one in rows]
    gold.write_text("\n".join(["prompt_id,expected", *lines]))
    ask = Ask(places=(str(log),), expected=(str(gold),), upstream="http://127.0.0.1:1", pairs=1000, again=10)
    return plan_of(replace(ask, looks=looks))


def test_stages_are_a_partition(tmp_path: Path) -> None:
    """Each request is bought in one stage: choosing rows of all, then each look of the candidate chosen."""
    plan = known(tmp_path, labelled(N))
    stages = Stages.of(plan)
    chosen = {"triage": Candidate(HAIKU, plan.types[0].arms[0].effort)}
    parts = [stages.choosing(), *(stages.fresh(number, chosen) for number in range(1, 6))]
    bought = [item for part in parts for item in part]
    assert len({id(item) for item in bought}) == len(bought)
    assert {item for item in plan.items if item.candidate == chosen["triage"]} <= set(bought)
    sizes = [len(part) for part in parts[1:]]
    assert max(sizes) - min(sizes) <= 1
    assert sum(sizes) == stages.pairs["triage"] == stages.units("triage", chosen["triage"])
    assert set(stages.rest({"triage"})) | set(stages.choosing()) == set(plan.items)
    for index, look in stages.look.items():
        name = plan.prompts[index].recorded.prompt_id
        assert serves_to_choose(name, plan.ask.seed, 0.2) == (look == 0)
    assert stages.fresh(1, {}) == stages.rest(()) == ()


def test_a_cluster_falls_into_one_look(tmp_path: Path) -> None:
    """Rows that count once come in together."""
    rows = [{**one, "cluster_id": f"doc-{i // 3}"} for i, one in enumerate(labelled(N))]
    stages = Stages.of(known(tmp_path, rows))
    looks: dict[str, set[int]] = {}
    for index, look in stages.look.items():
        looks.setdefault(stages.plan.prompts[index].recorded.cluster_id, set()).add(look)
    assert all(len(found) == 1 for found in looks.values())
    assert sum(look != {0} for look in looks.values()) == stages.pairs["triage"]


def test_who_is_looked_at(tmp_path: Path) -> None:
    """Types with enough prompts whose right answers are all known, unless one look is asked for."""
    plan = known(tmp_path, labelled(N))
    assert Stages.of(plan).types == {"triage"}
    assert not Stages.of(replace(plan, ask=replace(plan.ask, looks=1))).types
    (tmp_path / "few").mkdir()
    assert not Stages.of(known(tmp_path / "few", labelled(LEAST_PROMPTS - 1))).types
    unknown = replace(plan, types=tuple(replace(one, known=one.drawn - 1) for one in plan.types))
    assert not Stages.of(unknown).types
    assert Stages.of(unknown).choosing() == plan.items


@pytest.mark.parametrize("looks", [1, 2, 5])
def test_a_quote_is_that_of_the_stages(tmp_path: Path, looks: int) -> None:
    """At most: choosing rows, and all fresh rows of the dearest; expected: a part of any of them."""
    plan = known(tmp_path, labelled(N), looks=looks)
    stages = Stages.of(plan)
    quote, whole = stages.quote(), plan.quote()
    if looks == 1:
        assert quote == whole
        return
    fresh: dict[Candidate, Decimal] = defaultdict(Decimal)
    for item in stages.rest({"triage"}):
        fresh[item.candidate] += item.quote.at_most_usd
    first = sum((item.quote.at_most_usd for item in stages.choosing()), Decimal(0))
    assert quote.at_most_usd == first + max(fresh.values())
    assert quote.expected_usd < whole.expected_usd
    assert stages.most_requests == len(stages.choosing()) + stages.most_fresh < len(plan.items)
    half = stages.quote(part=lambda _: Decimal("0.5"))
    assert half.at_most_usd == quote.at_most_usd / 2
    assert stages.quote({item.answer_id for item in plan.items}).at_most_usd == 0


def test_fitting_counts_what_is_expected_to_be_bought(tmp_path: Path) -> None:
    """More prompts fit into a budget with looks than without, and never cost more than it."""
    plan = known(tmp_path, labelled(3 * N))
    once = replace(plan, ask=replace(plan.ask, looks=1))
    budget = once.quote().expected_usd / 4
    with_looks, without = fitted(plan, budget), fitted(once, budget)
    assert len(with_looks.prompts) > len(without.prompts)
    for one in (with_looks, without):
        assert one.scaled
        assert Stages.of(one).quote().expected_usd <= budget
        assert one.types[0].drawn == len(one.prompts)
    assert fitted(plan, plan.quote().expected_usd) == plan
    assert len(fitted(plan, Decimal(0)).prompts) == 1


def test_other_types_are_bought_whole(tmp_path: Path) -> None:
    """Where right answers are not known every row of every candidate is bought at once."""
    rows = labelled(N) + [row(f"other {i}", "yes", prompt_id=f"o-{i}", task_type="other") for i in range(70)]
    plan = known(tmp_path, rows)
    types = tuple(replace(one, known=0) if one.task_type == "other" else one for one in plan.types)
    stages = Stages.of(replace(plan, types=types))
    whole = [item for item in stages.choosing() if plan.type_of(item) == "other" and not item.again]
    assert Counter(item.candidate.model for item in whole) == {HAIKU: 70, SONNET: 70}
