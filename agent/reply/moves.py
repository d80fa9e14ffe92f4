"""What a model answers: a short list of typed moves, each read by itself, so that a bad one costs nothing but itself."""

import contextlib
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema, model_validator
from pydantic.json_schema import SkipJsonSchema

REPLY = "reply"
"""The name of the tool by which a model answers."""

MOST_MOVES = 12
"""Moves of one reply; what a model writes beyond them is left out."""

Kind = (
    Literal["greet", "welcome_back", "how_are_you", "thanks", "you_are_welcome", "bye", "apology", "sympathy"]
    | Literal["congratulate", "get_well", "glad", "no_hurry", "laugh", "software", "here_for_you", "not_understood"]
    | Literal["enjoy", "enjoy_meal", "good_luck", "happy_holidays", "weather", "take_care", "condolences", "safe_travels"]
    | Literal["rest", "cheer_team", "courage"]
)
"""Courtesies. None of them is a bare yes: after "do you have rice?" it would be a lie."""

Statement = (
    Literal["how_to_order", "how_to_pay", "how_to_reach_person", "how_to_finish", "how_to_see_list", "how_to_clear"]
    | Literal["prices_are_list", "staff_verify_payments", "payment_details_come", "confirm_by_button", "draft_empty"]
    | Literal["draft_kept", "not_confirmed", "text_only", "orders_only", "as_you_wish"]
)
"""What can be said without a fact. Those about the order hold only while the order is as they say."""

Question = (
    Literal[
        "items", "anything_else", "quantity", "which", "add", "of_what", "describe", "fulfilment", "address", "same_address"
    ]
    | Literal["store", "recipient_name", "phone", "confirm", "change", "resume", "leave_it_so", "payment_method"]
    | Literal["reference", "receipt", "which_order", "what_happened", "solved", "rephrase"]
)

Topic = (
    Literal["delivery_time", "delivery_area", "delivery_fee", "restock", "stock", "price", "product", "ingredients"]
    | Literal["quality", "origin", "expiry", "hours", "stores", "payment_methods", "payment_received", "minimum"]
    | Literal["order_status", "total", "returns", "staff", "future", "other"]
)

Impossible = (
    Literal["discount", "refund", "see_bank", "see_whereabouts", "change_price", "reserve", "change_placed", "read_media"]
    | Literal["other"]
)

Why = Literal["cheapest", "bought_before", "instead_of", "asked_for", "goes_with", "none"]


def _words(closed: Any) -> tuple[str, ...]:
    return tuple(word for part in get_args(closed) for word in (_words(part) or (part,)))


VOCABULARY = {
    "social": _words(Kind),
    "state": _words(Statement),
    "ask": _words(Question),
    "unknown": _words(Topic),
    "cannot": _words(Impossible),
    "suggest": _words(Why),
}
"""The words of `what` for each move that takes one of a closed set."""


class _Move(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Say(_Move):
    """What a call of this turn said, in its own words."""

    move: Literal["say"] = "say"
    call: int


class State(_Move):
    """Facts by their names, whose kinds choose the sentence; or a statement that needs none."""

    move: Literal["state"] = "state"
    facts: tuple[str, ...] = ()
    what: Statement | None = None


class Suggest(_Move):
    """Goods to consider, each named by one of its facts, and why."""

    move: Literal["suggest"] = "suggest"
    facts: tuple[str, ...] = Field(min_length=1)
    what: Why = "none"


class Compare(_Move):
    """Goods side by side: the differences that code can compute."""

    move: Literal["compare"] = "compare"
    facts: tuple[str, ...] = Field(min_length=2)


class Ask(_Move):
    """The one question that a reply ends with; the facts are what it is about."""

    move: Literal["ask"] = "ask"
    what: Question
    facts: tuple[str, ...] = ()


class Offer(_Move):
    """A tool that the customer may want, by its name."""

    move: Literal["offer"] = "offer"
    what: str = Field(min_length=1)


class Social(_Move):
    """A courtesy."""

    move: Literal["social"] = "social"
    what: Kind


class Unknown(_Move):
    """What the shop's systems do not tell."""

    move: Literal["unknown"] = "unknown"
    what: Topic


class Cannot(_Move):
    """What the agent may not do."""

    move: Literal["cannot"] = "cannot"
    what: Impossible


Move = Say | State | Suggest | Compare | Ask | Offer | Social | Unknown | Cannot
_TYPED = TypeAdapter[Move](Annotated[Move, Field(discriminator="move")])


class Item(BaseModel):
    """One move as models write it. A flat form costs a third of the tokens of ten shapes, and weak models keep to it."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})

    move: Literal["say", "state", "suggest", "compare", "ask", "offer", "social", "unknown", "cannot"]
    what: str = ""
    facts: list[str] = []
    call: int = 0


class LeftOut(BaseModel):
    """A move that does not hold, and why; it is never sent back to the model."""

    model_config = ConfigDict(frozen=True)

    move: str
    reason: str


def _unpacked(value: Any) -> Iterator[Any]:
    """The moves in whatever a model wrapped them: a JSON text, a single move, a reply within the reply."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(value)
    if isinstance(value, dict) and "moves" in value:
        yield from _unpacked(value["moves"])
    elif isinstance(value, list | tuple):
        yield from value
    elif value not in (None, {}):
        yield value


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """A move without the slips that models make: braces around names, one name instead of a list, empty fields."""
    facts = item.get("facts")
    names = facts.replace(",", " ").split() if isinstance(facts, str) else facts
    plain = {name: value for name, value in item.items() if value not in (None, "", [], {})}
    if isinstance(names, list | tuple) and names:
        plain["facts"] = tuple(str(name).strip(" {}") for name in names)
    if isinstance(plain.get("what"), str):
        plain["what"] = plain["what"].strip().lower()
    return plain


def _read(value: Any) -> Move | LeftOut:
    if isinstance(value, _Move):
        return value  # type: ignore[return-value]  # every subclass is one of the union
    if not isinstance(value, dict):
        return LeftOut(move="?", reason="prose" if isinstance(value, str) else "not_a_move")
    try:
        return _TYPED.validate_python(_plain(value))
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        is_unknown = problem["type"].startswith("union_tag")
        return LeftOut(move="?", reason="unknown_move") if is_unknown else LeftOut(move=value["move"], reason="bad_fields")


_SCHEMA = WithJsonSchema({"type": "array", "maxItems": MOST_MOVES, "items": Item.model_json_schema()})


class Reply(BaseModel):
    """The whole answer to the customer, as moves in any order. The shop's renderer finds the words."""

    moves: Annotated[list[Move], _SCHEMA] = Field(default_factory=list)
    left_out: SkipJsonSchema[list[LeftOut]] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _move_by_move(cls, value: Any) -> Any:
        """The moves that are well-formed, and the reasons for the others."""
        read = [_read(item) for item in _unpacked(value)]
        moves = [move for move in read if not isinstance(move, LeftOut)]
        too_many = [LeftOut(move=move.move, reason="too_many") for move in moves[MOST_MOVES:]]
        return {"moves": moves[:MOST_MOVES], "left_out": [*(move for move in read if isinstance(move, LeftOut)), *too_many]}

    def arguments(self) -> dict[str, Any]:
        """The reply as a model would write it."""
        moves = [(move.move, move.model_dump(mode="json", exclude_defaults=True)) for move in self.moves]
        return {"moves": [{"move": name, **fields} for name, fields in moves]}


def as_reply(text: str) -> Reply:
    """An answer that came as text: the moves if it spells them. Prose is left out, as nobody could tell what it claims."""
    words = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    return Reply.model_validate({"moves": words if words[:1] in ("{", "[") else [text]})
