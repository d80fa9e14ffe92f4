"""The closed sets of notifications: on which ways staff are told what, and who wants to know."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from core.access import OperationsPermission, Permission
from domain.accounts.permissions import WorkspacePermission
from domain.alerts.permissions import AlertsPermission
from domain.conversations.kinds import NoticeKind
from domain.conversations.permissions import ConversationsPermission
from domain.orders.permissions import OrdersPermission
from domain.payments.permissions import PaymentsPermission
from domain.stock.permissions import StockPermission


class Way(StrEnum):
    """How a person is reached. The inbox is where everything is kept."""

    INBOX = "inbox"
    MAIL = "mail"
    WEBHOOK = "webhook"
    WHATSAPP = "whatsapp"


class NoticeStatus(StrEnum):
    """Where a notice is. What was being sent when its process died stays unconfirmed: nobody is told twice."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    DROPPED = "dropped"
    """It was read in the inbox before it was due, or the person is not reached that way or may not act on it any more."""


CONCERNED: Final[Mapping[NoticeKind, Permission]] = {
    NoticeKind.HANDOFF_REQUESTED: ConversationsPermission.TAKE,
    NoticeKind.HANDOFF_OFFERED: ConversationsPermission.TAKE,
    NoticeKind.HANDOFF_RETURNED: ConversationsPermission.TAKE,
    NoticeKind.HANDOFF_BREACHED: ConversationsPermission.TAKE,
    NoticeKind.SNOOZE_OVER: ConversationsPermission.TAKE,
    NoticeKind.MENTIONED: ConversationsPermission.READ,
    NoticeKind.REPLY_HELD: ConversationsPermission.TAKE,
    NoticeKind.CUSTOMER_WROTE: ConversationsPermission.TAKE,
    NoticeKind.CUSTOMER_EDITED: ConversationsPermission.TAKE,
    NoticeKind.CUSTOMER_DELETED: ConversationsPermission.TAKE,
    NoticeKind.CHANGED_AFTER_THE_DEED: ConversationsPermission.TAKE,
    NoticeKind.MESSAGE_FAILED: ConversationsPermission.TAKE,
    NoticeKind.MESSAGE_REJECTED: ConversationsPermission.TAKE,
    NoticeKind.MESSAGE_UNCONFIRMED: ConversationsPermission.TAKE,
    NoticeKind.ATTACHMENT_FAILED: ConversationsPermission.TAKE,
    NoticeKind.PAYMENT_CLAIMED: PaymentsPermission.VERIFY,
    NoticeKind.PAYMENT_REFERENCE_REUSED: PaymentsPermission.VERIFY,
    NoticeKind.ORDER_AMENDED: OrdersPermission.FULFIL,
    NoticeKind.ORDER_EXPIRED: OrdersPermission.FULFIL,
    NoticeKind.CHANGE_NOT_AGREED: OrdersPermission.FULFIL,
    NoticeKind.STOCK_LOW: StockPermission.ADJUST,
    NoticeKind.SUBSCRIPTION_CLOSED: OperationsPermission.MANAGE,
    NoticeKind.ALERTS_RAISED: AlertsPermission.HANDLE,
    NoticeKind.ALERTS_WAITING: AlertsPermission.HANDLE,
    NoticeKind.ALERTS_ESCALATED: OperationsPermission.MANAGE,
    NoticeKind.ASSISTANT_ANSWERED: WorkspacePermission.READ,
    NoticeKind.OTHER: OperationsPermission.MANAGE,
}
"""Who wants to know: those who hold the right to do something about it."""
