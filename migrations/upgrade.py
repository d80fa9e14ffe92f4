"""Bring a database to the newest revision; called by the command line, the supervisor and the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def configuration(database_url: str) -> Config:
    """Alembic's configuration for one database."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def upgrade(database_url: str) -> None:
    """Run all migrations that are missing. Call it outside an event loop."""
    command.upgrade(configuration(database_url), "head")
