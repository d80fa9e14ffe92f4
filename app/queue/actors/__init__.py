"""The jobs themselves, by the names under which queues and outbox know them. Only the worker imports this."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from app.queue.actors import (
    deliveries,
    emissions,
    erp,
    handoffs,
    imports,
    inbound,
    logistics,
    machines,
    mails,
    media,
    notifications,
    routines,
    subscriptions,
    suggestions,
    turns,
)
from domain.routines.kinds import RoutineName

RUNNERS: Final[Mapping[str, Callable[..., Awaitable[None]]]] = {
    "inbound.ingest": inbound.ingest,
    "inbound.reports": inbound.take_reports,
    "conversation.turn": turns.run,
    "conversation.suggest": suggestions.think,
    "message.deliver": deliveries.deliver,
    "media.process": media.process,
    "handoff.assign": handoffs.assign,
    "notification.send": notifications.send,
    "notice.send": notifications.carry,
    "mail.send": mails.send,
    "machine.judge": machines.judge,
    "machine.learn": machines.learn,
    "emission.report": emissions.report,
    "erp.sync": erp.sync,
    "route.plan": logistics.plan,
    "import.apply": imports.apply,
    "subscription.deliver": subscriptions.deliver,
    **dict.fromkeys(RoutineName, routines.run),
}
"""Each takes `workspace_id`, where it has one, and its other ids as strings, may run twice, and keeps its tries on its row."""
