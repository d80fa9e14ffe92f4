"""The command line `nexova`: each command's module is imported only when that command runs, so `--help` is fast."""

import importlib
import sys
from dataclasses import dataclass

import typer


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command lives, and its line in the list of commands."""

    module: str
    attribute: str
    help: str


COMMANDS: dict[str, Command] = {
    "up": Command("app.cli.processes", "up", "Start everything: servers, demo data, web, worker and relay."),
    "web": Command("app.cli.processes", "web", "Run the web process."),
    "worker": Command("app.cli.processes", "worker", "Run a worker."),
    "relay": Command("app.cli.processes", "relay", "Run a relay."),
    "migrate": Command("app.cli.database", "migrate", "Bring the database to the newest revision."),
    "seed": Command("app.cli.database", "seed", "Put the demo shops into the database."),
    "doctor": Command("app.cli.doctor", "doctor", "Say what is configured and reachable, and what to do."),
    "chat": Command("app.cli.chat", "chat", "Talk to the agent as a customer, here in the terminal."),
    "connections": Command("app.cli.connections", "group", "The lines on which customers write; adding one."),
    "customers": Command("app.cli.customers", "group", "Customers who share a telephone and may be one person."),
    "tools": Command("app.cli.tools", "tools", "Export the JSON Schema of every tool."),
    "handoff": Command("app.cli.handoff", "group", "Conversations that wait for a person or are with one."),
    "outbox": Command("app.cli.outbox", "group", "Jobs that were announced and have not gone out."),
    "deadletters": Command("app.cli.deadletters", "group", "Jobs that failed for an unforeseen reason."),
    "eval": Command("app.cli.evals", "group", "Play the eval suite, compare runs, freeze and replay conversations."),
    "replay": Command("app.cli.replay", "replay", "Read one stored inbound event again."),
}


def _not_loaded() -> None:
    raise RuntimeError("this command stands in the list only")


def build(wanted: str | None) -> typer.Typer:
    """The command line with one command loaded and the others only named."""
    app = typer.Typer(
        name="nexova",
        help="Nexova: customers order in a chat, an agent serves them, people take over when needed.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)
    for name, command in COMMANDS.items():
        if name != wanted:
            app.command(name, help=command.help)(_not_loaded)
            continue
        target = getattr(importlib.import_module(command.module), command.attribute)
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=name, help=command.help)
        else:
            app.command(name)(target)
    return app


def main() -> None:
    """Run the command line."""
    build(next((word for word in sys.argv[1:] if not word.startswith("-")), None))()
