"""The list of commands, and how each begins and ends.

A command's module is imported only when that command runs, so `--help` is fast. Whatever keeps it from running and is no
fault of the program (CannotRun, or a file that cannot be used) becomes a sentence and exit code 1 here, for all of them.
"""

import codecs
import errno
import importlib
import io
import signal
import sys
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

import typer

from core.errors import CannotRun

_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
"""Errors that say nothing of a file when they come from writing to one that is open."""


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
    "workspace": Command("app.cli.workspace", "group", "The shops of this installation; founding one."),
    "connections": Command("app.cli.connections", "group", "The lines on which customers write; adding one."),
    "customers": Command("app.cli.customers", "group", "Customers who share a telephone and may be one person."),
    "payments": Command("app.cli.payments", "group", "Payments that wait for staff, or for their order."),
    "import": Command("app.cli.imports", "import_file", "Import products, counts, sales or purchases from a spreadsheet."),
    "export": Command("app.cli.exports", "export", "Write a list of the shop to a CSV or XLSX file."),
    "imports": Command("app.cli.imports", "group", "What was imported, what failed, and taking an import back."),
    "tools": Command("app.cli.tools", "tools", "Export the JSON Schema of every tool."),
    "jobs": Command("app.cli.jobs", "jobs", "What the workers run, and what rings again for it."),
    "permissions": Command("app.cli.permissions", "permissions", "What can be allowed, and which roles may do it."),
    "retention": Command("app.cli.retention", "retention", "For how long what is kept."),
    "events": Command("app.cli.events", "group", "What happened in a workspace, as it is committed."),
    "handoff": Command("app.cli.handoff", "group", "Conversations that wait for a person or are with one."),
    "outbox": Command("app.cli.outbox", "group", "Jobs that were announced and have not gone out."),
    "deadletters": Command("app.cli.deadletters", "group", "Jobs that failed for an unforeseen reason."),
    "eval": Command("app.cli.evals", "group", "Play the eval suite, compare runs, freeze and replay conversations."),
    "forecast": Command("app.cli.forecast", "group", "How good demand forecasts would have been on a history."),
    "replenish": Command("app.cli.replenish", "group", "How a history's shelves would have been filled."),
    "erp": Command("app.cli.erp", "group", "Try a shop's ERP out, and read it now."),
    "machines": Command("app.cli.machines", "group", "How good warnings of machine failures would have been."),
    "edge": Command("app.cli.edge", "edge", "A box beside machines that keeps readings until the house has them."),
    "mqtt": Command("app.cli.mqtt", "mqtt", "Take readings that devices publish over MQTT."),
    "simulate": Command("app.cli.simulate", "simulate", "A truck, a mill and a boiler that send readings."),
    "emissions": Command("app.cli.emissions", "group", "CO2e of a file of activities, with factors and sources."),
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


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that the output's encoding lacks: their ASCII letters and dots, or a question mark."""
    assert isinstance(error, UnicodeEncodeError), "it is registered for output only"
    lacking = error.object[error.start : error.end]
    plain = (unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?" for character in lacking)
    return "".join(plain), error.end


def _settle_encodings() -> None:
    """Write what the terminal's encoding has, and take no input that is in another."""
    codecs.register_error("plain", _in_plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="strict")


def _end(reason: str) -> NoReturn:
    print(f"nexova: {reason}", file=sys.stderr)
    sys.exit(1)


def main() -> None:
    """Run the command line."""
    _settle_encodings()
    try:
        app = build(next((word for word in sys.argv[1:] if not word.startswith("-")), None))
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        app()
    except CannotRun as error:
        _end(str(error))
    except OSError as error:
        if error.filename is not None:
            _end(f"{error.filename} cannot be used: {error.strerror}.")
        if error.errno in _OF_THE_DISK:
            _end(f"the disk does not take more: {error.strerror}.")
        raise
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
