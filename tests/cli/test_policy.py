"""``modelmix policy``: stdout, stderr and exit code of each of its commands."""

import io
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from modelmix.__main__ import main
from modelmix.core.candidate import Candidate, Effort
from modelmix.policy.artifact import render, signed
from modelmix.policy.document import Bar, Certificate, PolicyDocument, TaskBar, TaskEntry, TaskMatch
from modelmix.policy.evidence import TaskEvidence
from modelmix.policy.schema import schema

OPUS = Candidate("claude-opus-5-5", Effort.MEDIUM)
DAY = ["--on", "2026-11-24"]


def made(**changes: Any) -> PolicyDocument:  # noqa: ANN401 - any key of a document
    """A small certified policy."""
    keys: dict[str, Any] = {
        "name": "desk",
        "created": datetime(2026, 11, 23, tzinfo=UTC),
        "bar": Bar(margin="2pp"),
        "certificate": Certificate(
            verdict="CLEARS",
            pairs=1704,
            bound=0.013,
            method="fixed-tango",
            prices_as_of=date(2026, 11, 23),
            expires=date(2027, 2, 21),
        ),
        "tasks": {
            "forms": TaskEntry(
                match=TaskMatch(tag="forms"),
                baseline=OPUS,
                route=Candidate("claude-haiku-5-5", Effort.LOW),
                bar=TaskBar(type_margin="3pp"),
                evidence=TaskEvidence(verdict="CLEARS", pairs=640, bound=0.011, saving_usd_month=1310),
            ),
            "long": TaskEntry(
                match=TaskMatch(rule="input_tokens > 20000 or tools > 2"),
                baseline=OPUS,
                route="baseline",
                why="FAILS",
            ),
        },
    }
    return signed(PolicyDocument(**{**keys, **changes}))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own to run in, with a home that does not exist yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MODELMIX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path / "home"


@pytest.fixture
def policy(home: Path) -> Path:
    """The small policy as a file."""
    path = home.parent / "policy.yaml"
    path.write_bytes(render(made()))
    return path


def ran(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    code = main(["policy", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_show_prints_the_card(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The card on stdout, nothing on stderr."""
    code, out, err = ran(capsys, "show", policy, *DAY)
    assert (code, err) == (0, "")
    assert "CLEARS on the traffic that moves: loss at most 1.3 pp" in out
    assert "opus-5-5 · medium → haiku-5-5 · low" in out
    assert max(map(len, out.splitlines())) <= 80


def test_show_as_json_is_the_file_and_its_state(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object of the schema ``modelmix.policy/1`` with numbers as numbers."""
    code, out, _ = ran(capsys, "show", policy, "--json", "--on", "2027-02-22")
    shown = json.loads(out)
    assert (code, shown["schema"], shown["state"], shown["not_taken"]) == (
        0,
        "modelmix.policy/1",
        "grace",
        [],
    )
    assert shown["policy"]["tasks"]["forms"]["evidence"]["bound"] == 0.011
    assert shown["policy"]["tasks"]["forms"]["route"] == {"model": "claude-haiku-5-5", "effort": "low"}


def test_show_reads_standard_input(
    policy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dash stands for it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(policy.read_bytes())))
    assert ran(capsys, "show", "-")[0] == 0


def test_check_passes_a_sound_policy(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0 and one line."""
    code, out, _ = ran(capsys, "check", policy, *DAY)
    assert (code, out) == (0, f"{policy}: fit to serve on 2026-11-24 (0 errors, 0 warnings)\n")


def test_check_fails_with_five_on_a_finding_of_level_error(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As text and as JSON."""
    code, out, _ = ran(capsys, "check", policy, "--on", "2027-06-01")
    assert code == 5
    assert out.startswith("error    certificate.expires: expired on 2027-02-21")
    code, out, _ = ran(capsys, "check", policy, "--on", "2027-06-01", "--json")
    found = json.loads(out)
    assert (code, found["ok"], found["findings"][0]["level"]) == (5, False, "error")
    assert found["schema"] == "modelmix.policy-check/1"


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_tampered_policy_is_three(policy: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """Whatever is asked of it, a changed file is refused in one sentence."""
    policy.write_bytes(policy.read_bytes().replace(b"effort: low", b"effort: high"))
    code, out, err = ran(capsys, command, policy)
    assert (code, out) == (3, "")
    assert "was changed after it was written" in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there_is_three(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence names it."""
    code, _, err = ran(capsys, "check", "nowhere.yaml")
    assert code == 3
    assert "nowhere.yaml cannot be read (No such file or directory)" in err


def test_a_wrong_day_is_an_error_of_usage(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2."""
    code, _, err = ran(capsys, "check", policy, "--on", "tomorrow")
    assert code == 2
    assert "such as 2026-11-23" in err


def test_diff_prints_three_ways(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text, GitHub's Markdown and JSON say the same."""
    back = made(tasks={"long": made().tasks["long"]})
    other = policy.with_name("new.yaml")
    other.write_bytes(render(back))
    code, out, _ = ran(capsys, "diff", policy, other)
    assert (code, out.splitlines()[0]) == (0, "- forms: removed")
    assert "+$1,310/mo" in ran(capsys, "diff", policy, other, "--format", "github")[1].splitlines()[0]
    for words in (["--format", "json"], ["--json"]):
        found = json.loads(ran(capsys, "diff", policy, other, *words)[1])
        assert (found["schema"], found["guardrail"]) == ("modelmix.policy-diff/1", "pass")
        assert (found["usd_month"], found["changes"][0]["usd_month"]) == (1310, 1310)
    same = json.loads(ran(capsys, "diff", policy, policy, "--json")[1])
    assert (same["usd_month"], same["changes"]) == (None, [])


def test_diff_is_five_where_a_move_has_no_proof(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The guardrail for a pull request."""
    moved = made().tasks["long"].model_copy(update={"route": Candidate("claude-haiku-5-5")})
    other = policy.with_name("new.yaml")
    other.write_bytes(render(made(tasks={**made().tasks, "long": moved})))
    code, out, _ = ran(capsys, "diff", policy, other)
    assert code == 5
    assert "guardrails: fail" in out


def test_explain_tells_entry_route_and_evidence(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a request that is described by options."""
    words = ("explain", policy, "--task", "forms", "--model", "claude-opus-5-5", "--effort", "medium", *DAY)
    code, out, _ = ran(capsys, *words)
    assert code == 0
    assert "answered by haiku-5-5 · low\n" in out
    assert "evidence    loss ≤ 1.1 pp, CLEARS its 3.0 pp, 640 pairs\n" in out
    found = json.loads(ran(capsys, *words, "--json")[1])
    assert found["candidate"] == {"model": "claude-haiku-5-5", "effort": "low"}
    assert found["reason"].startswith("task=forms; static; policy=")


def test_explain_takes_other_features(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers, booleans and texts by their names."""
    features = (
        "--feature",
        "tools=3",
        "--feature",
        "stream=true",
        "--feature",
        "template=8c02",
        "--template",
        "8c",
    )
    code, out, _ = ran(capsys, "explain", policy, "--model", "modelmix", *features, *DAY, "--json")
    found = json.loads(out)
    assert (code, found["entry"]) == (0, "long")
    assert (found["features"]["tools"], found["features"]["stream"]) == (3, True)
    assert found["features"]["template"] == "8c02"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "name the requested model"),
        (("--model", "m", "--effort", "most"), "is not an effort"),
        (("--model", "@low"), "names no model"),
        (("--model", "m", "--feature", "colour=red"), "is none of tag, template"),
        (("--model", "m", "--feature", "requested=x"), "is none of tag, template"),
        (("--model", "m", "--feature", "tools=many"), "must be a whole number"),
        (("--model", "m", "--feature", "stream=1"), "must be true or false"),
    ],
)
def test_explain_refuses_what_it_cannot_read(
    policy: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    """An error of usage, exit 2."""
    code, _, err = ran(capsys, "explain", policy, *words)
    assert code == 2
    assert why in " ".join(err.replace("│", " ").split())


def test_explain_reads_the_body_of_a_request(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Model, effort and features come from the body; the task from the option."""
    body = policy.with_name("body.json")
    request = {
        "model": "claude-opus-5-5",
        "output_config": {"effort": "medium"},
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "x"}],
        "tools": [{}] * 3,
    }
    body.write_text(json.dumps(request), encoding="utf-8")
    assert "entry       long\n" in ran(capsys, "explain", policy, "--request", body, *DAY)[1]
    assert (
        "entry       forms\n" in ran(capsys, "explain", policy, "--request", body, "--task", "forms", *DAY)[1]
    )
    body.write_text("[]", encoding="utf-8")
    code, _, err = ran(capsys, "explain", policy, "--request", body)
    assert code == 3
    assert "is not the body of a Messages request" in err


def test_off_and_on_are_a_switch_in_the_home(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Off writes who, when and why; on takes it away; both may be said twice."""
    code, out, err = ran(capsys, "off", "--reason", "drill")
    assert (code, out) == (0, f"Routing is off: {home / 'policy.off'}\n")
    assert "modelmix policy on brings routing back" in err
    kept = json.loads((home / "policy.off").read_text(encoding="utf-8"))
    assert (kept["reason"], set(kept)) == ("drill", {"at", "by", "reason"})
    assert datetime.fromisoformat(kept["at"]).tzinfo is not None
    assert json.loads(ran(capsys, "off", "--json")[1])["routing"] == "off"
    assert [path.name for path in home.iterdir()] == ["policy.off"]
    assert ran(capsys, "on")[:2] == (0, f"Routing is on again: {home / 'policy.off'} is not there\n")
    assert "on, as it was" in ran(capsys, "on")[1]
    assert json.loads(ran(capsys, "on", "--json")[1]) == {
        "schema": "modelmix.policy-switch/1",
        "routing": "on",
        "file": str(home / "policy.off"),
        "was_off": False,
    }


def test_off_works_for_a_user_without_a_name(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs under a bare number."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert json.loads(ran(capsys, "off", "--json")[1])["by"] == "unknown"


def test_a_switch_that_cannot_be_moved_is_three(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the home is no folder, or the switch is one, the sentence says so."""
    home.write_text("a file", encoding="utf-8")
    code, _, err = ran(capsys, "off")
    assert code == 3
    assert "cannot be written" in err
    home.unlink()
    (home / "policy.off").mkdir(parents=True)
    code, _, err = ran(capsys, "on")
    assert code == 3
    assert "cannot be removed" in err


def test_schema_prints_the_published_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """For editors: valid JSON that describes the file."""
    code, out, _ = ran(capsys, "schema")
    assert (code, out) == (0, schema().decode())
    assert json.loads(out)["required"] == ["modelmix", "name", "bar", "tasks"]
