"""``modelmix prices``."""

import json

import pytest

from modelmix.__main__ import main


def test_prices_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    """Every model that had a price on a day is listed, and no other."""
    assert main(["prices", "--on", "2026-10-06"]) == 0
    text = capsys.readouterr().out
    assert "claude-opus-5-5" in text
    assert "claude-haiku-5-5" not in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_today_is_the_day_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a day the prices of today are listed."""
    assert main(["prices", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["day"] is not None


def test_history_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    """A model's periods stand in order, with the length tiers of each."""
    assert main(["prices", "claude-sonnet-5-5"]) == 0
    text = capsys.readouterr().out
    assert text.index("2026-09-28 to 2026-10-07") < text.index("2026-10-07 to today")
    assert main(["prices", "claude-haiku-5-5"]) == 0
    text = capsys.readouterr().out
    assert "to 100k" in text
    assert "0.125" in text


def test_a_day_narrows_the_history(capsys: pytest.CaptureFixture[str]) -> None:
    """A model and a day give the price of that day, and say so where there was none."""
    assert main(["prices", "claude-sonnet-5-5", "--on", "2026-10-01"]) == 0
    text = capsys.readouterr().out
    assert "2026-09-28 to 2026-10-07" in text
    assert "to today" not in text
    assert main(["prices", "claude-sonnet-5-5", "--on", "2001-01-01"]) == 0
    assert "claude-sonnet-5-5 had no price on 2001-01-01" in capsys.readouterr().out
    assert main(["prices", "claude-sonnet-5-5", "--on", "2026-10-01", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["day"], len(document["prices"])) == ("2026-10-01", 1)


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON form holds every factor and the source of each price."""
    assert main(["prices", "claude-haiku-4-5", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "modelmix.prices/1"
    (price,) = document["prices"]
    assert (price["model"], price["batch_multiplier"]) == ("claude-haiku-4-5-20251001", 0.5)
    assert price["tiers"][0]["cache_write_1h"] == 2
    assert price["us_multiplier"] is None
    assert price["source"]


def test_unknown_model_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped model exits 3 and names what was meant; one without a likeness names the command."""
    assert main(["prices", "claude-opsu-5-5"]) == 3
    assert "did you mean claude-opus-5-5" in capsys.readouterr().err
    assert main(["prices", "qqq"]) == 3
    assert "modelmix prices lists all" in capsys.readouterr().err


def test_a_day_before_all_prices_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A day without any price says so."""
    assert main(["prices", "--on", "2001-01-01"]) == 0
    assert "no model had a price on 2001-01-01" in capsys.readouterr().out


def test_what_is_no_day_is_an_error_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """A day that does not exist exits 2."""
    assert main(["prices", "--on", "2026-13-01"]) == 2
    assert "is not a day" in capsys.readouterr().err
