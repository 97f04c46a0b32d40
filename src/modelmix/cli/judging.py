"""Options of judges: who judges, and by what."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from modelmix.core.candidate import Candidate


def judge_of(text: str | None) -> "Candidate | None":
    """Read ``--judge``.

    Raises:
        typer.BadParameter: It is no candidate.
    """
    from modelmix.core.candidate import Candidate

    try:
        return None if text is None else Candidate.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--judge") from None


def rubrics_of(texts: Sequence[str]) -> dict[str, str]:
    """Read the files that ``--rubric`` names: task type → words; the empty type is for all.

    Raises:
        typer.BadParameter: A file cannot be read, holds no rubric, or a type has two.
    """
    from modelmix.evaluate.judges.rubric import LONGEST_RUBRIC, Rubric

    found: dict[str, str] = {}
    for text in texts:
        # A file of that very name wins: names of files may hold an equals sign.
        task_type, _, name = ("", "", text) if Path(text).is_file() else text.rpartition("=")
        try:
            with Path(name).open(encoding="utf-8") as file:
                words = Rubric.of(file.read(LONGEST_RUBRIC + 1000)).text
        except OSError as error:
            said = f"{name} cannot be read ({error.strerror or error}); name a text file, or TYPE=FILE"
            raise typer.BadParameter(said, param_hint="--rubric") from None
        except UnicodeDecodeError:
            raise typer.BadParameter(f"{name} is not UTF-8 text", param_hint="--rubric") from None
        except ValueError as error:
            raise typer.BadParameter(f"{name}: {error}", param_hint="--rubric") from None
        if task_type in found:
            what = f"task type {task_type!r}" if task_type else "all task types"
            raise typer.BadParameter(f"{what} has two rubrics; keep one", param_hint="--rubric")
        found[task_type] = words
    return found
