"""The policy file as shipped: verified, deterministic, tamper-proof."""

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelmix
from modelmix.core.candidate import Candidate, Effort
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.task import Features
from modelmix.errors import ArtifactError
from modelmix.policy.artifact import digest, is_downgrade, parse, render, signed, to_policy, values
from modelmix.policy.document import Bar, Certificate, PolicyDocument, TaskBar, TaskEntry, TaskMatch
from modelmix.policy.evidence import Refused, TaskEvidence
from modelmix.policy.schema import schema

OPUS = Candidate("claude-opus-5-5", Effort.MEDIUM)
HAIKU = Candidate("claude-haiku-5-5", Effort.LOW)

texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
hashes = st.binary(min_size=1, max_size=8).map(lambda data: hashlib.sha256(data).hexdigest())
shares = st.decimals(0, 1, places=6, allow_nan=False)
losses = st.decimals(-1, 1, places=6, allow_nan=False)
amounts = st.decimals(0, 10**6, places=2, allow_nan=False)
models = st.sampled_from(["claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-8"])
candidates = st.builds(Candidate, models, st.none() | st.sampled_from(list(Effort)))
verdicts = st.sampled_from(["CLEARS", "FAILS", "UNDECIDED"])
evidence = st.builds(
    TaskEvidence,
    verdict=verdicts,
    pairs=st.integers(0, 10**6),
    loss=st.none() | losses,
    bound=st.none() | losses,
    errors_per_1000=st.none() | st.tuples(shares, shares),
    saving_share=st.none() | losses,
    kind=st.none() | texts,
    candidate=st.none() | candidates,
    more_usd=st.none() | amounts,
)
matches = st.one_of(
    st.builds(TaskMatch, tag=texts),
    st.builds(TaskMatch, template=hashes),
    st.just(TaskMatch(rule="tools > 0 and tag != 'a'")),
)
bars = st.none() | st.builds(
    TaskBar, type_margin=st.none() | st.just("3pp"), error_cost_usd=st.none() | amounts
)
common = {"match": matches, "bar": bars, "critical": st.booleans(), "why": st.none() | texts}
moved = st.builds(
    TaskEntry,
    **common,
    baseline=st.lists(st.just(OPUS) | st.just(Candidate("claude-opus-4-8")), min_size=1, max_size=2),
    route=st.just(HAIKU),
    evidence=evidence,
)
refusals = st.builds(
    Refused,
    candidate=candidates,
    pairs=st.integers(0, 10**6),
    loss=st.none() | losses,
    margin=st.none() | st.just("3pp"),
    saving_share=st.none() | losses,
)
stays = st.builds(
    TaskEntry,
    **common,
    baseline=st.lists(candidates, max_size=1),
    route=st.just("baseline"),
    refused=st.lists(refusals, max_size=2),
)
certificates = st.builds(
    Certificate,
    verdict=verdicts,
    pairs=st.integers(0, 10**6),
    moved_share=st.none() | shares,
    bound=st.none() | losses,
    method=texts,
    graders=st.lists(texts, max_size=2),
    prices_as_of=st.dates(),
    expires=st.dates(),
    evidence_sha256=st.none() | hashes,
)
documents = st.builds(
    PolicyDocument,
    name=texts,
    version=st.integers(1, 99),
    # Elsewhere local time may be a day that UTC does not have.
    created=st.none() | st.datetimes(timezones=st.timezones()).filter(lambda at: at.year not in {1, 9999}),
    bar=st.builds(Bar, margin=st.sampled_from([0.02, "2pp", Decimal("0.015")])),
    certificate=st.none() | certificates,
    tasks=st.dictionaries(texts, moved | stays, max_size=3),
    default=st.just("baseline") | candidates,
)


@given(documents.map(signed))
def test_a_written_file_reads_back_exactly(made: PolicyDocument) -> None:
    """parse(render(document)) is the document, and its bytes are those that were read."""
    data = render(made)
    read = parse(data)
    assert made == read
    assert data == render(read)
    assert made.sha256 == digest(read)


@given(documents.map(signed), st.data())
def test_equal_documents_and_only_they_have_equal_hashes(made: PolicyDocument, data: st.DataObject) -> None:
    """The hash does not depend on how a number is written; it does depend on every value."""
    assert made.sha256 == digest(PolicyDocument.model_validate(values(made)))
    other = data.draw(documents)
    assert (digest(other) == made.sha256) is (other == made.model_copy(update={"sha256": None}))


@given(st.data())
def test_a_flipped_bit_is_refused_or_changes_nothing(document: PolicyDocument, data: st.DataObject) -> None:
    """No change of one byte gets past: the file is refused, or says the same as before."""
    content = bytearray(render(document))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        read = parse(bytes(content), "policy.yaml")
    except ArtifactError as error:
        assert error.exit_code == 3  # noqa: PT017 - either outcome is right
    else:
        assert document == read


@given(st.data())
def test_a_cut_file_is_refused_or_says_the_same(document: PolicyDocument, data: st.DataObject) -> None:
    """A file that lost its end does not pass for a whole one."""
    content = render(document)
    try:
        read = parse(content[: data.draw(st.integers(0, len(content)))])
    except ArtifactError:
        return
    assert document == read


@given(st.binary(max_size=80) | st.text("modelix:1 {}[],-\n#'\"", max_size=60).map(str.encode))
def test_any_bytes_are_a_policy_or_one_clear_error(data: bytes) -> None:
    """Reading never fails but by ArtifactError."""
    with pytest.raises(ArtifactError, match=r"^some\.yaml: "):
        parse(data, "some.yaml")


def test_a_changed_file_is_refused_with_both_hashes(document: PolicyDocument) -> None:
    """The sentence names the file, both hashes and the two ways on."""
    data = render(document).replace(b"effort: low", b"effort: high")
    changed = document.model_copy(deep=True)
    with pytest.raises(ArtifactError) as caught:
        parse(data, "policy.yaml")
    sentence = str(caught.value)
    assert sentence.startswith("policy.yaml: was changed after it was written")
    assert f"its sha256 is {str(changed.sha256)[:12]}…" in sentence
    assert "run optimize again" in sentence
    assert "written by hand" in sentence


BEFORE = """\
modelmix: 1
name: old
version: 1
created: "2026-11-01T00:00:00Z"
bar: {margin: 0.02, alpha: 0.05}
certificate:
  verdict: CLEARS
  pairs: 900
  method: tango
  attempts: 1
  graders: []
  prices_as_of: "2026-11-01"
  expires: "2027-01-30"
  grace_days: 14
tasks:
  triage:
    match: {tag: triage}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: {model: claude-haiku-5-5, effort: low}
    evidence: {verdict: CLEARS, pairs: 900, bound: 0.01}
  reply:
    match: {tag: reply}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: baseline
    critical: true
default: baseline
sha256: "7a19042ff3619d48a2b29d431d9dbe69a7290b4521503403bb9e3e74e1351fe4"
"""
"""A policy as it was written and signed before refused candidates stood in the file."""


def test_a_policy_from_before_refused_candidates_keeps_its_hash() -> None:
    """It reads, it is written as it was, and what is refused from now on counts."""
    read = parse(BEFORE.encode())
    assert render(read).decode().endswith(BEFORE)
    empty = BEFORE.replace("    critical: true\n", "    critical: true\n    refused: []\n")
    assert parse(empty.encode()) == read
    told = read.tasks["reply"].model_copy(update={"refused": (Refused(candidate=HAIKU, pairs=3),)})
    assert digest(read.model_copy(update={"tasks": {**read.tasks, "reply": told}})) != read.sha256


def test_tasks_in_another_order_are_another_policy(document: PolicyDocument) -> None:
    """The first match wins, so the order is under the hash."""
    turned = document.model_copy(update={"tasks": dict(reversed(document.tasks.items()))})
    with pytest.raises(ArtifactError, match="was changed"):
        parse(render(turned))


def test_proof_without_a_hash_is_refused(unsigned: PolicyDocument) -> None:
    """A certificate, or a type's evidence, in a file whose hash was taken out proves nothing."""
    with pytest.raises(ArtifactError, match="has certificate but no sha256"):
        parse(render(unsigned))
    without = unsigned.model_copy(update={"certificate": None})
    with pytest.raises(ArtifactError, match=r"has tasks\.form-extraction\.evidence but no sha256"):
        parse(render(without))


def test_a_file_written_by_hand_reads() -> None:
    """It needs no hash, no certificate and no evidence, and margins may be written as people do."""
    text = b"""modelmix: 1
name: by-hand
bar: {margin: 2pp}
tasks:
  forms:
    match: {tag: forms}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: {model: "claude-haiku-5-5[1m]", effort: low}
"""
    read = parse(text)
    assert (HAIKU, Decimal("0.02"), None) == (read.tasks["forms"].route, read.bar.margin, read.sha256)


HEAD = "modelmix: 1\nname: x\nbar: {margin: 0.02}\n"
STAYS = "    route: baseline\n"
ENTRY = "tasks:\n  a:\n    match: {tag: a}\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a\n", "holds no mapping"),
        ("name: x\n", "first key must be `modelmix: 1`"),
        ("modelmix: true\n", "first key must be"),
        ("modelmix: 2\n", "is of format 2, this modelmix reads 1"),
        (HEAD, "line 1, tasks: is missing; add it"),
        (HEAD + "tasks: {}\nbare: 1\n", "line 5, bare: is not a key; did you mean bar?"),
        (HEAD + "tasks: {}\nzzz: 1\n", "line 5, zzz: is not a key; write one of modelmix, name"),
        (
            HEAD.replace("gin", "gn") + "tasks: {}\n",
            "line 3, bar.margn: is not a key; did you mean margin? (and",
        ),
        (
            HEAD + ENTRY + "    rout: baseline\n",
            "line 7, tasks.a.rout: is not a key; did you mean route? (and 1",
        ),
        (
            HEAD + ENTRY + "    route: {modle: m}\n",
            "line 7, tasks.a.route.modle: is not a key; did you mean model?",
        ),
        (HEAD + ENTRY + "    route: {model: m m}\n", "line 7, tasks.a.route.model: 'm m' is not a model ID"),
        (HEAD + ENTRY + "    route: 5\n", "line 7, tasks.a.route: must be a mapping such as"),
        (
            HEAD + ENTRY + STAYS + "    baseline:\n    - {model: m}\n    - {model: n, effort: no}\n",
            "line 10, tasks.a.baseline.1.effort: 'no' is not an effort",
        ),
        (
            HEAD + ENTRY + STAYS + "    baseline: {model: m, effort: no}\n",
            "line 8, tasks.a.baseline.effort: 'no' is not an effort",
        ),
        (
            HEAD + "tasks:\n  a: {match: {rule: tols > 1}, route: baseline}\n",
            "line 5, tasks.a.match.rule: rule 'tols > 1', position 1",
        ),
        (
            HEAD + "tasks:\n  a: {match: {tags: x}, route: baseline}\n",
            "tasks.a.match.tags: is not a key; did you mean tag?",
        ),
        (HEAD + "tasks:\n  ' ':\n    match: {tag: x}\n" + STAYS, "line 5, tasks. : must have between 1"),
        (HEAD + "tasks: [a]\n", "line 4, tasks: Input should be a valid dictionary"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_sentence_with_line_and_key(text: str, sentence: str) -> None:
    """Line, path of the key, and what to write instead."""
    with pytest.raises(ArtifactError) as caught:
        parse(text.encode(), "p.yaml")
    assert str(caught.value).startswith("p.yaml: ")
    assert sentence in str(caught.value)


def test_the_file_is_laid_out_for_people(document: PolicyDocument) -> None:
    """One line per fact, the schema named for editors, absent keys absent, hexadecimal texts in quotes."""
    lines = render(document).decode().splitlines()
    assert lines[0].startswith("# yaml-language-server: $schema=https://")
    assert lines[-1] == f'sha256: "{document.sha256}"' or lines[-1] == f"sha256: {document.sha256}"
    for expected in (
        'created: "2026-11-23T10:00:00Z"',
        "bar: {margin: 0.02, alpha: 0.05, error_cost_usd: 1}",
        "  errors_per_1000: [31, 35]",
        "    baseline: {model: claude-opus-5-5, effort: medium}",
        "    route: {model: claude-haiku-5-5, effort: low}",
        "    baseline: [{model: claude-opus-4-8}, {model: claude-opus-5}]",
        '    batch: {deferrable: true, deadline: "6h"}',
        "    critical: true",
    ):
        assert expected in lines
    assert sum("critical" in line for line in lines) == 1


def test_the_published_schema_is_the_generated_one() -> None:
    """The copy in the package is what the models say."""
    published = Path(modelmix.__file__).parent / "data" / "policy.schema.json"
    assert schema() == published.read_bytes()


def test_a_certified_document_routes(document: PolicyDocument, capabilities: CapabilityTable) -> None:
    """The policy carries hash, expiry and grace, and moves what is certified."""
    policy = to_policy(document, capabilities)
    assert (document.sha256, date(2027, 2, 21), 14) == (policy.sha256, policy.expires, policy.grace_days)
    assert policy.refused == ()
    route = policy.next(Features(requested=OPUS, tag="form-extraction"), ())
    assert (HAIKU, f"task=form-extraction; static; policy={policy.sha256[:8]}") == (
        route.candidate,
        route.reason,
    )
    assert policy.next(Features(requested=OPUS, tools=1), ()).candidate == OPUS


def test_a_document_written_by_hand_routes_only_where_allowed(
    unsigned: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """Without proof its downgrades are refused, and taken only on request."""
    bare = unsigned.model_copy(update={"certificate": None})
    policy = to_policy(bare, capabilities)
    assert policy.refused == ("form-extraction", "report-summary")
    assert (policy.expires, policy.grace_days, policy.sha256) == (None, 14, "")
    allowed = to_policy(bare, capabilities, allow_uncertified=True)
    assert allowed.next(Features(requested=OPUS, tag="form-extraction"), ()).candidate == HAIKU


@pytest.mark.parametrize(
    ("route", "baseline", "lower"),
    [
        ("claude-haiku-5-5@low", "claude-opus-5-5@low", True),
        ("claude-opus-5-5@low", "claude-opus-5-5@medium", True),
        ("claude-opus-5", "claude-opus-5-5", True),
        ("claude-opus-5-5@high", "claude-opus-5-5@medium", False),
        ("claude-opus-5-5@high", "claude-haiku-4-5-20251001", False),
        ("claude-opus-5-5@low", "claude-haiku-5-5@low", False),
        ("claude-opus-5-5@low", "claude-haiku-5-5@medium", True),
        ("claude-sonnet-4-5-20250929", "claude-haiku-5-5", True),
        ("claude-unknown", "claude-haiku-5-5", True),
        ("claude-opus-5-5", "claude-unknown", True),
    ],
)
def test_a_downgrade_is_lower_in_any_respect(
    route: str, baseline: str, lower: bool, capabilities: CapabilityTable
) -> None:
    """Tier, effort and generation all count, and the unknown counts as lower."""
    assert lower is is_downgrade(Candidate.parse(route), Candidate.parse(baseline), capabilities)


def test_staying_is_no_downgrade(capabilities: CapabilityTable) -> None:
    """The route ``baseline`` lowers nothing."""
    assert not is_downgrade("baseline", OPUS, capabilities)


def test_a_virtual_model_without_a_type_gets_the_default(
    document: PolicyDocument, capabilities: CapabilityTable
) -> None:
    """The named default, else the highest baseline of the table, else nothing."""
    virtual = Features(requested=Candidate("modelmix"))
    assert to_policy(document, capabilities).next(virtual, ()).candidate == OPUS
    named = document.model_copy(update={"default": HAIKU})
    assert to_policy(named, capabilities).next(virtual, ()).candidate == HAIKU
    strange = TaskEntry(match=TaskMatch(tag="a"), baseline=Candidate("claude-stange-9"), route="baseline")
    mixed = document.model_copy(update={"tasks": {"a": strange, **document.tasks}})
    assert to_policy(mixed, capabilities).next(virtual, ()).candidate == OPUS
    empty = document.model_copy(update={"tasks": {}})
    assert "no-baseline" in to_policy(empty, capabilities).next(virtual, ()).reason
