"""Known vulnerabilities among the pins, by pip-audit; exit code 1 if there is one that is not explained here.

Without the service nothing can be said: that is printed, and is a failure only where AUDIT=strict asks for an answer.
Further arguments go to pip-audit: `-s osv` asks the other service.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

EXPLAINED: Final[dict[str, str]] = {}
"""Ids of vulnerabilities that do not concern this house, each with the reason."""

COMMAND: Final = (
    "pip-audit", "-r", "requirements.txt", "--disable-pip", "--require-hashes", "-f", "json", "--progress-spinner", "off",
)  # fmt: skip


def main() -> int:
    """Print what was found."""
    tool = Path(sys.executable).with_name(COMMAND[0])
    run = subprocess.run([str(tool), *COMMAND[1:], *sys.argv[1:]], capture_output=True, text=True, check=False)
    try:
        pins = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"pip-audit could not ask its service:\n{run.stderr.strip()[-500:]}")
        return _unanswered()
    found = [(pin["name"], pin["version"], flaw) for pin in pins for flaw in pin.get("vulns", ())]
    open_flaws = [each for each in found if each[2]["id"] not in EXPLAINED]
    for name, version, flaw in found:
        fixed = ", ".join(flaw["fix_versions"]) or "-"
        print(f"{name} {version}: {flaw['id']} {EXPLAINED.get(flaw['id'], '(not explained)')}, fixed in {fixed}")
    skipped = [pin["name"] for pin in pins if "skip_reason" in pin]
    print(f"{len(pins) - len(skipped)} of {len(pins)} pins were audited; {len(open_flaws)} open vulnerabilities.")
    if open_flaws:
        return 1
    if skipped:
        print(next(pin["skip_reason"] for pin in pins if "skip_reason" in pin))
        return _unanswered()
    return 0


def _unanswered() -> int:
    print("Not every pin was audited." + ("" if os.environ.get("AUDIT") == "strict" else " AUDIT=strict makes that a failure."))
    return 1 if os.environ.get("AUDIT") == "strict" else 0


if __name__ == "__main__":
    sys.exit(main())
