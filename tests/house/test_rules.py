"""The rules of the house that a machine can check: by reading the code, not by running it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.queue.jobs import JOBS, SWEEPS
from core.settings import Settings
from domain.conversations.states import State, Trigger

ROOT = Path(__file__).parents[2]
ROOMS = (
    "analytics",
    "core",
    "domain",
    "tools",
    "agent",
    "channels",
    "connectors",
    "app",
    "sandbox",
    "migrations",
    "evals",
    "bench",
)
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
HOMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base_utils"}
SPANISH = re.compile(r"[áéíóúñÁÉÍÓÚÑ¿¡]")


def sources(*rooms: str) -> Iterator[tuple[Path, str]]:
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "versions" not in path.parts:
                yield path.relative_to(ROOT), path.read_text()


def trees(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for path, source in sources(*rooms):
        yield path, ast.parse(source)


def imported(tree: ast.Module) -> Iterator[str]:
    """Every dotted name that a module imports; `from a import b` counts as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.AST, name: str) -> list[int]:
    """The lines on which a method of this name is called."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the nodes that are docstrings, of attributes too."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(path): n for path, source in sources(*ROOMS, "tests") if (n := len(source.splitlines())) > LONGEST_FILE}

    assert long == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = {
        f"{path}:{node.name}": length
        for path, tree in trees(*ROOMS, "tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }

    assert long == {}


def test_every_module_says_what_its_job_is() -> None:
    silent = [str(path) for path, tree in trees(*ROOMS, "tests") if not ast.get_docstring(tree)]

    assert silent == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [str(path) for path, _ in sources(*ROOMS, "tests") if HOMELESS & {path.stem, *path.parts}] == []


def test_only_work_commits() -> None:
    # The migrations' own connection is no work of the house.
    allowed = {Path("core/work.py"), Path("migrations/env.py")}
    found = {str(path): lines for path, tree in trees(*ROOMS) if path not in allowed and (lines := calls(tree, "commit"))}

    assert found == {}


def test_nobody_reads_the_clock_of_the_machine() -> None:
    # Business time and the times of leases come from Postgres; `core.clock` has the time for logs.
    found = {
        f"{path}:{node.lineno}"
        for path, tree in trees(*ROOMS)
        if path != Path("core/clock.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    }

    assert found == set()


def inner(name: str) -> tuple[str, str] | None:
    """The noun and the module, where a dotted name is of a module that its noun keeps to itself."""
    room, noun, module, *_ = [*name.split("."), "", ""]
    is_inner = room == "domain" and (module in ("models", "repository") or module.startswith("_"))
    return (noun, module) if is_inner else None


def test_what_a_noun_keeps_to_itself_is_seen_by_nobody_else() -> None:
    """Tables, their SQL and modules with an underscore are the noun's own: other nouns and the floors above get views."""
    found = [
        f"{path} imports {name}"
        for path, tree in trees("domain", "tools", "channels", "agent", "app", "sandbox")
        for name in imported(tree)
        if (hidden := inner(name)) is not None and path.parts[:2] != ("domain", hidden[0])
    ]

    assert found == []


def passed_on(tree: ast.Module) -> Iterator[str]:
    """What a module offers although another one has it: mypy lets nobody take a name that is merely imported."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield "__all__"
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if alias.asname == alias.name)


def test_no_module_of_a_noun_passes_on_what_another_has() -> None:
    facades = [f"{path} {name}" for path, tree in trees("domain") for name in passed_on(tree)]
    assert facades == []


def test_no_text_for_people_is_written_into_the_code() -> None:
    """Texts stand in the catalogue, words of a language in data files; code speaks English."""
    found = [
        f"{path}:{node.lineno}: {node.value[:60]!r}"
        for path, tree in trees("core", "domain", "tools", "agent", "channels", "connectors", "app", "sandbox")
        for documentation in [docstrings(tree)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in documentation
        and len(node.value.split()) > 2
        and SPANISH.search(node.value)
    ]

    assert found == []


def test_every_setting_stands_in_the_example_and_nothing_else_does() -> None:
    known = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))

    assert named == known


def test_defaults_in_the_example_are_those_of_the_code() -> None:
    example = (ROOT / ".env.example").read_text()
    shown = dict(re.findall(r"^# ([A-Z][A-Z0-9_]*)=(\S+)$", example, re.MULTILINE))
    numbers = {
        str(field.validation_alias or name).upper(): field.default
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, int | float)
    }

    switches = {"true": 1.0, "false": 0.0}
    said = {name: switches[shown[name]] if shown[name] in switches else float(shown[name]) for name in numbers}
    assert said == {name: float(value) for name, value in numbers.items()}


@pytest.mark.parametrize("job", JOBS)
def test_every_job_has_a_sweep_that_rings_again(job: str) -> None:
    assert job in {sweep.job for sweep in SWEEPS}


def test_settings_are_read_in_one_place() -> None:
    # The supervisor and the command line hand the environment on to their children.
    allowed = {Path("core/settings.py"), Path("app/processes/runtime.py"), Path("app/processes/supervised.py")}
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees("core", "domain", "tools", "agent", "channels", "connectors", "app", "sandbox")
        if path not in allowed and path.parts[:2] != ("core", "embedded")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]

    assert found == []


def test_states_and_triggers_are_never_text() -> None:
    # A state is found as a word of its own also within SQL; a trigger's name is a common word, so only where one is taken.
    named = re.compile(rf"\b({'|'.join(State)})\b")
    found = []
    for path, tree in trees("tools", "agent", "channels", "app", "domain", "evals"):
        told = docstrings(tree)
        if path == Path("domain/conversations/states.py"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                if named.search(node.value):
                    found.append(f"{path}:{node.lineno} {node.value.strip()[:60]}")
            elif isinstance(node, ast.Call | ast.Compare) and "signal" in ast.unparse(node).split("(")[0]:
                values = [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else []
                values += node.comparators if isinstance(node, ast.Compare) else []
                told_as_text = [one for one in values if isinstance(one, ast.Constant) and one.value in set(Trigger)]
                found += [f"{path}:{one.lineno} {one.value!r}" for one in told_as_text]

    assert found == []


STATEMENT = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s", re.MULTILINE)
"""How SQL looks; statements are written in capitals."""


def test_the_rooms_of_processes_hold_no_sql() -> None:
    """What runs the house asks the rooms that know the tables; it builds no statement and writes none."""
    built = [
        f"{path} {name}"
        for path, tree in trees("app")
        for name in imported(tree)
        if name.startswith("sqlalchemy.") and not name.startswith("sqlalchemy.exc.") and name != "sqlalchemy.Row"
    ]
    written = [
        f"{path}:{node.lineno}"
        for path, tree in trees("app")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.search(node.value)
    ]

    assert built + written == []


def test_every_refusal_has_a_code_of_its_own() -> None:
    bare = {"DomainError", "Invalid", "Conflict"}
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees("core", "domain", "tools", "agent", "channels", "app")
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        and node.exc is not None
        and (ast.unparse(node.exc.func) if isinstance(node.exc, ast.Call) else ast.unparse(node.exc)) in bare
    ]

    assert found == []
