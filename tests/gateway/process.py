"""The gateway as a process of its own, started as a user starts it."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Served:
    """A running `modelmix serve`."""

    process: subprocess.Popen[str]
    ready: dict[str, object]

    @property
    def url(self) -> str:
        """Its base URL."""
        return str(self.ready["url"])


@contextlib.contextmanager
def served(home: Path, upstream: str, *options: str) -> Iterator[Served]:
    """Run `modelmix serve` until the block ends; it is killed if it still runs then."""
    line = [sys.executable, "-m", "modelmix", "serve", "--port", "0", "--json"]
    line += ["--upstream", upstream, *options]
    environment = {**os.environ, "MODELMIX_HOME": str(home)}
    with subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Served(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()
            process.communicate()
