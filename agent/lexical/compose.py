"""The final words of a turn: what the tools said, what is answered besides, and the next question."""

from dataclasses import dataclass
from typing import Any

from agent.brief import Brief
from agent.lexical.plan import Plan
from core.messages import text

_ASKS_ITSELF = frozenset({"request_confirmation", "confirm_order", "request_human_handoff", "cancel_order", "clear_draft"})
_ITEM_CODES = frozenset({"item_added", "item_changed", "item_removed", "cart_applied"})
_NEEDED = frozenset({"add_item_to_draft", "set_delivery_details"})
_OPENING = ("greet", "how_are_you", "sorry")
_CLOSING = ("thanks", "bye")


@dataclass(frozen=True, slots=True)
class Returned:
    """What one tool call of this run came to."""

    tool: str
    status: str
    code: str
    say: str
    data: dict[str, Any]

    @classmethod
    def of(cls, tool: str, shown: dict[str, Any]) -> "Returned":
        """Read the JSON that the model is shown."""
        data = shown.get("data")
        return cls(
            tool=tool,
            status=str(shown.get("status", "refused")),
            code=str(shown.get("code", "")),
            say=str(shown.get("say", "")),
            data=data if isinstance(data, dict) else {},
        )


def leaves_open(returned: list[Returned]) -> bool:
    """Whether a call asks or was refused, so that the order is not ready to be confirmed."""
    return any(outcome.status == "ask" or (outcome.status == "refused" and outcome.tool in _NEEDED) for outcome in returned)


def compose(brief: Brief, plan: Plan, returned: list[Returned]) -> str:
    """The reply. Slots stand in it as the tools wrote them."""
    said: list[str] = []
    opening = [_opening(brief, key) for key in _OPENING if key in plan.talk]
    if opening:
        said.append(" ".join(opening))
    said += _outcomes(returned)
    answers = [key for key in plan.talk if key not in _OPENING and key not in _CLOSING]
    said += [words for key in answers if (words := _answer(brief, key))]
    closing = [key for key in _CLOSING if key in plan.talk]
    if closing:
        said.append(" ".join(_text(brief, key) for key in closing))
    question = _question(brief, plan, returned, bool(answers or closing))
    if question:
        said.append(question)
    return "\n\n".join(dict.fromkeys(part for part in said if part)) or _text(brief, "rephrase")


def plain(brief: Brief, returned: list[Returned]) -> str:
    """Only what the tools said: the reply when a fuller one was not let through."""
    return "\n\n".join(_outcomes(returned)) or _text(brief, "rephrase")


def _text(brief: Brief, key: str, **fields: object) -> str:
    return text(f"lexical.{key}", brief.language, count=None, **fields)


def _outcomes(returned: list[Returned]) -> list[str]:
    """What each call said, in order; of several questions only the first is asked now."""
    told = [outcome for outcome in returned if outcome.status != "ask"]
    asked = [outcome for outcome in returned if outcome.status == "ask"]
    return [outcome.say for outcome in [*told, *asked[:1]] if outcome.say]


def _opening(brief: Brief, key: str) -> str:
    if key == "greet" and brief.customer_name:
        return _text(brief, "greet_by_name", name=_first_name(brief.customer_name))
    return _text(brief, key)


def _first_name(name: str) -> str:
    first = name.split()[0] if name.split() else ""
    return first.capitalize() if first.isalpha() else ""


def _answer(brief: Brief, key: str) -> str:
    match key:
        case "total":
            return _total(brief)
        case "payment_methods" | "pay_later":
            methods = ", ".join(brief.payment_methods)
            return _text(brief, key, methods=methods) if methods else _text(brief, "ask_a_person")
        case "stores":
            names = _store_names(brief)
            return _text(brief, key, stores=names) if names else _text(brief, "ask_a_person")
        case _:
            return _text(brief, key)


def _store_names(brief: Brief) -> str:
    """The stores, by slots where there are facts of them: a name such as `GDL-01` holds digits, which need one."""
    slots = {fact.text: f"{{{name}}}" for name, fact in brief.facts.items() if fact.kind == "store"}
    names = [slots.get(store, store) for store in brief.stores]
    unsaid = any(character.isdigit() for name in names if not name.startswith("{") for character in name)
    return "" if unsaid else ", ".join(names)


def _total(brief: Brief) -> str:
    """The draft's sums, by the slots of the session's facts."""
    draft = brief.draft
    if draft is None:
        return ""
    slots = {(fact.kind, fact.subject): f"{{{name}}}" for name, fact in brief.facts.items()}
    lines = [
        _text(
            brief,
            "line",
            quantity=slots[("quantity", line.name)],
            product=slots.get(("product", line.name), line.name),
            total=slots[("line_total", line.name)],
        )
        for line in draft.lines
        if ("quantity", line.name) in slots and ("line_total", line.name) in slots
    ]
    total = slots.get(("total", "draft"))
    return _text(brief, "total", lines="\n".join(lines), total=total) if total else ""


def _question(brief: Brief, plan: Plan, returned: list[Returned], has_answered: bool) -> str:
    """What to ask next, unless something is being asked already."""
    if any(outcome.status == "ask" or outcome.tool in _ASKS_ITSELF for outcome in returned):
        return ""
    if not plan.understood or "bye" in plan.talk:
        return ""
    codes = {outcome.code for outcome in returned}
    if codes & _ITEM_CODES:
        return _text(brief, "anything_else")
    if "product_not_found" in codes:
        return _text(brief, "another_name")
    if "products_found" in codes:
        return _text(brief, "add_one")
    if returned:
        return ""
    if not has_answered and set(plan.talk) & {"greet", "how_are_you"}:
        return _text(brief, "continue_order" if brief.draft and brief.draft.lines else "what_do_you_need")
    return ""
