"""The parts of the demo: its folder, its client, its view of the truth."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelmix.core.call import Call
from modelmix.core.candidate import Candidate
from modelmix.core.usage import Usage
from modelmix.demo.asking import Client
from modelmix.demo.folder import MARK, make
from modelmix.demo.known_truth import check, pool_loss
from modelmix.demo.live import bill
from modelmix.errors import ConfigError, UpstreamError
from modelmix.evaluate.evidence import TypeEvidence
from modelmix.optimize.fit import Fit, Scene, fit
from modelmix.optimize.goal import Goal
from modelmix.settings import load
from modelmix.simulator.run import running
from modelmix.simulator.world import prompts

BASE, CHEAP = Candidate("base"), Candidate("cheap")


def test_a_folder_of_an_earlier_run_is_made_anew(tmp_path: Path) -> None:
    """What an earlier demo left is replaced; an empty folder is taken."""
    folder = tmp_path / "demo"
    make(folder)
    (folder / "old").touch()
    make(folder)
    assert [path.name for path in folder.iterdir()] == [MARK]
    (tmp_path / "empty").mkdir()
    make(tmp_path / "empty")


def test_a_folder_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    """A folder with other files, and a file, are refused and not touched."""
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="earlier demo"):
        make(tmp_path)
    with pytest.raises(ConfigError, match="earlier demo"):
        make(tmp_path / "mine")
    with pytest.raises(ConfigError, match="cannot be made"):
        make(tmp_path / "mine" / "below")
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "x"


def test_plain_and_streamed_answers_are_the_same() -> None:
    """The client puts a stream together to the text of the plain answer."""
    (prompt,) = prompts(3, 1)
    body: dict[str, Any] = {**prompt.body, "model": "claude-opus-5-5"}
    with running(seed=3) as url:
        client = Client(url)
        plain = client.ask(body)
        streamed = client.ask({**body, "stream": True})
        with pytest.raises(UpstreamError, match="answered 404"):
            client.ask({**body, "model": "claude-unheard-of"})
        client.close()
    assert plain.text == streamed.text
    assert (plain.served_model, plain.reason) == ("", "")


def decided(wrong: int, n: int, cost: float = 0.1) -> Fit:
    """Fit one type on which the cheap arm errs on some prompts."""
    score = np.ones((n, 2))
    score[np.linspace(0, n - 1, wrong, dtype=int), 1] = 0.0
    evidence = TypeEvidence(
        "t", (BASE, CHEAP), tuple(map(str, range(n))), score, np.tile([1.0, cost], (n, 1))
    )
    return fit([evidence], {"t": Scene(BASE, float(n))}, Goal(margin=0.02))


def truth(cheap: float) -> dict[str, Any]:
    """State the truth of one type."""
    return {"accuracy": {"t": {"base": {"default": 0.95}, "cheap": {"default": cheap}}}}


@pytest.mark.parametrize(("cheap", "right"), [(0.95, True), (0.5, False)])
def test_a_move_is_right_if_the_true_loss_keeps_the_margin(cheap: float, *, right: bool) -> None:
    """What moved is held against the type's margin."""
    found = decided(0, 2000)
    (checked,) = check(found, truth(cheap))
    assert (checked.candidate, checked.is_right) == (CHEAP, right)
    assert pool_loss(found, truth(cheap)) == pytest.approx(0.95 - cheap)


@pytest.mark.parametrize(("cheap", "right"), [(0.95, False), (0.5, True)])
def test_a_failure_is_right_if_the_true_loss_breaks_the_margin(cheap: float, *, right: bool) -> None:
    """What FAILS is held against the margin as well."""
    found = decided(400, 1000)
    (checked,) = check(found, truth(cheap))
    assert (checked.verdict, checked.is_right) == ("FAILS", right)
    assert pool_loss(found, truth(cheap)) == 0.0


def test_no_claim_is_never_wrong() -> None:
    """UNDECIDED claims nothing, with or without a candidate."""
    (small,) = check(decided(0, 20), truth(0.1))
    (none,) = check(decided(0, 20, cost=2.0), truth(0.1))
    assert (small.is_right, none.is_right) == (True, True)
    assert (none.candidate, none.true_loss) == (None, None)


def test_the_bill_is_held_against_the_mean_of_each_type() -> None:
    """What was served is priced as it was; today's model at the mean cost of the type."""
    now = datetime(2026, 11, 24, tzinfo=UTC)

    def call(name: str, model: str, tokens: int) -> Call:
        usage = Usage(input_tokens=tokens)
        return Call(
            call_id=name,
            at=now,
            source="x",
            model_requested=model,
            model_served=model,
            usage=usage,
            task_type="t",
        )

    before = [call("1", "claude-opus-4-8", 1_000_000), call("2", "claude-opus-4-8", 3_000_000)]
    after = [call("3", "claude-haiku-4-5-20251001", 1_000_000)]
    found = bill(after, before, load().price_book())
    assert (found.usd, found.baseline_usd, found.calls) == (Decimal(1), Decimal(10), 1)
