"""Imports every module with tables, so that the metadata is whole for Alembic and for the tests that enumerate it."""

import importlib
import pkgutil

import domain
from core.tables import Base

_TABLE_MODULES = (
    "core.audit",
    "core.clock",
    "core.idempotency",
    "core.inbound",
    "core.outbox",
    "agent.models",
    "agent.breaker",
    "agent.spend",
    "app.sandbox.models",
)


def load() -> None:
    """Import all table modules: those named above, and `models` of every noun of the domain."""
    nouns = [f"domain.{module.name}.models" for module in pkgutil.iter_modules(domain.__path__) if module.ispkg]
    for name in (*_TABLE_MODULES, *nouns):
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


load()
metadata = Base.metadata
