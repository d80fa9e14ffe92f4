"""How much of each room the tests run, against the floors in pyproject.toml; exit code 1 if a room is below its own."""

import io
import sys
import tomllib
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import NoDataError


def main() -> int:
    """Print a line per room."""
    floors = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["nexova"]["coverage"]
    measured = Coverage()
    measured.load()
    below = []
    for room, floor in floors.items():
        try:
            share = measured.report(include=[f"{room}/*"], file=io.StringIO())
        except NoDataError:
            share = 0.0
        print(f"{room:12} {share:6.1f} %   floor {floor} %{'' if share >= floor else '   BELOW'}")
        if share < floor:
            below.append(room)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
