"""`mail.send`: carries one mail about an account to the server, or to the mailbox of a development."""

from uuid import UUID

from connectors.mail import open_post
from core import observability
from core.settings import get_settings
from domain.accounts import mails
from domain.accounts.mails import MailRefused, MailUnavailable, MailUnconfirmed

log = observability.log(__name__)


async def send(mail_id: str) -> None:
    """Send one mail, unless that was done or is being done."""
    letter = await mails.take(UUID(mail_id))
    if letter is None:
        return
    post = open_post(get_settings())
    try:
        if post is None:
            raise MailUnavailable("SMTP_URL is not set")
        await post.send(letter)
    except (MailUnavailable, MailRefused, MailUnconfirmed) as error:
        log.warning("mail.unsent", mail=mail_id, reason=str(error))
        await mails.record_failure(letter.id, error)
        return
    await mails.record_sent(letter.id)
