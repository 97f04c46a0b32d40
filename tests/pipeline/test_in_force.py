"""The policy follows its day, its file and its switch; a refused file leaves the old one."""

import logging
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.rig import CAPABILITIES, DAY, POLICY
from modelmix.errors import ArtifactError
from modelmix.pipeline.in_force import InForce
from modelmix.policy.base import KILL_SWITCH
from modelmix.policy.by_type import State


def in_force(home: Path, policy: str | None = POLICY, days: list[date] | None = None) -> InForce:
    """Start with a policy file."""
    path = home / "policy.yaml"
    if policy is not None:
        path.write_text(policy)
    today = days or [DAY]
    return InForce(path, home, CAPABILITIES, lambda: today[-1], allow_uncertified=True)


def state_of(standing: InForce) -> State:
    """The state of the policy in force."""
    assert standing.now.policy is not None
    return standing.now.policy.state


def test_the_switch_turns_routing_off_and_on(tmp_path: Path) -> None:
    """`policy.off` in the home is seen at the next look, without a restart."""
    standing = in_force(tmp_path)
    assert state_of(standing) is State.CURRENT
    (tmp_path / KILL_SWITCH).touch()
    standing.look()
    assert state_of(standing) is State.OFF
    (tmp_path / KILL_SWITCH).unlink()
    standing.look()
    assert state_of(standing) is State.CURRENT


def test_a_changed_file_is_taken_whole(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The next look brings the new table into force, and says so."""
    standing = in_force(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY.replace("ticket-reply", "ticket-answer"))
    with caplog.at_level(logging.INFO):
        standing.look()
    assert standing.now.policy is not None
    assert [entry.name for entry in standing.now.policy.entries] == ["form-extraction", "ticket-answer"]
    assert "is in force" in caplog.text


@pytest.mark.parametrize("text", ["", "modelmix: 2", POLICY + "sha256: " + "0" * 64 + "\n", None])
def test_a_refused_file_leaves_the_old_policy_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    """Empty, of another format, tampered with, or gone: what was in force stays."""
    standing = in_force(tmp_path)
    before = standing.now
    path = tmp_path / "policy.yaml"
    path.unlink() if text is None else path.write_text(text)
    standing.look()
    standing.look()
    assert standing.now is before
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "stays in force" in caplog.text


@pytest.mark.parametrize("text", ["modelmix: 2", POLICY + "sha256: " + "0" * 64 + "\n", None])
def test_a_refused_file_at_the_start_stops_everything(tmp_path: Path, text: str | None) -> None:
    """A gateway never starts on a policy it cannot trust."""
    with pytest.raises(ArtifactError):
        in_force(tmp_path, text)


def test_a_new_day_is_noticed(tmp_path: Path) -> None:
    """Grace and expiry come with the calendar, not with a restart."""
    days = [DAY]
    standing = in_force(tmp_path, days=days)
    before = standing.now
    standing.look()
    assert standing.now is before
    days.append(DAY + timedelta(days=1))
    standing.look()
    assert standing.now is not before


def test_without_a_file_there_is_no_policy(tmp_path: Path) -> None:
    """The switch has nothing to turn off."""
    standing = InForce(None, tmp_path, CAPABILITIES, lambda: DAY)
    (tmp_path / KILL_SWITCH).touch()
    standing.look()
    assert standing.now.policy is None
