"""Run every benchmark, one after the other: each prints ratios measured in its own run.

    python -m bench [NAME ...] [--OPTION VALUE ...]

Options are passed on to each of them. Needs nothing but the package; what a peer (nginx, LiteLLM) or a folder
of data is needed for is skipped with a word where that is not there.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(given: list[str]) -> int:
    """Run the named benchmarks, or all, and return 1 if any of them did."""
    first = next((i for i, text in enumerate(given) if text.startswith("-")), len(given))
    names, options = given[:first], given[first:]
    found = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    unknown = [name for name in names if name not in found]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; there are {', '.join(found)}", file=sys.stderr)
        return 2
    codes = []
    for name in names or found:
        print(f"\n== {name}", flush=True)
        command = [sys.executable, str(HERE / f"{name}.py"), *options]
        codes.append(subprocess.run(command, check=False).returncode)
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
