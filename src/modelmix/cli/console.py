"""Where commands print: results on stdout, talk on stderr."""

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def out() -> "Console":
    """Return a console on stdout, for the result of a command.

    Colour and width follow the terminal, ``NO_COLOR``, ``FORCE_COLOR`` and ``COLUMNS``.
    """
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def talk() -> "Console":
    """Return a console on stderr, for progress, notes and errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout, keys in the order given.

    Args:
        document: The object; its ``schema`` names its kind and version.
    """
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def say(sentence: str) -> None:
    """Print one line on stderr as it stands, without colour or wrapping."""
    sys.stderr.write(sentence + "\n")
