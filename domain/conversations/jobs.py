"""What is due in conversations: messages to be sent, files to be fetched, notices, and sends that nobody heard of."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.clock import BUSINESS_NOW
from core.jobs import Deadline, FileHolder, Job, OpenCase, Retention, Sweep
from domain.connections import service as _connections  # noqa: F401 - a conversation that is written refers to its line
from domain.conversations import delivery, overdue, suggestions

JOBS: Final = (
    Job("message.deliver", "message-deliver", 120),
    Job("media.process", "media-process", 120),
    Job("notification.send", "notification-send", 60),
    Job("handoff.assign", "handoff-assign", 60),
    Job(suggestions.JOB, "conversation-suggest", suggestions.PATIENCE.total_seconds()),
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
        "handoff.assign",
        "workspace_id",
        text(
            """
            SELECT workspace_id, workspace_id AS id, min(assign_at) AS since FROM handoffs
            WHERE released_at IS NULL AND assign_at < clock_timestamp() - interval '1 second'
            GROUP BY workspace_id ORDER BY since LIMIT :limit
            """
        ),
    ),
    Sweep(
        suggestions.JOB,
        "conversation_id",
        text(
            """
            SELECT workspace_id, conversation_id AS id, next_try_at AS since FROM suggestions
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
    Deadline(
        "handoff_due",
        text(
            f"""
            SELECT workspace_id, id FROM handoffs
            WHERE released_at IS NULL AND due_at < {BUSINESS_NOW} ORDER BY due_at LIMIT :limit
            """  # noqa: S608 - a constant
        ),
        overdue.settle,
    ),
)

OPEN_CASES: Final = (
    OpenCase(
        "handoff",
        "open hand-offs",
        "SELECT FROM handoffs AS open WHERE open.workspace_id = old.workspace_id AND open.id = old.subject_id"
        " AND open.released_at IS NULL",
    ),
    OpenCase(
        "conversation",
        "their conversations",
        "SELECT FROM handoffs AS open WHERE open.workspace_id = old.workspace_id AND open.conversation_id = old.subject_id"
        " AND open.released_at IS NULL",
    ),
)

FILE_HOLDERS: Final = (FileHolder("attachments"),)

RETENTIONS: Final = (
    Retention(
        "delivery_attempts",
        timedelta(days=90),
        "the try ended",
        text(
            """
            DELETE FROM delivery_attempts WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM delivery_attempts WHERE finished_at < clock_timestamp() - :kept LIMIT :limit
            )
            """
        ),
    ),
    # The row stays and says that there was a file; the bytes go once no row names them (`app.queue.retention`).
    Retention(
        "files that came with messages (attachments)",
        timedelta(days=365),
        "the file came",
        text(
            """
            UPDATE attachments SET status = 'failed', error_code = 'expired', sha256 = NULL WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM attachments AS old
                WHERE old.created_at < clock_timestamp() - :kept AND old.status = 'stored' AND NOT EXISTS (
                    SELECT FROM payment_receipts AS proof
                    WHERE proof.workspace_id = old.workspace_id AND proof.attachment_id = old.id
                ) AND NOT EXISTS (
                    SELECT FROM handoffs AS open WHERE open.workspace_id = old.workspace_id
                      AND open.conversation_id = old.conversation_id AND open.released_at IS NULL
                )
                LIMIT :limit
            )
            """
        ),
        "receipts of payments, and files of a conversation that waits for a person or is with one",
    ),
)
