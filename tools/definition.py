"""What makes a function a tool: its schema, who may call it, in which states, and for how long."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec, get_type_hints

from pydantic import Field, ValidationError
from pydantic_ai import Tool

from core.access import Permission, Principal, PrincipalKind
from core.errors import Conflict, Invalid
from domain.conversations.states import OPEN, State
from tools.context import ToolContext
from tools.outcome import ToolOutcome

SHOPPING = frozenset(OPEN)
"""The session's states in which a customer may shop: not while an order is being placed, nor while a person attends."""

AWAITING = frozenset({State.AWAITING_CONFIRMATION})

Words = Annotated[str, Field(max_length=100)]
"""A name, a number or a few words from the model."""

Sentence = Annotated[str, Field(max_length=500)]
"""An address, a reason or a note from the model."""

Quantity = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0.01, le=999_999_999_999, allow_inf_nan=False)]

_STAFF = frozenset({PrincipalKind.USER, PrincipalKind.API_KEY})

Arguments = ParamSpec("Arguments")
Function = Callable[Concatenate[ToolContext, Arguments], Awaitable[ToolOutcome]]


class InvalidArguments(Invalid):
    """The call's arguments do not fit the tool's schema."""

    code = "invalid_arguments"


class ToolNotOffered(Conflict):
    """The tool is not offered to this principal, or not in this state."""

    code = "tool_not_offered"


@dataclass(frozen=True, slots=True)
class Definition:
    """A tool as it is offered and called."""

    name: str
    description: str
    parameters: dict[str, Any]
    permission: Permission
    states: frozenset[State]
    writes: bool
    timeout: float
    staff_only: bool
    _function: Callable[..., Awaitable[ToolOutcome]]
    _schema: Tool[None]

    def is_offered(self, state: State, principal: Principal) -> bool:
        """Whether the principal may call it in this state. Tools of the staff know no session, tools of a chat no staff."""
        if not principal.may(self.permission):
            return False
        if self.staff_only:
            return principal.kind in _STAFF
        return principal.kind not in _STAFF and state in self.states

    async def run(self, context: ToolContext, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Check that the call is allowed and well-formed, and run it within its time."""
        if not self.is_offered(context.state, context.work.principal):
            raise ToolNotOffered(f"{self.name} is not offered in {context.state}.", tool=self.name)
        try:
            values = self._schema.function_schema.validator.validate_python(dict(arguments))
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise InvalidArguments(f"Invalid arguments of {self.name}: {problems}.", tool=self.name) from error
        async with asyncio.timeout(self.timeout):
            return await self._function(context, **values)


DEFINED: dict[str, Definition] = {}
"""Every tool by name, in the order in which the modules define them."""


def tool(
    *,
    permission: Permission,
    states: frozenset[State] = SHOPPING,
    writes: bool = False,
    timeout: float = 10.0,
    staff_only: bool = False,
) -> Callable[[Function[Arguments]], Function[Arguments]]:
    """Make a function a tool. Its docstring is for the model; its first parameter is the context, which no model sees."""

    def define(function: Function[Arguments]) -> Function[Arguments]:
        seen = _without_context(function)
        shown = Tool(seen, takes_ctx=False, docstring_format="google", require_parameter_descriptions=True)
        schema = shown.function_schema
        DEFINED[schema.name] = Definition(
            name=schema.name,
            description=schema.description or "",
            parameters={**schema.json_schema, "additionalProperties": False},
            permission=permission,
            states=states,
            writes=writes,
            timeout=timeout,
            staff_only=staff_only,
            _function=function,
            _schema=shown,
        )
        return function

    return define


def _without_context(function: Callable[..., Awaitable[ToolOutcome]]) -> Callable[..., Awaitable[ToolOutcome]]:
    """The function as the model sees it: same name, words and parameters, but the context."""
    signature = inspect.signature(function)
    context, *parameters = signature.parameters.values()
    hints = get_type_hints(function, include_extras=True)
    hints.pop(context.name)

    async def seen(**arguments: Any) -> ToolOutcome:
        raise NotImplementedError("only its signature is used")

    seen.__name__ = function.__name__
    seen.__qualname__ = function.__qualname__
    seen.__module__ = function.__module__
    seen.__doc__ = function.__doc__
    seen.__annotations__ = hints
    seen.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect reads it
    return seen
