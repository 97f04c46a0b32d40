"""Check: what is wrong, or soon will be, with a policy that reads well."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.prices import PriceBook
from modelmix.policy.artifact import signed
from modelmix.policy.check import Finding, check
from modelmix.policy.document import PolicyDocument, TaskBar, TaskEntry, TaskMatch
from modelmix.policy.evidence import TaskEvidence, Upward
from modelmix.policy.words import quality

TAG_X = TaskMatch(tag="x")
TODAY = date(2026, 11, 24)
OPUS = Candidate("claude-opus-5-5", Effort.MEDIUM)
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)
CLEARS = TaskEvidence(verdict="CLEARS", pairs=600, bound=0.01)


class Tables:
    """The two tables of the package, and a check that uses them."""

    def __init__(self, capabilities: CapabilityTable, book: PriceBook) -> None:
        self.capabilities, self.book = capabilities, book

    def check(self, document: PolicyDocument, day: date = TODAY) -> list[Finding]:
        """Check on a day."""
        return check(document, self.capabilities, self.book, day)


@pytest.fixture
def tables(capabilities: CapabilityTable, book: PriceBook) -> Tables:
    """The two tables of the package."""
    return Tables(capabilities, book)


def with_task(document: PolicyDocument, **keys: Any) -> PolicyDocument:  # noqa: ANN401 - any key of an entry
    """The same policy with one entry only."""
    filled = {"match": TaskMatch(tag="a"), "baseline": OPUS, "route": HAIKU, "evidence": CLEARS, **keys}
    return signed(document.model_copy(update={"tasks": {"a": TaskEntry(**filled)}}))


def found(findings: list[Finding], where: str) -> list[tuple[str, str]]:
    """Level and first words of what stands at a place."""
    return [(finding.level, finding.what) for finding in findings if finding.where == where]


def test_a_sound_policy_has_no_findings(document: PolicyDocument, tables: Tables) -> None:
    """Certified, known models, current prices: nothing to say."""
    assert tables.check(document) == []


@pytest.mark.parametrize(
    ("day", "level", "words"),
    [
        (date(2027, 2, 8), "info", "plan fresh evidence"),
        (date(2027, 2, 22), "warning", "routes are kept until 2027-03-07"),
        (date(2027, 3, 8), "error", "nothing is routed"),
    ],
)
def test_expiry_is_told_before_in_and_after_the_grace(
    document: PolicyDocument, tables: Tables, day: date, level: str, words: str
) -> None:
    """First a note, then a warning, then an error."""
    ((said, what),) = found(tables.check(document, day), "certificate.expires")
    assert said == level
    assert words in what


def test_a_certificate_that_contradicts_itself_is_an_error(document: PolicyDocument, tables: Tables) -> None:
    """CLEARS beside a bound above the margin certifies nothing."""
    assert document.certificate is not None
    broken = document.certificate.model_copy(update={"bound": Decimal("0.03")})
    findings = tables.check(signed(document.model_copy(update={"certificate": broken})))
    ((level, what),) = found(findings, "certificate.bound")
    assert level == "error"
    assert "up to 0.03, above the margin 0.02" in what
    assert found(findings, "tasks.form-extraction.route")[0][0] == "error"


@pytest.mark.parametrize("changes", [{"verdict": "UNDECIDED"}, {"bound": None}])
def test_other_certificates_do_not_contradict_themselves(
    document: PolicyDocument, tables: Tables, changes: dict[str, object]
) -> None:
    """Without CLEARS or without a bound there is nothing to compare."""
    assert document.certificate is not None
    other = document.certificate.model_copy(update=changes)
    findings = tables.check(signed(document.model_copy(update={"certificate": other})))
    assert found(findings, "certificate.bound") == []


def test_a_policy_written_by_hand_says_so(unsigned: PolicyDocument, tables: Tables) -> None:
    """No hash is a warning; its downgrades are not taken, its upgrades are."""
    bare = unsigned.model_copy(update={"certificate": None})
    findings = tables.check(bare)
    assert found(findings, "sha256")[0][0] == "warning"
    assert found(findings, "tasks.form-extraction.route")[0][0] == "error"
    upgrade = bare.model_copy(
        update={"tasks": {"a": TaskEntry(match=TaskMatch(tag="a"), baseline=HAIKU, route=OPUS)}}
    )
    levels = dict(found(tables.check(upgrade), "tasks.a.route"))
    assert levels["info"] == "no certificate carries this route; it is taken, being no downgrade"


def test_unknown_models_are_errors(document: PolicyDocument, tables: Tables) -> None:
    """Each is named with its key, those of a list by their place, and the default too."""
    strange = Candidate("claude-stange-9")
    changed = with_task(document, baseline=[OPUS, strange], route=Candidate("claude-stange-8"))
    changed = changed.model_copy(update={"default": strange})
    findings = tables.check(changed)
    for where in ("tasks.a.baseline.1.model", "tasks.a.route.model", "default.model"):
        assert "not in the capability table" in found(findings, where)[0][1]
    assert ("error", f"claude-stange-8 has no list price on {TODAY}; see modelmix prices") in found(
        findings, "tasks.a.route.model"
    )


def test_retired_models_are_errors_where_they_are_routed_to(document: PolicyDocument, tables: Tables) -> None:
    """A retired baseline moves nothing and is a warning."""
    gone = Candidate("claude-3-haiku-20240307")
    assert found(tables.check(with_task(document, route=gone)), "tasks.a.route.model")[0][0] == "error"
    assert (
        found(tables.check(with_task(document, baseline=gone)), "tasks.a.baseline.model")[0][0] == "warning"
    )


def test_a_model_about_to_retire_is_a_warning(document: PolicyDocument, tables: Tables) -> None:
    """Sixty days ahead, as long as the notice is."""
    soon = with_task(document, route=Candidate("claude-sonnet-4-5-20250929"))
    ((level, what),) = found(tables.check(soon), "tasks.a.route.model")
    assert (level, what.split(";")[0]) == ("warning", "claude-sonnet-4-5-20250929 retires on 2026-11-30")


def test_an_effort_that_the_model_rejects_is_an_error(document: PolicyDocument, tables: Tables) -> None:
    """The finding says what it accepts."""
    wrong = with_task(document, route=Candidate("claude-haiku-4-5-20251001", Effort.LOW))
    ((level, what),) = found(tables.check(wrong), "tasks.a.route.effort")
    assert level == "error"
    assert "none; leave effort out" in what


def test_a_route_that_is_its_baseline_under_another_name_is_an_error(
    document: PolicyDocument, tables: Tables
) -> None:
    """A default effort written out is the same candidate."""
    plain = Candidate("claude-opus-5-5")
    level = tables.capabilities.effective(plain).effort
    same = with_task(document, baseline=plain, route=replace(plain, effort=level))
    assert found(tables.check(same), "tasks.a.route")[0][0] == "error"


@pytest.mark.parametrize(("saving", "level"), [(None, "warning"), (-0.1, "warning"), (0.2, "info")])
def test_a_dearer_list_price_is_a_warning_unless_the_evidence_shows_a_saving(
    document: PolicyDocument, tables: Tables, saving: float | None, level: str
) -> None:
    """Sometimes the bigger model is cheaper: then it is only a note."""
    proof = TaskEvidence(verdict="CLEARS", pairs=600, bound=0.01, saving_bound=saving)
    dearer = with_task(document, baseline=HAIKU, route=OPUS, evidence=proof)
    ((said, what),) = found(tables.check(dearer), "tasks.a.route")
    assert said == level
    assert "higher list price" in what


def test_a_baseline_without_a_price_is_not_compared(document: PolicyDocument, tables: Tables) -> None:
    """What has no price cannot be cheaper."""
    without = with_task(document, baseline=Candidate("claude-stange-9"))
    assert "list price" not in str(found(tables.check(without), "tasks.a.route"))


def test_a_price_that_changed_since_is_a_warning(
    document: PolicyDocument, book: PriceBook, tables: Tables
) -> None:
    """The savings were computed at other prices."""
    assert document.certificate is not None
    model, day = next(
        (model, rows[1].since)
        for model, rows in book.prices.items()
        if len(rows) > 1 and rows[1].tiers != rows[0].tiers
    )
    older = document.certificate.model_copy(update={"prices_as_of": date.fromordinal(day.toordinal() - 1)})
    moved = with_task(document.model_copy(update={"certificate": older}), baseline=Candidate(model))
    ((level, what),) = found(tables.check(moved, day), "certificate.prices_as_of")
    assert level == "warning"
    assert model in what


def entries(*pairs: tuple[TaskMatch, Candidate]) -> dict[str, TaskEntry]:
    """Entries a, b, c with these matches and baselines."""
    return {
        name: TaskEntry(match=match, baseline=baseline, route="baseline")
        for name, (match, baseline) in zip("abc", pairs, strict=False)
    }


@pytest.mark.parametrize(
    ("tasks", "shadowed"),
    [
        (entries((TaskMatch(tag="x"), OPUS), (TaskMatch(tag="y"), OPUS)), []),
        (entries((TaskMatch(tag="x"), OPUS), (TaskMatch(tag="x", rule="stream"), OPUS)), ["b"]),
        (entries((TaskMatch(tag="x", rule="stream"), OPUS), (TaskMatch(tag="x"), OPUS)), []),
        (entries((TaskMatch(tag="x"), OPUS), (TaskMatch(tag="x"), HAIKU)), []),
        (entries((TaskMatch(tag="x"), OPUS), (TaskMatch(tag="x"), OPUS)), ["b"]),
        (
            entries((TaskMatch(tag="x"), OPUS), (TaskMatch(tag="x"), HAIKU), (TaskMatch(tag="x"), HAIKU)),
            ["c"],
        ),
    ],
)
def test_an_entry_that_is_never_reached_is_an_error(
    document: PolicyDocument, tables: Tables, tasks: dict[str, TaskEntry], shadowed: list[str]
) -> None:
    """An earlier entry takes all its tasks; entries of one match with other baselines are one type."""
    findings = tables.check(signed(document.model_copy(update={"tasks": tasks})))
    assert [finding.where for finding in findings if "never reached" in finding.what] == [
        f"tasks.{name}" for name in shadowed
    ]


def test_a_tag_that_no_caller_can_name_is_a_warning(document: PolicyDocument, tables: Tables) -> None:
    """Tags travel in a header and have its letters only."""
    ((level, _),) = found(
        tables.check(with_task(document, match=TaskMatch(tag="no tool"))), "tasks.a.match.tag"
    )
    assert level == "warning"


def test_a_dearer_route_that_is_proven_on_cost_says_so(document: PolicyDocument, tables: Tables) -> None:
    """What moves up is no warning, and says what it saves and from which cost of a wrong answer on."""
    upward = Upward(net_usd=1.5, net_bound_usd=0.7, pays_above_usd=0.2)
    proof = TaskEvidence(
        verdict="CLEARS", pairs=600, bound=0.01, saving_bound=-0.6, kind="upward", upward=upward
    )
    bar = TaskBar(error_cost_usd=20)
    up = with_task(document, baseline=HAIKU, route=OPUS, evidence=proof, bar=bar)
    ((level, what),) = found(tables.check(up), "tasks.a.route")
    assert level == "info"
    assert "saves at least $0.7 per accepted outcome, and pays only while a wrong answer costs more" in what
    unknown = with_task(document, baseline=HAIKU, route=OPUS, evidence=None)
    assert any("see that this is meant" in said for _, said in found(tables.check(unknown), "tasks.a.route"))
    assert quality(up.tasks["a"]).endswith("pays only while a wrong answer costs more than $0.2")
