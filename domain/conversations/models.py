"""Tables of conversations, messages, attachments, hand-offs, notes and notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.tables import OfWorkspace, WorkspaceRow, belongs_to, of_workspace, one_of
from domain.conversations.columns import ContentColumn
from domain.conversations.content import Content
from domain.conversations.kinds import (
    AttachmentStatus,
    AttemptOutcome,
    Author,
    Direction,
    HandoffOutcome,
    HandoffReason,
    MessageStatus,
    NoSuggestion,
    NoticeDetails,
    SuggestionStatus,
    Voice,
)


class Conversation(WorkspaceRow):
    """The thread between one address of a customer and one address of the shop on the same medium; it lasts.

    Or the thread that a member of the staff has with the agent: it has no line, as its pages come for what is said in it.

    `connection_id` is the connection on which the customer wrote last, by which answers go: several may carry the
    shop's address. `voice_epoch` grows with every change of voice and fences sends and effects.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        of_workspace(),
        belongs_to("connections", "connection_id"),
        belongs_to("customers", "customer_id"),
        belongs_to("contact_addresses", "contact_address_id"),
        UniqueConstraint("workspace_id", "contact_address_id", "shop_address"),
        Index(
            "uq_conversations_member",
            "workspace_id",
            "member_id",
            unique=True,
            postgresql_where=text("member_id IS NOT NULL"),
        ),
        CheckConstraint(
            "num_nulls(customer_id, connection_id, contact_address_id, shop_address)"
            " = CASE WHEN member_id IS NULL THEN 0 ELSE 4 END",
            name="with_one",
        ),
        CheckConstraint("(voice = 'operator') = (operator_id IS NOT NULL)", name="operator_has_name"),
        Index("ix_conversations_active", "workspace_id", text("coalesce(last_inbound_at, created_at)"), "id"),
    )

    connection_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    contact_address_id: Mapped[UUID | None]
    shop_address: Mapped[str | None] = mapped_column(String(50))
    member_id: Mapped[UUID | None]
    voice: Mapped[Voice] = mapped_column(one_of(Voice, 20), default=Voice.AGENT)
    voice_epoch: Mapped[int] = mapped_column(default=0)
    operator_id: Mapped[UUID | None]
    last_inbound_at: Mapped[datetime | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list, server_default="{}")
    next_position: Mapped[int] = mapped_column(BigInteger, default=1)


class Message(WorkspaceRow):
    """One message of a conversation, in or out.

    Incoming ones are open until `handled_at` is set, with who or what handled them (`turn`, `operator`, or a reason
    for no answer). An edit or a deletion of what was answered opens it again, and `handled_ref` still tells the turn that
    answered; `revisions` keep the contents as they were ({`content`, `until`}). Outgoing ones are sent in the
    order of `position`. `change_number` grows with every change that a reader of the thread sees; as whoever changes a
    message holds the lock of its conversation, the numbers of one conversation come in the order of commits.
    """

    __tablename__ = "messages"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        UniqueConstraint("workspace_id", "connection_id", "direction", "provider_message_id"),
        UniqueConstraint("workspace_id", "conversation_id", "direction", "position"),
        Index("ix_messages_thread", "workspace_id", "conversation_id", "created_at"),
        Index("ix_messages_position", "workspace_id", "conversation_id", "position"),
        Index(
            "ix_messages_open",
            "workspace_id",
            "conversation_id",
            postgresql_where=text("direction = 'in' AND handled_at IS NULL"),
        ),
        Index(
            "ix_messages_outgoing",
            "workspace_id",
            "conversation_id",
            "position",
            postgresql_where=text("status IN ('queued', 'sending', 'retry', 'unknown')"),
        ),
        Index("ix_messages_turn", "workspace_id", "turn_id"),
        Index("ix_messages_age", "created_at", postgresql_using="brin"),
    )

    conversation_id: Mapped[UUID]
    connection_id: Mapped[UUID | None]
    direction: Mapped[Direction] = mapped_column(one_of(Direction, 3))
    author: Mapped[Author] = mapped_column(one_of(Author, 20))
    author_id: Mapped[UUID | None]
    content: Mapped[Content] = mapped_column(ContentColumn)
    position: Mapped[int] = mapped_column(BigInteger)
    change_number: Mapped[int | None] = mapped_column(BigInteger, server_default=text("nextval('message_changes')"))
    provider_message_id: Mapped[str | None] = mapped_column(String(300))
    reply_to: Mapped[str | None] = mapped_column(String(300))
    correlation_id: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[MessageStatus] = mapped_column(one_of(MessageStatus, 20))

    # Incoming
    inbound_event_id: Mapped[UUID | None]
    batch_position: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None] = mapped_column(String(40))
    handled_ref: Mapped[UUID | None]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    revisions: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")

    # Outgoing
    turn_id: Mapped[UUID | None]
    voice: Mapped[Voice | None] = mapped_column(one_of(Voice, 20))
    voice_epoch: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(100))
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]


class DeliveryAttempt(WorkspaceRow):
    """One try to send a message, recorded before the call and completed after it."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (
        of_workspace(),
        belongs_to("messages", "message_id"),
        UniqueConstraint("workspace_id", "message_id", "number"),
    )

    message_id: Mapped[UUID]
    number: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[AttemptOutcome | None] = mapped_column(one_of(AttemptOutcome, 20))
    http_status: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(100))
    detail: Mapped[str | None] = mapped_column(String(1000))


class Attachment(WorkspaceRow):
    """A file that came with a message; `sha256` is also the key of its bytes in the blob store."""

    __tablename__ = "attachments"
    __table_args__ = (
        of_workspace(),
        belongs_to("messages", "message_id"),
        UniqueConstraint("workspace_id", "message_id", "source_url"),
        Index("ix_attachments_sha256", "workspace_id", "sha256"),
        Index("ix_attachments_due", "next_try_at", postgresql_where=text("status = 'pending'")),
    )

    message_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(20))
    source_url: Mapped[str] = mapped_column(String(2048))
    status: Mapped[AttachmentStatus] = mapped_column(one_of(AttachmentStatus, 20), default=AttachmentStatus.PENDING)
    content_type: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    error_code: Mapped[str | None] = mapped_column(String(100))


class Handoff(WorkspaceRow):
    """One stretch in which people were asked for: why, who took it, and what was agreed when it ended."""

    __tablename__ = "handoffs"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        belongs_to("teams", "team_id"),
        Index(
            "uq_handoffs_open",
            "workspace_id",
            "conversation_id",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_handoffs_due", "due_at", postgresql_where=text("released_at IS NULL")),
        Index("ix_handoffs_thread", "workspace_id", "conversation_id", "requested_at"),
    )

    conversation_id: Mapped[UUID]
    reason: Mapped[HandoffReason] = mapped_column(one_of(HandoffReason, 40))
    detail: Mapped[str | None] = mapped_column(String(1000))
    requested_at: Mapped[datetime]
    topic: Mapped[str | None] = mapped_column(String(40))
    team_id: Mapped[UUID | None]
    taken_by: Mapped[UUID | None]
    taken_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]
    outcome: Mapped[HandoffOutcome | None] = mapped_column(one_of(HandoffOutcome, 20))
    note: Mapped[str | None] = mapped_column(String(1000))

    # Who is to take it, and when somebody is looked for (Postgres time)
    offered_to: Mapped[UUID | None]
    offered_at: Mapped[datetime | None]
    assign_at: Mapped[datetime | None]

    # The time that it took; `since` is when it last came to somebody, or back to those that wait
    since: Mapped[datetime]
    waited_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    handled_seconds: Mapped[int] = mapped_column(default=0, server_default="0")

    # The clocks (`domain.conversations.clocks`)
    waits_since: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    waited_before: Mapped[datetime | None]
    spent_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    first_response_at: Mapped[datetime | None]
    response_due_at: Mapped[datetime | None]
    resolution_due_at: Mapped[datetime | None]
    answer_due_at: Mapped[datetime | None]
    response_breached_at: Mapped[datetime | None]
    resolution_breached_at: Mapped[datetime | None]
    breaches: Mapped[int] = mapped_column(default=0, server_default="0")

    is_snoozed: Mapped[bool] = mapped_column(default=False, server_default="false")
    snoozed_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(
        Computed(
            "least(CASE WHEN response_breached_at IS NULL THEN response_due_at END,"
            " CASE WHEN resolution_breached_at IS NULL THEN resolution_due_at END,"
            " answer_due_at, CASE WHEN is_snoozed THEN snoozed_until END)",
            persisted=True,
        )
    )


class Suggestion(WorkspaceRow):
    """What the agent would answer, for whoever attends a conversation: the last that they asked for.

    It is of one voice and of the newest message that it was thought with, and stands for no other.
    """

    __tablename__ = "suggestions"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        UniqueConstraint("workspace_id", "conversation_id"),
        Index("ix_suggestions_due", "next_try_at", postgresql_where=text("status = 'pending'")),
    )

    conversation_id: Mapped[UUID]
    voice_epoch: Mapped[int]
    message_id: Mapped[UUID | None]
    status: Mapped[SuggestionStatus] = mapped_column(one_of(SuggestionStatus, 20))
    text: Mapped[str | None] = mapped_column(String(4096))
    refusal: Mapped[NoSuggestion | None] = mapped_column(one_of(NoSuggestion, 40))
    attempts: Mapped[int]
    next_try_at: Mapped[datetime]


class ConversationWord(OfWorkspace):
    """That a word was written in a conversation; whoever searches finds it by its beginning."""

    __tablename__ = "conversation_words"
    __table_args__ = (of_workspace(), belongs_to("conversations", "conversation_id"))

    word: Mapped[str] = mapped_column(String(40, collation="C"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)


class ConversationNote(WorkspaceRow):
    """Something that staff have noted on a conversation; customers never see it."""

    __tablename__ = "conversation_notes"
    __table_args__ = (
        of_workspace(),
        belongs_to("conversations", "conversation_id"),
        Index("ix_conversation_notes_thread", "workspace_id", "conversation_id", "created_at"),
    )

    conversation_id: Mapped[UUID]
    author_id: Mapped[UUID | None]
    text: Mapped[str] = mapped_column(String(4000))


class Notification(WorkspaceRow):
    """Something staff must know; sent by a worker, kept for the inbox."""

    __tablename__ = "notifications"
    __table_args__ = (
        of_workspace(),
        UniqueConstraint("workspace_id", "dedupe_key"),
        Index("ix_notifications_due", "next_try_at", postgresql_where=text("sent_at IS NULL AND parked_reason IS NULL")),
    )

    kind: Mapped[str] = mapped_column(String(60))
    conversation_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    payload: Mapped[NoticeDetails] = mapped_column(JSONB, default=dict)
    dedupe_key: Mapped[str] = mapped_column(String(200))
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    parked_reason: Mapped[str | None] = mapped_column(String(500))
