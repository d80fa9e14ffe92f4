"""Ways to send a mail: a server of the shop's, or a folder of this installation in development."""

from connectors.mail.mailbox import Mailbox
from connectors.mail.smtp import Smtp
from core.settings import Settings
from domain.accounts.mails import Post


def open_post(settings: Settings) -> Post | None:
    """How this installation sends mail; None where it cannot."""
    if settings.smtp_url is not None:
        return Smtp(settings.smtp_url.get_secret_value(), settings.mail_from)
    return Mailbox(settings.data_dir) if settings.mailbox_enabled else None
