"""The demo's folder: made anew on each run, and never anyone else's."""

import shutil
from pathlib import Path

from modelmix.errors import ConfigError

MARK = ".made-by-modelmix-demo"


def make(folder: Path) -> None:
    """Make an empty folder for the demo, in place of one that an earlier run left.

    Raises:
        ConfigError: Something else lies there, or it cannot be made.
    """
    try:
        if folder.exists():
            if not (folder / MARK).is_file() and (not folder.is_dir() or any(folder.iterdir())):
                raise ConfigError(f"{folder} is not of an earlier demo; name another folder by --folder")
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        (folder / MARK).touch()
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be made ({error.strerror or error}); name another by --folder"
        ) from error
