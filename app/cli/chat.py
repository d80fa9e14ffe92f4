"""`nexova chat`: a customer's phone in the terminal, through the sandbox's HTTP interface."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from app.cli.terminal import fail
from app.processes import runtime

PATIENCE_SECONDS = 45.0
LOOK_SECONDS = 0.2
QUIET_SECONDS = 1.5
"""An answer may have several parts: after the last one, so long a silence ends it."""

HELP = """\
Write as a customer would. Besides:
  /1 /2 …        press a button or choose a row of the last message
  /photo FILE    send a picture
  /look          look for new messages
  /help, /quit"""


@dataclass
class Phone:
    """One customer's phone: what it sent and what it has shown already."""

    http: httpx.Client
    number: str
    connection: str
    seen: int = 0
    choices: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def _path(self) -> str:
        return f"/sandbox/phones/{self.number}/messages"

    def send(self, content: dict[str, Any], files: dict[str, Any] | None = None) -> None:
        """Send a message to the shop."""
        body = {"connection": self.connection, **content}
        response = self.http.post(self._path, data=body, files=files) if files else self.http.post(self._path, json=body)
        if response.is_error:
            fail(f"the sandbox refused the message ({response.status_code}): {response.text[:300]}")

    def fresh(self) -> list[dict[str, Any]]:
        """What has come up on the phone since the last look, in order."""
        response = self.http.get(self._path, params={"connection": self.connection, "after": self.seen})
        response.raise_for_status()
        found: list[dict[str, Any]] = response.json()["messages"]
        self.seen = max([self.seen, *(message["n"] for message in found)])
        return found

    def answers(self, *, patience: float) -> Iterator[dict[str, Any]]:
        """The shop's messages as they arrive, until it has been quiet for a moment or patience is at an end."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            answers = [message for message in self.fresh() if message["direction"] == "shop"]
            if answers:
                yield from answers
                deadline = min(deadline, time.monotonic() + QUIET_SECONDS)
            time.sleep(LOOK_SECONDS)  # noqa: TID251 - the phone asks the sandbox again and again, as its page does

    def note_choices(self, message: dict[str, Any]) -> None:
        """Remember what can be pressed now."""
        buttons = [("button_reply", item["id"], item["title"]) for item in message.get("buttons") or []]
        rows = [("list_reply", item["id"], item["title"]) for item in message.get("rows") or []]
        self.choices = buttons + rows


def _show(console: Console, phone: Phone, message: dict[str, Any]) -> None:
    phone.note_choices(message)
    lines = [str(message.get("text") or "")]
    if message.get("media_url"):
        lines.append(f"({message['type']}: {message['media_url']})")
    lines += [f"  /{place} {title}" for place, (_, _, title) in enumerate(phone.choices, start=1)]
    console.print(f"[bold green]{escape(phone.connection)}[/]  " + escape("\n".join(line for line in lines if line)))


def _say(phone: Phone, line: str) -> bool:
    """Do what a line asks for; whether an answer is to be expected."""
    command, _, rest = line.partition(" ")
    if command in ("/look", ""):
        return True
    if command == "/photo":
        path = Path(rest.strip()).expanduser()
        if not path.is_file():
            print(f"There is no file {path}.")
            return False
        phone.send({"type": "image"}, {"file": (path.name, path.read_bytes())})
        return True
    if command.startswith("/") and command[1:].isdigit():
        place = int(command[1:])
        if not 1 <= place <= len(phone.choices):
            print("The last message has no such choice.")
            return False
        kind, identifier, title = phone.choices[place - 1]
        phone.send({"type": kind, "id": identifier, "title": title})
        return True
    if command.startswith("/"):
        print(HELP)
        return False
    phone.send({"type": "text", "text": line})
    return True


def _converse(console: Console, phone: Phone) -> None:
    interactive = sys.stdin.isatty()
    while True:
        try:
            line = input("you  " if interactive else "").strip()
        except EOFError:
            return
        except UnicodeDecodeError as error:
            fail(f"a line of the input is not written in {error.encoding}.")
        if line in ("/quit", "/exit"):
            return
        if not interactive:
            console.print(f"[bold]you[/]  {escape(line)}")
        if not _say(phone, line):
            continue
        answered = False
        for message in phone.answers(patience=PATIENCE_SECONDS if line not in ("", "/look") else 1):
            _show(console, phone, message)
            answered = True
        if not answered and line not in ("", "/look"):
            console.print("[dim](no answer yet; /look looks again)[/]")


def chat(
    connection: Annotated[
        str, typer.Option("--connection", "-c", help="The line to write to; `nexova connections` lists them.")
    ] = "demo-store",
    phone: Annotated[
        str, typer.Option("--phone", "-p", help="The customer's number; each number is another customer.")
    ] = "584141234567",
) -> None:
    """Talk to the agent as a customer. Lines may also come from a file: nexova chat < lines.txt."""
    settings = runtime.attach()
    if not settings.sandbox_enabled:
        fail("the sandbox is off here (INFOBIP_BASE_URL is set, or this is production); write from a real phone.")
    console = Console(highlight=False, soft_wrap=True)
    try:
        with httpx.Client(base_url=settings.base_url, timeout=10) as http:
            mine = Phone(http, phone, connection)
            for message in mine.fresh()[-6:]:
                if message["direction"] == "shop":
                    _show(console, mine, message)
            console.print("[dim]/help says what else can be done here.[/]")
            _converse(console, mine)
    except httpx.HTTPStatusError as error:
        fail(f"the sandbox answered {error.response.status_code}: {error.response.text[:300]}")
    except httpx.TransportError as error:
        fail(f"{settings.base_url} does not answer ({type(error).__name__}). Is the house running? `nexova doctor` tells.")
