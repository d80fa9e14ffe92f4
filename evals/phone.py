"""The customer's phone: the sandbox's HTTP interface, as a script outside the house uses it."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field


class Choice(BaseModel):
    """A button or a row of a list."""

    model_config = ConfigDict(extra="ignore")

    id: str
    title: str = ""
    description: str | None = None


class Bubble(BaseModel):
    """One message as the phone shows it."""

    model_config = ConfigDict(extra="ignore")

    n: int
    direction: str
    type: str = "text"
    text: str | None = None
    buttons: list[Choice] = Field(default_factory=list)
    rows: list[Choice] = Field(default_factory=list)
    media_url: str | None = None
    status: str | None = None
    at: str | None = None

    @property
    def choices(self) -> list[Choice]:
        """Everything that can be pressed."""
        return [*self.buttons, *self.rows]


@dataclass
class Phone:
    """One customer's phone in one conversation with a shop."""

    client: httpx.AsyncClient
    number: str
    connection: str
    seen: int = 0
    sent: int = 0
    thread: list[Bubble] = field(default_factory=list)

    async def send(self, kind: str, **content: Any) -> None:
        """Send one message to the shop."""
        body = {"connection": self.connection, "type": kind, **content}
        response = await self.client.post(f"/sandbox/phones/{self.number}/messages", json=body)
        response.raise_for_status()
        self.sent += 1

    async def send_file(self, kind: str, caption: str, content: bytes) -> None:
        """Send a photo or another file with a caption."""
        await self.send(kind, file=base64.b64encode(content).decode(), **({"caption": caption} if caption else {}))

    async def read(self) -> list[Bubble]:
        """What came since the last look; the whole thread is kept in `thread`."""
        response = await self.client.get(
            f"/sandbox/phones/{self.number}/messages", params={"connection": self.connection, "after": self.seen}
        )
        response.raise_for_status()
        fresh = [Bubble.model_validate(item) for item in response.json()["messages"]]
        self.thread.extend(fresh)
        self.seen = max([self.seen, *(bubble.n for bubble in fresh)])
        return [bubble for bubble in fresh if bubble.direction == "shop"]

    async def pause(self, seconds: float) -> None:
        """Let a moment pass between two messages, as a person's thumbs do."""
        await asyncio.sleep(seconds)


async def move_clock(client: httpx.AsyncClient, minutes: int) -> None:
    """Move business time of the whole installation forward."""
    response = await client.post("/sandbox/clock", json={"minutes": minutes})
    response.raise_for_status()
