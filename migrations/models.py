"""Imports every module with tables, so that the metadata is whole for Alembic and for the tests that enumerate it."""

import importlib
import pkgutil

import domain
from core.tables import Base

_TABLE_MODULES = (
    "core.clock",
    "core.events",
    "core.event_replay",
    "core.idempotency",
    "core.inbound",
    "core.outbox",
    "agent.models",
    "agent.breaker",
    "agent.spend",
    "sandbox.infobip.models",
)


def load() -> None:
    """Import all table modules: those named above, and `models` of every noun of the domain."""
    nouns = [f"domain.{module.name}.models" for module in pkgutil.iter_modules(domain.__path__) if module.ispkg]
    for name in (*_TABLE_MODULES, *nouns):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith(name.split(".")[0]):
                raise


load()
metadata = Base.metadata
