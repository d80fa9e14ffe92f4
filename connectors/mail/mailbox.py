"""Mail that stays here: in development each mail is a file of the data folder, which the mailbox page shows."""

import asyncio
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path

from connectors.mail.smtp import message_of
from domain.accounts.mails import Letter

FOLDER = "mailbox"
KEPT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as the page shows it."""

    address: str
    subject: str
    text: str


class Mailbox:
    """A folder of mails, the newest of which are kept."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    async def send(self, letter: Letter) -> None:
        """Keep a letter; the same one again takes its own place."""
        await asyncio.to_thread(self._keep, letter)

    def _keep(self, letter: Letter) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        half = self._folder / f"{letter.id}.part"
        half.write_bytes(bytes(message_of(letter, "Nexova <nexova@localhost>")))
        half.rename(self._folder / f"{letter.id}.eml")
        # Ids grow with time, so names do.
        for old in sorted(self._folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)

    async def letters(self) -> list[Shown]:
        """The mails, the newest first."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> list[Shown]:
        found = []
        for file in sorted(self._folder.glob("*.eml"), reverse=True):
            message = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
            body = message.get_body(("plain",))
            found.append(Shown(str(message["To"]), str(message["Subject"]), body.get_content() if body else ""))
        return found
