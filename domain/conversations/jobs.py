"""What is due in conversations: messages to be sent, files to be fetched, notices, and sends that nobody heard of."""

from typing import Final

from sqlalchemy import text

from core.jobs import Deadline, Job, Sweep
from domain.connections import service as _connections  # noqa: F401 - a conversation that is written refers to its line
from domain.conversations import delivery

JOBS: Final = (
    Job("message.deliver", "message-deliver", 120),
    Job("media.process", "media-process", 120),
    Job("notification.send", "notification-send", 60),
)

SWEEPS: Final = (
    Sweep(
        "message.deliver",
        "conversation_id",
        text(
            """
            SELECT workspace_id, conversation_id AS id, min(next_try_at) AS since FROM messages
            WHERE direction = 'out' AND status IN ('queued', 'retry')
              AND next_try_at < clock_timestamp() - interval '1 second'
            GROUP BY workspace_id, conversation_id ORDER BY since LIMIT :limit
            """
        ),
    ),
    Sweep(
        "media.process",
        "attachment_id",
        text(
            """
            SELECT workspace_id, id, next_try_at AS since FROM attachments
            WHERE status = 'pending' AND next_try_at < clock_timestamp() - interval '2 seconds'
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
    Sweep(
        "notification.send",
        "notification_id",
        text(
            """
            SELECT workspace_id, id, next_try_at AS since FROM notifications
            WHERE sent_at IS NULL AND parked_reason IS NULL AND next_try_at < clock_timestamp() - interval '2 seconds'
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
)

DEADLINES: Final = (
    Deadline(
        "deliverer_lost",
        text(
            """
            SELECT workspace_id, id FROM messages
            WHERE direction = 'out' AND status = 'sending' AND lease_until < clock_timestamp() LIMIT :limit
            """
        ),
        delivery.settle,
    ),
    Deadline(
        "delivery_unconfirmed",
        text(
            """
            SELECT workspace_id, id FROM messages
            WHERE direction = 'out' AND status = 'unknown' AND deadline_at < clock_timestamp() LIMIT :limit
            """
        ),
        delivery.settle,
    ),
)
