"""Mail by SMTP: one connection per mail, and every outcome told apart by whether the mail can have gone out."""

from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPConnectError, SMTPConnectTimeoutError, SMTPException, SMTPResponseException

from core.errors import CannotRun
from domain.accounts.mails import Letter, MailRefused, MailUnavailable, MailUnconfirmed

TIMEOUT_SECONDS = 20


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """A letter as it goes over the wire; its id is the mail's own, so that a mail that comes twice is known as one."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = letter.address
    message["Subject"] = " ".join(letter.subject.split())  # a name in it may have lines, a header has one
    message["Message-ID"] = f"<{letter.id}@nexova>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


class Smtp:
    """A mail server, such as `smtps://user:password@mail.example.com:465`."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise CannotRun("SMTP_URL must be like smtp://host:25 or smtps://user:password@host:465.")
        self._host = parts.hostname
        self._port = parts.port
        self._tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def send(self, letter: Letter) -> None:
        """Hand a letter to the server; raises MailRefused, MailUnavailable or MailUnconfirmed."""
        try:
            await aiosmtplib.send(
                message_of(letter, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                timeout=TIMEOUT_SECONDS,
            )
        except SMTPResponseException as error:
            if 400 <= error.code < 500:
                raise MailUnavailable(f"smtp {error.code}") from error
            raise MailRefused(f"smtp {error.code}") from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            if all(400 <= code < 500 for code in codes):
                raise MailUnavailable(f"smtp {codes[0]}") from error
            raise MailRefused(f"smtp {codes[0]}") from error
        except (SMTPConnectError, SMTPConnectTimeoutError) as error:
            raise MailUnavailable(type(error).__name__) from error
        except (SMTPException, OSError) as error:
            raise MailUnconfirmed(type(error).__name__) from error
