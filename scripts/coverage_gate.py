"""Hold branch coverage to its two bars: 100 % on pure rooms, 90 % on doors.

One total would let a well tested room pay for a bad one, so each room is held apart.
"""

import json
import subprocess
import sys
from pathlib import Path

PURE_ROOMS = (
    "errors.py",
    "core",
    "wire",
    "economics",
    "classify",
    "policy",
    "evaluate",
    "optimize",
    "ingest",
    "report",
)
PURE_SHARE, DOOR_SHARE = 100.0, 90.0


def room_of(path: str) -> str:
    """Name the room a source file stands in: its folder or file under ``src/modelmix``."""
    return Path(path).parts[2]


def main() -> int:
    """Print a line per room and return 1 if one is under its bar."""
    coverage = [sys.executable, "-m", "coverage"]
    if list(Path().glob(".coverage.*")):
        subprocess.run([*coverage, "combine", "--quiet"], check=True)  # noqa: S603 - our own interpreter
    subprocess.run([*coverage, "json", "--quiet", "-o", ".coverage.json"], check=True)  # noqa: S603 - the same
    files = json.loads(Path(".coverage.json").read_text(encoding="utf-8"))["files"]
    rooms: dict[str, list[tuple[int, int, str, list[int]]]] = {}
    for path, report in files.items():
        total = report["summary"]
        covered = total["covered_lines"] + total["covered_branches"]
        possible = total["num_statements"] + total["num_branches"]
        rooms.setdefault(room_of(path), []).append((covered, possible, path, report["missing_lines"]))
    failed = False
    for room, rows in sorted(rooms.items()):
        covered, possible = sum(row[0] for row in rows), sum(row[1] for row in rows)
        share = 100.0 * covered / possible if possible else 100.0
        bar = PURE_SHARE if room in PURE_ROOMS else DOOR_SHARE
        failed |= share < bar
        word = "ok  " if share >= bar else "LOW "
        print(f"{word} {room:<14} {share:6.2f} % of lines and branches, bar {bar:.0f} %")
        for covered_here, possible_here, path, missing in rows if share < bar else ():
            if covered_here < possible_here:
                print(f"       {path}: {covered_here}/{possible_here}, lines {missing}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
