"""The audit of the pins, against a vulnerability service of its own (OSV's protocol over HTTP)."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FLAW = {
    "id": "PYSEC-2026-1",
    "summary": "A flaw",
    "affected": [
        {
            "package": {"name": "redis", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


@contextmanager
def service(flawed: str | None, status: int = 200) -> Iterator[str]:
    """The address of a service that knows one flaw, of the package `flawed`."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"vulns": [FLAW]} if asked["package"]["name"] == flawed else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


def audit(address: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The audit with an answer from `address` and a cache of its own."""
    return subprocess.run(
        [sys.executable, ".ci/audit.py", "-s", "osv", "--osv-url", address, "--cache-dir", str(home)],
        cwd=ROOT, env={**os.environ, "AUDIT": "", **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_pin_is_audited(tmp_path: Path) -> None:
    with service(None) as address:
        done = audit(address, tmp_path, AUDIT="strict")
    audited = re.search(r"^(\d+) of (\d+) pins were audited; 0 open", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert audited is not None
    assert audited[1] == audited[2]
    assert int(audited[1]) > 100


def test_a_flaw_among_the_pins_is_a_failure(tmp_path: Path) -> None:
    with service("redis") as address:
        done = audit(address, tmp_path)
    assert done.returncode == 1
    assert re.search(r"^redis \S+: PYSEC-2026-1 \(not explained\), fixed in 99\.0$", done.stdout, re.MULTILINE), (
        done.stdout + done.stderr
    )


@pytest.mark.parametrize(("asked", "status"), [("", 0), ("strict", 1)])
def test_no_answer_is_said_and_fails_only_where_one_is_asked_for(tmp_path: Path, asked: str, status: int) -> None:
    with service(None, status=503) as address:
        done = audit(address, tmp_path, AUDIT=asked)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Not every pin was audited." in done.stdout
