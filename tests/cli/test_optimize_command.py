"""``modelmix optimize`` and ``modelmix bench``, as a user runs them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from modelmix.cli.main import run
from modelmix.core.outcome import Outcome
from modelmix.ingest.outcomes import read
from modelmix.pipeline.evidence import read_outcomes
from modelmix.policy.artifact import parse
from modelmix.store.lake import Lake

OPUS, HAIKU, SONNET = "claude-opus-4-8", "claude-haiku-4-5-20251001", "claude-sonnet-4-6"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write outcomes of two types and three models: one type holds on all, one only on the baseline."""
    path = tmp_path / "outcomes.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["prompt_id", "task_type", "model", "score", "input_tokens", "output_tokens"])
        for index in range(900):
            name = "holds" if index % 3 else "fails"
            for model in (OPUS, SONNET, HAIKU):
                score = int(model == OPUS or name == "holds" or index % 2 == 0)
                rows.writerow([f"p{index}", name, model, score, 900, 100])
    return path


@pytest.fixture
def home(tmp_path: Path, table: Path) -> str:
    """Keep the outcomes in a lake."""
    folder = tmp_path / "home"
    outcomes = [row for row in read_outcomes(table) if isinstance(row, Outcome)]
    Lake(folder).put_outcomes("one", outcomes)
    return str(folder)


def optimise(home: str, output: Path, *more: str) -> int:
    """Run ``modelmix optimize``."""
    return run(["--home", home, "optimize", "--baseline", OPUS, "-o", str(output), *more])


def test_a_policy_is_written_and_shown(home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What holds moves to the cheapest, what fails stays, and the file carries the certificate."""
    output = tmp_path / "policy.yaml"
    assert optimise(home, output) == 0
    shown = capsys.readouterr().out
    assert "1 of 2 task types move" in shown
    assert "fails stays on claude-opus-4-8" in shown
    policy = parse(output.read_bytes(), str(output))
    assert str(policy.tasks["holds"].route) == HAIKU
    assert policy.tasks["fails"].route == "baseline"
    assert optimise(home, output) == 0
    assert parse(output.read_bytes(), str(output)).version == 2


def test_a_policy_needs_a_file(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dash is no name of a file: nothing is read, tried or written."""
    monkeypatch.chdir(tmp_path)
    assert optimise(home, Path("-")) == 2
    assert "a policy goes into a file" in capsys.readouterr().err
    assert not (tmp_path / "-").exists()


def test_json_goes_to_stdout_alone(home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The object names its schema and says what was decided of each type."""
    assert optimise(home, tmp_path / "p.yaml", "--json", "--margin", "2pp", "--type-margin", "fails=5%") == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["schema"] == "modelmix.optimize/1"
    assert {task["task_type"]: task["verdict"] for task in document["tasks"]} == {
        "holds": "CLEARS",
        "fails": "FAILS",
    }


def test_nothing_clears_is_exit_8_and_still_a_file(home: str, tmp_path: Path) -> None:
    """With a bar that nothing can clear the policy is written all the same."""
    output = tmp_path / "p.yaml"
    assert optimise(home, output, "--margin", "0.0001", "--type-margin", "0.0001") == 8
    assert parse(output.read_bytes(), str(output)).routed() == {}


def test_errors_that_cost_and_critical_types(home: str, tmp_path: Path) -> None:
    """An error dearer than the saving keeps work in place; so may a critical type."""
    assert optimise(home, tmp_path / "p.yaml", "--error-cost", "holds=50") == 8
    assert optimise(home, tmp_path / "p.yaml", "--critical", "holds", "--error-cost", "0.001") in {0, 8}


def test_minutes_at_a_wage_are_a_cost_of_errors(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They stand in the policy, its card and the notes; where errors eat a saving bigger is cheaper."""
    output = tmp_path / "p.yaml"
    assert optimise(home, output, "--wage", "30", "--minutes", "fails=4") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "a wrong answer of fails costs $2.00: 4 minutes at $30 an hour" in shown
    assert "bigger is cheaper here: at $2.00 a wrong answer an accepted outcome costs" in shown
    entry = parse(output.read_bytes(), str(output)).tasks["fails"]
    assert entry.bar is not None
    assert entry.bar.error_cost_usd == 2
    assert "bigger is cheaper here" in (entry.why or "")
    assert run(["--home", home, "policy", "show", str(output)]) == 0
    assert "a wrong answer costs $2.00" in capsys.readouterr().out


@pytest.mark.parametrize(
    "more",
    [
        ["--wage", "30"],
        ["--minutes", "fails=4"],
        ["--wage", "30", "--minutes", "fails=4", "--error-cost", "fails=2"],
        ["--margin", "2"],
        ["--margin", "two"],
        ["--margin", "-1%"],
        ["--type-margin", "t=x"],
        ["--alpha", "0.7"],
        ["--error-cost", "t=-1"],
        ["--error-cost", "free"],
        ["--arms", "a@warp"],
        ["--price-as", "a"],
        ["--prices-on", "yesterday"],
    ],
)
def test_an_option_that_cannot_be_read_is_a_usage_error(
    home: str, tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each names itself and what would be right, and nothing is written."""
    output = tmp_path / "p.yaml"
    assert optimise(home, output, *more) == 2
    assert "Invalid value" in capsys.readouterr().err
    assert not output.exists()


def test_no_evidence_is_exit_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without outcomes the command says what to import."""
    assert optimise(str(tmp_path / "none"), tmp_path / "p.yaml") == 8
    assert "import outcomes" in capsys.readouterr().err


def test_the_bench_of_a_table(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every way of choosing has a row, and ours reaches the ceiling on plain evidence."""
    words = [
        "bench",
        str(table),
        "--baseline",
        OPUS,
        "--arms",
        f"{HAIKU},{SONNET}",
        "--worlds",
        "5",
        "--pairs",
        "3000",
    ]
    assert run([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["n_prompts"]) == ("modelmix.bench/1", 900)
    rows = {row["policy"]: row for row in document["rows"]}
    assert list(rows) == [
        f"always:{OPUS}", f"always:{HAIKU}", f"always:{SONNET}", "random-mix", "static", "naive-certified",
        "modelmix", "modelmix, by looks", "oracle",
    ]  # fmt: skip
    looks = rows["modelmix, by looks"]
    assert looks["share_of_ceiling"] == pytest.approx(1.0)
    assert looks["bought_share"] < 1.0
    assert rows["modelmix"]["bought_share"] is None
    assert rows["modelmix"]["share_of_ceiling"] == pytest.approx(1.0)
    assert rows["random-mix"]["saving_share"] == pytest.approx(rows["modelmix"]["saving_share"])
    assert rows["oracle"]["saving_share"] >= rows["modelmix"]["saving_share"]
    assert run(words) == 0
    assert "ceiling" in capsys.readouterr().out


def test_the_same_seed_draws_the_same_worlds(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bench can be repeated to the digit; without --arms all that the table holds compete."""
    words = [
        "bench",
        str(table),
        "--baseline",
        OPUS,
        "--worlds",
        "3",
        "--pairs",
        "400",
        "--seed",
        "5",
        "--json",
    ]
    outputs = []
    for _ in range(2):
        assert run(words) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_the_bench_of_the_boundary(capsys: pytest.CaptureFixture[str]) -> None:
    """Both scenarios are judged, and the forbidden procedure stands beside ours."""
    assert run(["bench", "--boundary", "--types", "8", "--worlds", "20", "--pairs", "1700", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["n_prompts"] is None
    assert len({row["scenario"] for row in document["rows"]}) == 2
    worst = {
        name: max(r["false_clears_pool"] for r in document["rows"] if r["policy"] == name)
        for name in ("modelmix", "modelmix, by looks", "naive-certified")
    }
    assert worst["modelmix, by looks"] < worst["naive-certified"]
    assert worst["modelmix"] < worst["naive-certified"]


@pytest.mark.parametrize(
    "words",
    [
        ["bench"],
        ["bench", "TABLE", "--boundary"],
        ["bench", "TABLE"],
        ["bench", "TABLE", "--baseline", OPUS, "--pairs", "0"],
    ],
)
def test_a_bench_without_a_truth_is_a_usage_error(table: Path, words: list[str]) -> None:
    """It takes a table with its baseline, or the boundary, and not both."""
    assert run([str(table) if word == "TABLE" else word for word in words]) == 2


def test_arms_that_the_table_does_not_hold(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a prompt that every arm answered there is no truth to draw from."""
    assert run(["bench", str(table), "--baseline", OPUS, "--arms", "claude-fable-5-2"]) == 8
    assert "claude-fable-5-2" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_spends_no_attempt(home: str, tmp_path: Path) -> None:
    """A typo in the name of the policy file is exit 3, and the next run is still the first attempt."""
    assert optimise(home, tmp_path / "nowhere" / "p.yaml", "--margin", "0.04") == 3
    output = tmp_path / "p.yaml"
    assert optimise(home, output) == 0
    policy = parse(output.read_bytes(), str(output))
    assert policy.certificate is not None
    assert policy.certificate.attempts == 1


@pytest.fixture
def timed(tmp_path: Path) -> str:
    """Keep outcomes of a cheap baseline and a dearer, better and slower model."""
    folder = tmp_path / "timed"
    rows = [
        {
            "prompt_id": f"p{index}",
            "task_type": "clauses",
            "model": model,
            "score": int(index % 5 > 0 or model == SONNET),
            "cost_usd": "0.01" if model == HAIKU else "0.05",
            "latency_s": 0.8 if model == HAIKU else 3.0,
        }
        for index in range(600)
        for model in (HAIKU, SONNET)
    ]
    Lake(folder).put_outcomes("one", [one for one in read(rows, "t") if isinstance(one, Outcome)])
    return str(folder)


def test_a_dearer_model_moves_up_where_errors_cost_enough(
    timed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Screen, JSON, policy file, check and show all say what it costs, what it saves, and while when."""
    output = tmp_path / "up.yaml"
    words = ["--home", timed, "optimize", "--baseline", HAIKU, "-o", str(output), "--error-cost"]
    assert run([*words, "0.1"]) == 8
    assert "bigger" not in capsys.readouterr().out
    assert run([*words, "5"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for part in ("calls cost 400.0% more", "with errors paid for:", "bigger is cheaper on what moves up"):
        assert part in said
    assert "pays only while one costs more than $0.2" in said
    assert "median 800 ms now, 3.0 s then" in said
    assert run([*words, "5", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["certificate"]["saving_share"] < 0 < document["certificate"]["net_saving_bound"]
    (task,) = document["tasks"]
    assert task["put_forward"]["upward"]["net_saving_bound_usd"] > 0
    assert task["latency"]["then"]["p95_ms"] == 3000.0
    policy = parse(output.read_bytes(), str(output))
    assert policy.certified("clauses")
    assert run(["policy", "show", str(output)]) == 0
    assert "with errors paid for" in " ".join(capsys.readouterr().out.split())
    features = ["--model", HAIKU, "--task", "clauses"]
    assert run(["policy", "explain", str(output), *features, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["candidate"]["model"] == SONNET


def test_what_is_late_does_not_move(timed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bound that the better model does not keep holds the type, for all types or the one that is named."""
    output = tmp_path / "late.yaml"
    words = ["--home", timed, "optimize", "--baseline", HAIKU, "--error-cost", "5", "-o", str(output)]
    assert run([*words, "--latency-p95", "2s"]) == 8
    said = " ".join(capsys.readouterr().out.split())
    assert "held back by its latency" in said
    assert "time to the last byte" in said
    bar = parse(output.read_bytes(), str(output)).tasks["clauses"].bar
    assert bar is not None
    assert bar.latency_p95_ms == 2000
    assert run([*words, "--latency-p95", "2s", "--latency-p95", "clauses=4s"]) == 0
    assert run([*words, "--latency-p95", "other=4s"]) == 3
    assert "latency: no outcome is paired for task type 'other'" in capsys.readouterr().err
