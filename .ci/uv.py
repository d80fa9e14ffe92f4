"""Runs the virtual environment's uv with the way to the packages that pip has here: `python .ci/uv.py ARGUMENTS`.

uv reads none of pip's settings, so a machine that reaches its packages through them (an index of the company's own, a
proxy, a certificate) would install with pip and fail with uv. They are handed on in the environment and written nowhere,
since such an address may carry a password. What is set for uv itself wins.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

# pip's setting, uv's variable, and what stands between several values there (pip parts them by white space).
SETTINGS = (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("no-index", "UV_NO_INDEX", " "),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("cert", "SSL_CERT_FILE", " "),
    ("client-cert", "SSL_CLIENT_CERT", " "),
    ("proxy", "ALL_PROXY", " "),
    ("timeout", "UV_HTTP_TIMEOUT", " "),
)

# The same setting may have its older name in uv's environment.
OLDER_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}


def pip_settings() -> dict[str, str]:
    """The settings that pip goes by, by name; the section for `install` wins over `global`, the environment over both."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in found and value:
            found[section][name] = str(ast.literal_eval(value))
    # pip takes PIP_DEFAULT_TIMEOUT, the older name, as well as PIP_TIMEOUT.
    merged = found["global"] | found["install"] | found[":env:"]
    return {name.removeprefix("default-"): value for name, value in merged.items()}


def environment() -> dict[str, str]:
    """The environment for uv."""
    settings = pip_settings()
    # Every file is checked against its hash, so any index that has it may give it, as with pip.
    handed_on = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, variable, separator in SETTINGS:
        value = settings.get(name, "").split()
        older = OLDER_NAMES.get(variable)
        if value and not (older and os.environ.get(older)):
            handed_on[variable] = separator.join(value)
    set_here = {name: value for name, value in os.environ.items() if value or not name.startswith("UV_")}
    return handed_on | set_here


if __name__ == "__main__":
    uv = Path(sys.prefix) / "bin" / "uv"
    os.execve(uv, [str(uv), *sys.argv[1:]], environment())  # noqa: S606 - the arguments are those of .ci/install and the Makefile
