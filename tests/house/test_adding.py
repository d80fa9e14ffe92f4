"""`docs/adding.md` is true: its files are there, and for what can be followed by name there are no others."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.M | re.S))
PRODUCT = ("agent", "app", "channels", "core", "domain", "prompts", "tools")


def files(section: str) -> list[str]:
    """The paths that a section lists."""
    return re.findall(r"^- `([^`]+)`", SECTIONS[section], re.M)


def of_product() -> list[str]:
    tracked = subprocess.run(["git", "ls-files", *PRODUCT], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in tracked.stdout.splitlines() if (ROOT / path).is_file()]


def mentioning(words: str) -> set[str]:
    """The product's files in which one of these words stands."""
    pattern = re.compile(rf"\b({words})\b")
    return {path for path in of_product() if pattern.search((ROOT / path).read_text(encoding="utf-8", errors="ignore"))}


def listed(section: str) -> set[str]:
    """What a section lists of the product."""
    return {path for path in files(section) if path.split("/")[0] in PRODUCT}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_file_of_the_page_is_there(section: str) -> None:
    assert files(section)
    assert "Followed: `" in SECTIONS[section]
    assert [path for path in files(section) if not (ROOT / path).exists()] == []


def test_a_tool_lives_in_the_files_of_the_page_and_in_no_others() -> None:
    assert mentioning("reserve_stock|tool.stock_reserved|STOCK_RESERVED = .stock_reserved") == listed("A tool")


def test_a_language_lives_in_the_files_of_the_page_and_in_no_others() -> None:
    page = listed("A language")
    named = {path for path in of_product() if re.search(r"(^|/)pt[./]", path)}
    assert {path for path in named if not path.startswith(tuple(page))} == set()
    assert all(re.search(r"\bpt\b", path + (ROOT / path).read_text()) for path in page if not path.endswith("/"))
    spanish = {path for path in of_product() if path.startswith("prompts/locale/es/")}
    assert {path.replace("/es/", "/pt/") for path in spanish} <= named


def test_an_audience_is_made_known_in_the_files_of_the_page_and_in_no_others() -> None:
    # Traces show, proposals make, and suggestions stand for, turns of customers alone.
    named = mentioning(r"AudienceKind\.CUSTOMER")
    rooms = {path for path in named if not path.startswith(("tools/", "agent/audiences/"))}
    known = {"agent/frozen.py", "agent/models.py", "agent/traces.py", "agent/proposing.py", "agent/suggesting.py"}
    assert rooms <= known, "the turn, its journal and its reply know no audience"


def test_a_message_kind_is_handled_in_the_files_of_the_page_and_in_no_others() -> None:
    handled = {path for path in of_product() if re.search(r"\bPlace\(\)", (ROOT / path).read_text(errors="ignore"))}
    made = {"channels/infobip/wire.py", "channels/infobip/reading.py"}
    assert handled | made == listed("A message kind")
