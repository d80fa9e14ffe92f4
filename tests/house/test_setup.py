"""The set-up: it lays what is pinned and resolves nothing, whatever has been released since, and it heals itself."""

import email.message
import ensurepip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.processes import ROOT

LOCKS = ("requirements.txt", "requirements-runtime.txt")
TOOLS = ("requirements-bootstrap.txt", "requirements-build.txt")
"""What installs, and what builds the packages that come as sources."""
PYTHON = getattr(sys, "_base_executable", sys.executable)
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".nexova*", ".hypothesis", "__pycache__", "*.egg-info", "build"
)
NEWER = "9999.0"


def pins(lock: str) -> list[Requirement]:
    """The requirements of a lock file, which has one on each line that neither is indented nor a comment."""
    lines = (ROOT / lock).read_text().splitlines()
    return [Requirement(line.removesuffix("\\").strip()) for line in lines if line[:1].isalnum()]


def pinned_version(pin: Requirement) -> str:
    (only,) = pin.specifier
    assert only.operator == "==", pin
    return only.version


def applies(pin: Requirement) -> bool:
    return pin.marker is None or pin.marker.evaluate()


def what_it_requires(name: str) -> list[str]:
    """What an installed package requires, as in its metadata; nothing for one of another system."""
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        return []


def requirements_of(asking: Requirement) -> list[Requirement]:
    """What a package with these extras requires on this machine."""
    extras = ("", *asking.extras)
    required = [Requirement(line) for line in what_it_requires(asking.name)]
    return [one for one in required if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras)]


def extras_of(name: str) -> list[str]:
    try:
        return distribution(name).metadata.get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return []


def put_release(folder: Path, name: str, version: str) -> Path:
    """Lay a wheel into the folder that requires and offers what the real package does, and holds nothing."""
    stem = f"{canonicalize_name(name).replace('-', '_')}-{version}"
    metadata = email.message.Message()
    metadata["Metadata-Version"], metadata["Name"], metadata["Version"] = "2.1", name, version
    for extra in extras_of(name):
        metadata["Provides-Extra"] = extra
    for requirement in what_it_requires(name):
        metadata["Requires-Dist"] = requirement
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", metadata.as_string())
        wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    return path


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything that is pinned, and uv, has a newer release."""
    folder: Path = tmp_path_factory.mktemp("newer")
    for pin in {pin.name: pin for lock in (*LOCKS, *TOOLS) for pin in pins(lock)}.values():
        put_release(folder, pin.name, NEWER)
    return folder


@pytest.mark.parametrize(("lock", "extras"), [("requirements.txt", ("dev",)), ("requirements-runtime.txt", ())])
def test_a_lock_holds_all_that_its_pins_require_with_the_extras_they_require(lock: str, extras: tuple[str, ...]) -> None:
    found = {canonicalize_name(pin.name): pin for pin in pins(lock)}
    # What pyproject.toml says of a package, with its reason, counts instead of what a package asks for.
    project_file = tomllib.loads((ROOT / "pyproject.toml").read_text())
    overriding = {one.name: one for one in map(Requirement, project_file["tool"]["uv"]["override-dependencies"])}
    project = Requirement(f"nexova[{','.join(extras)}]")
    for asking in (project, *(pin for pin in found.values() if applies(pin))):
        for wanted in requirements_of(asking):
            required = overriding.get(wanted.name, wanted)
            pin = found[canonicalize_name(required.name)]
            assert required.specifier.contains(pinned_version(pin), prereleases=True), (str(asking), str(required))
            assert required.extras <= pin.extras, (str(asking), str(required))


@pytest.mark.slow
@pytest.mark.parametrize("lock", LOCKS)
def test_the_pip_that_python_brings_takes_the_pins_when_everything_has_a_newer_release(
    lock: str, newer: Path, tmp_path: Path
) -> None:
    # Given an index that has each pinned release and a newer one of each
    releases, ours = tmp_path / "releases", tmp_path / lock
    shutil.copytree(newer, releases)
    lines = []
    for pin in pins(lock):
        digest = hashlib.sha256(put_release(releases, pin.name, pinned_version(pin)).read_bytes()).hexdigest()
        lines.append(f"{pin} --hash=sha256:{digest}")
    ours.write_text("\n".join(lines))
    subprocess.run([PYTHON, "-m", "venv", tmp_path / "venv"], check=True)

    # When the pip of this Python is to install the pins as .ci/install asks it to where there is no uv
    done = subprocess.run(
        [
            *(tmp_path / "venv/bin/python", "-m", "pip", "install", "--no-index", "--find-links", releases, "--dry-run"),
            *("--require-hashes", "--no-deps", "--ignore-installed", "--report", tmp_path / "report.json", "-r", ours),
        ],
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    # Then it takes them and nothing else
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["pip_version"] == ensurepip.version()
    taken = {canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"] for item in report["install"]}
    assert taken == {canonicalize_name(pin.name): pinned_version(pin) for pin in pins(lock) if applies(pin)}


class Clean:
    """A copy of the sources in a folder of its own, in which nothing is installed."""

    def __init__(self, folder: Path, find_links: Path) -> None:
        self.folder = folder
        self.venv = folder / ".venv"
        self.stamp = self.venv / ".installed"
        shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
        left_out = ("VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
        self._environment = {name: value for name, value in os.environ.items() if name not in left_out}
        self._environment |= {"PIP_FIND_LINKS": str(find_links)}

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["make", *words, f"PYTHON={PYTHON}"],
            cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def installed(self) -> dict[str, list[str]]:
        """The version of each package and who laid it, by name."""
        script = """
import importlib.metadata as m, json
print(json.dumps({d.name: [d.version, (d.read_text("INSTALLER") or "").strip()] for d in m.distributions()}))
"""
        done = subprocess.run([self.venv / "bin/python", "-I", "-c", script], check=True, capture_output=True, text=True)
        return {canonicalize_name(name): of for name, of in json.loads(done.stdout).items()}


def versions_of(lock: str) -> dict[str, str]:
    return {str(canonicalize_name(pin.name)): pinned_version(pin) for pin in pins(lock) if applies(pin)}


@pytest.mark.slow
@pytest.mark.timeout(600)  # Python 3.13 builds Redis
def test_a_clean_folder_is_set_up_from_the_pins_alone(newer: Path, tmp_path: Path) -> None:
    clean = Clean(tmp_path / "a clean folder", newer)

    # When it is set up, with newer releases of everything at hand
    clean.make("install")

    # Then uv, which the pip that Python brought has installed, has laid each pin and nothing else
    found = clean.installed()
    assert found.pop("uv") == [versions_of("requirements-bootstrap.txt")["uv"], "pip"]
    assert found.pop("nexova")[1] == "uv"
    assert {name: of[0] for name, of in found.items()} == versions_of("requirements.txt")
    assert {of[1] for of in found.values()} == {"uv"}

    # And a second make has nothing to do
    before = clean.stamp.stat()
    again = clean.make("install")
    assert "Installing" not in again.stdout
    assert clean.stamp.stat() == before

    # And one that was broken off is made anew, whatever was left half
    clean.stamp.unlink()
    shutil.rmtree(next(clean.venv.glob("lib/python*/site-packages/pip")))
    next(clean.venv.glob("lib/python*/site-packages/sqlalchemy/__init__.py")).unlink()
    clean.make("install")
    subprocess.run([clean.venv / "bin/python", "-c", "import sqlalchemy"], check=True)
    subprocess.run([clean.venv / "bin/nexova", "--help"], check=True, capture_output=True)
    assert clean.stamp.exists()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_pip_lays_the_pins_where_there_is_no_uv(newer: Path, tmp_path: Path) -> None:
    # Given a machine for which uv has no wheel, and, to be quick, a lock with little in it
    clean = Clean(tmp_path / "clean", newer)
    (clean.folder / "requirements-bootstrap.txt").write_text(f"uv==0.0.1 --hash=sha256:{'0' * 64}\n")
    lock = (ROOT / "requirements.txt").read_text()
    start = lock.index("\nsetuptools==") + 1
    (clean.folder / "requirements.txt").write_text(lock[start : lock.index("\n    # via", start) + 1])

    done = clean.make("install")

    assert "trying with pip" in done.stderr
    found = clean.installed()
    assert found["setuptools"] == [versions_of("requirements.txt")["setuptools"], "pip"]
    assert found["nexova"][1] == "pip"
    assert "uv" not in found


@pytest.mark.slow
def test_the_image_has_what_its_commands_need(tmp_path: Path) -> None:
    # Given what the image copies, installed as it installs it: away from the sources
    source, installed = tmp_path / "source", tmp_path / "installed"
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        words = line.split()
        if words[:1] == ["COPY"] and "--from" not in line:
            for name in words[1:-1]:
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, source / words[-1], ignore=NOT_COPIED)
                else:
                    source.mkdir(exist_ok=True)
                    shutil.copy(ROOT / name, source)
    wheels = tmp_path / "wheels"
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", wheels, source], check=True
    )
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(installed)

    # Then every file of its packages is in it
    assert (source / "evals").is_dir()
    for package in (item for item in source.iterdir() if item.is_dir() and (item / "__init__.py").exists()):
        missing = [item for item in package.rglob("*.*") if not (installed / item.relative_to(source)).exists()]
        assert not missing

    # And every command that it offers can be loaded, with all that the suite brings
    script = """
import importlib, pkgutil, evals
from app.cli.commands import COMMANDS, build
for name in COMMANDS:
    build(name)
for module in pkgutil.walk_packages(evals.__path__, "evals."):
    importlib.import_module(module.name)
print(evals.__file__)
from evals.tasks import load_tasks
assert load_tasks(None, None)
"""
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.startswith(str(installed))


def environment_of_uv(folder: Path, configuration: str, **environment: str) -> dict[str, str]:
    """What .ci/uv.py hands to uv where pip has this file and these variables."""
    (folder / "pip.conf").write_text(configuration)
    script = "import json, runpy; print(json.dumps(runpy.run_path('.ci/uv.py')['environment']()))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PIP_CONFIG_FILE": str(folder / "pip.conf"), **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_uv_takes_the_way_to_the_packages_that_pip_has(tmp_path: Path) -> None:
    configuration = """
[global]
index-url = https://name:secret@one.example/simple
extra-index-url = https://two.example/simple
    https://three.example/simple
find-links = /srv/wheels /srv/more
timeout = 7
[install]
trusted-host = one.example
"""
    handed_on = environment_of_uv(tmp_path, configuration, PIP_CERT="/srv/ours.pem", PIP_DEFAULT_TIMEOUT="9")

    assert handed_on["UV_DEFAULT_INDEX"] == "https://name:secret@one.example/simple"
    assert handed_on["UV_INDEX"] == "https://two.example/simple https://three.example/simple"
    assert handed_on["UV_FIND_LINKS"] == "/srv/wheels,/srv/more"
    assert handed_on["UV_INSECURE_HOST"] == "one.example"
    assert handed_on["SSL_CERT_FILE"] == "/srv/ours.pem"
    assert handed_on["UV_HTTP_TIMEOUT"] == "9"


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_is_set_for_uv_itself_wins(name: str, tmp_path: Path) -> None:
    configuration = "[global]\nindex-url = https://one.example/simple\n"

    handed_on = environment_of_uv(tmp_path, configuration, **{name: "https://four.example/simple"})

    assert {variable: value for variable, value in handed_on.items() if "example" in value} == {
        name: "https://four.example/simple"
    }


@pytest.mark.parametrize("lock", [*LOCKS, *TOOLS])
def test_a_lock_names_no_address_and_gives_a_hash_to_every_pin(lock: str) -> None:
    written = (ROOT / lock).read_text()

    assert "://" not in written
    blocks = [block for block in written.split("\n") if block[:1].isalnum()]
    assert all(block.endswith("\\") for block in blocks), "each goes on with its hashes"
