"""What `app.queue.broker` touches of Dramatiq's inside is what it was when it was read, and nobody else touches any."""

import ast
import hashlib
import inspect
from pathlib import Path

import dramatiq
from dramatiq.brokers import redis

from app.queue.broker import PRIVATE
from tests.house.test_rules import ROOMS, trees

READ = {
    "_RedisConsumer": "6385e191ba400ad4",
    "Worker._add_consumer": "79ec1f676e9b774f",
    "Worker._add_worker": "cafe781cfd6afeb7",
    "dispatch.lua": "ba4d872e4fb204eb",
}
"""Digests of the parts as they stood when our code was written against them.

When one differs, read what changed, see that the consumer, the worker, the push and the dead letters still do what they
say, run `tests/queues`, and only then put the new digest here.
"""


def digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def test_the_parts_are_what_they_were_when_they_were_read() -> None:
    now = {part.__qualname__: digest(inspect.getsource(part)) for part in PRIVATE}
    scripts = Path(redis.__file__).parent / "redis" / "dispatch.lua"
    now["dispatch.lua"] = digest(scripts.read_text())

    assert now == READ, f"Dramatiq {dramatiq.__version__} is another inside"


def test_only_the_broker_touches_the_inside() -> None:
    touching = set()
    for path, tree in trees(*ROOMS):
        theirs = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dramatiq")
            for alias in node.names
        } | {"dramatiq"}
        for node in ast.walk(tree):
            is_private_name = isinstance(node, ast.ImportFrom) and any(
                alias.name.startswith("_") for alias in node.names if (node.module or "").startswith("dramatiq")
            )
            is_heir = isinstance(node, ast.ClassDef) and any(
                ast.unparse(base).split(".")[0] in theirs and not ast.unparse(base).endswith("Middleware")
                for base in node.bases
            )
            if is_private_name or is_heir:
                touching.add(str(path))

    assert touching == {"app/queue/broker.py"}
