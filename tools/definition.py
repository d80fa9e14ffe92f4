"""What makes a function a tool: its schema, who may call it, in which states, and for how long."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import Field, ValidationError
from pydantic_ai import Tool

from core.access import Permission, Principal, PrincipalKind
from core.errors import Conflict, Invalid
from domain.conversations.states import OPEN, State
from tools.audience import AudienceKind
from tools.context import ToolContext
from tools.managing import Preview
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


Function = TypeVar("Function", bound=Callable[..., Awaitable[ToolOutcome]])


class InvalidArguments(Invalid):
    """The call's arguments do not fit the tool's schema."""

    code = "invalid_arguments"


class ToolNotOffered(Conflict):
    """The tool is not offered to whoever is talked to, with these rights, or not in this state."""

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
    audience: AudienceKind
    context: type[ToolContext]
    """What it must be given: a tool of one audience cannot be called with what another one's get."""
    quotes: frozenset[str]
    """The parameters that repeat what the customer has said of themselves: a model may not make them up."""
    _function: Callable[..., Awaitable[ToolOutcome]]
    _schema: Tool[None]
    _preview: Callable[..., Awaitable[Preview | ToolOutcome]] | None

    @property
    def is_proposed(self) -> bool:
        """Whether a member's chat proposes the change first, and does it after their own yes."""
        return self._preview is not None

    def is_offered(self, audience: AudienceKind, state: State, principal: Principal) -> bool:
        """Whether it may be called for an audience, in a state of the session, with the rights of a principal.

        Only staff are managers: nobody becomes one by the kind of the conversation alone.
        """
        is_staff = principal.kind in _STAFF
        return (
            audience is self.audience
            and is_staff == (audience is AudienceKind.MANAGER)
            and principal.may(self.permission)
            and state in self.states
        )

    async def run(self, context: ToolContext, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Check that the call is allowed and well-formed, and run it within its time."""
        is_offered = self.is_offered(context.audience, context.state, context.work.principal)
        if not is_offered or not isinstance(context, self.context):
            raise ToolNotOffered(f"{self.name} is not offered to a {context.audience} in {context.state}.", tool=self.name)
        async with asyncio.timeout(self.timeout):
            return await self._function(context, **self._checked(arguments))

    async def preview(self, context: ToolContext, arguments: Mapping[str, Any]) -> Preview | ToolOutcome:
        """What a change would do now, with what it would change locked; or what has to be settled before."""
        if self._preview is None or not self.is_offered(context.audience, context.state, context.work.principal):
            raise ToolNotOffered(f"{self.name} is not proposed to a {context.audience} in {context.state}.", tool=self.name)
        async with asyncio.timeout(self.timeout):
            return await self._preview(context, **self._checked(arguments))

    def _checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            values: dict[str, Any] = self._schema.function_schema.validator.validate_python(dict(arguments))
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            raise InvalidArguments(f"Invalid arguments of {self.name}: {problems}.", tool=self.name) from error
        return values


DEFINED: dict[str, Definition] = {}
"""Every tool by name, in the order in which the modules define them."""


def tool(
    *,
    permission: Permission,
    states: frozenset[State] = SHOPPING,
    writes: bool = False,
    timeout: float = 10.0,
    audience: AudienceKind = AudienceKind.CUSTOMER,
    quotes: Collection[str] = (),
    preview: Callable[..., Awaitable[Preview | ToolOutcome]] | None = None,
) -> Callable[[Function], Function]:
    """Make a function a tool. Its docstring is for the model; its first parameter is the context, which no model sees.

    `quotes` names the parameters that repeat what the customer has said of themselves. `preview` takes the same arguments
    and says what the change would do: in a member's chat it is proposed with that, and done after their own yes.
    """

    def define(function: Function) -> Function:
        seen, context = _without_context(function)
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
            audience=audience,
            context=context,
            quotes=frozenset(quotes),
            _function=function,
            _schema=shown,
            _preview=preview,
        )
        return function

    return define


def _without_context(
    function: Callable[..., Awaitable[ToolOutcome]],
) -> tuple[Callable[..., Awaitable[ToolOutcome]], type[ToolContext]]:
    """The function as the model sees it, with the same name, words and parameters, but the context; and that one's type."""
    signature = inspect.signature(function)
    context, *parameters = signature.parameters.values()
    hints = get_type_hints(function, include_extras=True)
    given: type[ToolContext] = hints.pop(context.name)

    async def seen(**arguments: Any) -> ToolOutcome:
        raise NotImplementedError("only its signature is used")

    seen.__name__ = function.__name__
    seen.__qualname__ = function.__qualname__
    seen.__module__ = function.__module__
    seen.__doc__ = function.__doc__
    seen.__annotations__ = hints
    seen.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect reads it
    return seen, given
