"""All tools of the house: which there are, which are offered to whom, and calling one."""

from collections.abc import Mapping
from typing import Any

from core.access import Principal
from core.errors import NotFound
from domain.conversations.states import State
from tools import (
    approving,
    catalog,
    confirmation,
    customers,
    delivery,
    desk,
    drafts,
    emissions,
    figures,
    foretelling,
    handoff,
    inventory,
    lines,
    machines,
    maintenance,
    orders,
    payments,
    prices,
    quoting,
    reordering,
    stock,
    swapping,
    verifying,
    wishes,
)
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.definition import DEFINED, Definition, InvalidArguments, ToolNotOffered
from tools.managing import ManagerContext, propose
from tools.outcome import ToolOutcome
from tools.serving import CustomerContext

__all__ = [
    "DEFINED",
    "MODULES",
    "Definition",
    "InvalidArguments",
    "ToolNotOffered",
    "UnknownTool",
    "call",
    "find",
    "offered",
    "schemas",
]

MODULES = (
    catalog,
    customers,
    drafts,
    lines,
    swapping,
    delivery,
    confirmation,
    orders,
    payments,
    stock,
    handoff,
    figures,
    foretelling,
    reordering,
    inventory,
    machines,
    maintenance,
    emissions,
    desk,
    prices,
    verifying,
    approving,
)
"""The modules whose tools exist; importing them defines the tools."""


class UnknownTool(NotFound):
    """There is no tool of this name."""

    code = "unknown_tool"


def find(name: str) -> Definition | None:
    """The tool of this name."""
    return DEFINED.get(name)


def offered(audience: AudienceKind, state: State, principal: Principal) -> list[Definition]:
    """The tools that may be called for an audience in a state of the session, with the rights of a principal."""
    return [definition for definition in DEFINED.values() if definition.is_offered(audience, state, principal)]


async def call(definition: Definition, context: ToolContext, arguments: Mapping[str, Any]) -> ToolOutcome:
    """Run one call inside the context's transaction. Refusals that need no words of their own are raised.

    What no customer wished for is not put into their order but proposed, and what they never said is not noted of them. A
    member's change is proposed to them first.
    """
    invented: list[str] = []
    is_offered = definition.is_offered(context.audience, context.state, context.work.principal)
    if is_offered and isinstance(context, ManagerContext) and definition.is_proposed:
        return await propose(context, definition.name, arguments, await definition.preview(context, arguments))
    if is_offered and isinstance(context, CustomerContext):
        question = await wishes.proposed(context, definition.name, arguments)
        if question is not None:
            return question
        arguments = await wishes.only_wished(context, definition.name, arguments)
        if context.wishes is not None:
            arguments, invented = quoting.only_said(context.wishes.said, definition.quotes, arguments)
    outcome = await definition.run(context, arguments)
    if not invented:
        return outcome
    note = f"Left out, as the customer has never said it: {', '.join(invented)}. Do not make it up, ask for it."
    return outcome.model_copy(update={"note": f"{outcome.note} {note}".strip()})


def schemas() -> list[dict[str, Any]]:
    """Every tool with its JSON Schema and its rules, for `nexova tools` and the documentation."""
    return [
        {
            "name": definition.name,
            "description": definition.description,
            "parameters": definition.parameters,
            "returns": ToolOutcome.model_json_schema(mode="serialization"),
            "permission": definition.permission.value,
            "states": sorted(state.value for state in definition.states),
            "writes": definition.writes,
            "timeout_seconds": definition.timeout,
            "audience": definition.audience.value,
        }
        for definition in DEFINED.values()
    ]
