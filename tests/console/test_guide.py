"""The guide to the console names modules and templates that there are, and its example is code as it stands."""

import re
from pathlib import Path

CONSOLE = Path(__file__).parents[2] / "app" / "console"
GUIDE = (CONSOLE.parents[1] / "docs" / "console.md").read_text()


def test_every_module_and_template_that_the_guide_names_exists() -> None:
    templates = set(re.findall(r"[\"`](_?[a-z_]+\.html)[\"`]", GUIDE))
    modules = set(re.findall(r"`([a-z_]+\.py)[`:]", GUIDE))
    assert {name for name in templates if not (CONSOLE / "templates" / name).is_file()} == set()
    ours = {name for name in modules if not name.startswith("test_")}
    assert {name for name in ours if not (CONSOLE / name).is_file()} == set()
    assert len(templates) > 3
    assert len(ours) > 3


def test_what_the_example_calls_is_what_pages_call() -> None:
    pages = "\n".join(path.read_text() for path in CONSOLE.glob("*.py"))
    (example,) = re.findall(r"```python\n(router = .*?)```", GUIDE, re.S)
    for called in set(re.findall(r"\b((?:forms|deeds|paging|visit)\.[a-z_]+)\(", example)):
        assert f"{called}(" in pages, called
