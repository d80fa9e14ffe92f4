"""From the messages of a brief to acts: text is read by the grammar, buttons, carts, places and pictures by their kind."""

import re
from typing import assert_never

from agent.brief import Brief, BriefMessage
from agent.lexical.acts import ITEM_ACTS, SMALL_TALK, Act, ActKind, DeliveryDetails
from agent.lexical.answers import answer
from agent.lexical.assent import is_pure_assent
from agent.lexical.details import bare_address, looks_like_name, read_store
from agent.lexical.reading import Context, read
from agent.lexical.spelling import clean
from agent.lexical.spoken import content_of
from agent.lexical.vocabulary import vocabulary, without
from agent.lexical.wants import read_want
from core.language.folding import fold
from domain.conversations.content import (
    Answer,
    Buttons,
    Cart,
    Choices,
    ContactCard,
    Edited,
    File,
    Person,
    Place,
    Reaction,
    Removed,
    Template,
    Text,
    Unsupported,
    said,
)
from domain.conversations.states import State

_PICTURES = frozenset({"image", "document"})
AWAITING = State.AWAITING_CONFIRMATION


def context_of(brief: Brief) -> Context:
    """What the brief makes one expect of the next message."""
    draft = brief.draft
    order = brief.last_order
    owes = order is not None and order.payment_status in ("unpaid", "partly_paid", "claimed") and order.status != "cancelled"
    missing: frozenset[str] = frozenset()
    if draft is not None and draft.lines and brief.state == State.NEEDS_DETAILS:
        missing = frozenset(draft.missing[:1])
    lacks = frozenset(draft.missing) if draft is not None and draft.fulfilment is not None else missing
    return Context(
        stores=brief.stores,
        missing=missing,
        lacks=lacks,
        expects_payment=owes and not (draft is not None and draft.lines),
        has_draft=draft is not None and bool(draft.lines),
    )


def hear(brief: Brief) -> list[Act]:
    """All acts of the messages that this turn answers, in order."""
    context = context_of(brief)
    texts = [message.text for message in brief.messages if isinstance(message.content, Text)]
    if len(texts) == len(brief.messages) and is_pure_assent(texts, brief.language):
        if not _finishes(texts, brief):
            return [Act(ActKind.CONFIRM)]
        said = [without("finish", fold(clean(text)), vocabulary(), " ") for text in texts]
        if brief.pending is not None and is_pure_assent(said, brief.language):
            # `yes thats it`, `si asi esta bien`
            return [Act(ActKind.CONFIRM), Act(ActKind.FINISH)]
    acts: list[Act] = []
    for index, message in enumerate(brief.messages):
        if not _is_repeated(message, brief.messages[:index]):
            acts.extend(_hear(message, brief, context))
    return acts


def ordering_texts(brief: Brief) -> list[str]:
    """What of a turn may order something: its texts, each once, without answers to the open question and other wants."""
    said = []
    for index, message in enumerate(brief.messages):
        if message.text and _is_written(message) and not _is_repeated(message, brief.messages[:index]):
            said.extend(_unanswered(_without_want(message.text), brief))
    return said


def _unanswered(text: str, brief: Brief) -> list[str]:
    """A text, or what of it is said behind the answer to the open question."""
    folded = fold(clean(text)).strip()
    answered = answer(folded, brief) if brief.pending is not None and folded else None
    return [text] if answered is None else [act.phrase for act in answered if _is_tail(act)]


def _without_want(text: str) -> str:
    wanted = read_want(fold(clean(text)).strip())
    return text if wanted is None else wanted[1]


def _is_written(message: BriefMessage) -> bool:
    """Whether it has words of the customer's own."""
    said = message.content
    return isinstance(said, Text | Cart) or (isinstance(said, File) and said.media in _PICTURES)


def _is_repeated(message: BriefMessage, before: list[BriefMessage]) -> bool:
    """The very same words sent again by impatience; whoever wants one more says so."""
    if not isinstance(message.content, Text) or not message.text:
        return False
    said = fold(clean(message.text)).split()
    is_more = vocabulary().matches("more", " ".join(said)) is not None
    return not is_more and any(isinstance(other.content, Text) and fold(clean(other.text)).split() == said for other in before)


def _finishes(texts: list[str], brief: Brief) -> bool:
    """`listo` agrees to a summary that is out; before there is one, or with a question open, it says that this was all."""
    is_summary = brief.state == AWAITING and not any(point.is_question for point in brief.points)
    return not is_summary and any(vocabulary().matches("finish", fold(clean(text))) for text in texts)


def _hear(message: BriefMessage, brief: Brief, context: Context) -> list[Act]:
    match message.content:
        case Text(text=text):
            return _text(text, brief, context)
        case Answer() as pressed:
            return _button(pressed, brief, context)
        case Cart(note=note):
            return [Act(ActKind.BASKET), *_text(note or "", brief, context)]
        case Place() as place:
            to_place = DeliveryDetails(fulfilment="delivery")
            if named := said(place):
                to_place["address"] = named
            return [Act(ActKind.DELIVERY, delivery=to_place)]
        case ContactCard() as card:
            return _contact(card)
        case File() as file if file.media in _PICTURES:
            return _picture(file, brief, context)
        case Reaction():
            return [Act(ActKind.REACTION)]
        case File() | Unsupported() | Buttons() | Choices() | Template() | Removed() | Edited():
            return [Act(ActKind.MEDIA)]
        case _:
            assert_never(message.content)


def _picture(file: File, brief: Brief, context: Context) -> list[Act]:
    caption = _text(file.caption, brief, context) if file.caption else []
    if context.expects_payment or any(act.kind is ActKind.PAY for act in caption):
        return [*caption, Act(ActKind.RECEIPT)]
    return caption or [Act(ActKind.MEDIA)]


def _text(text: str, brief: Brief, context: Context) -> list[Act]:
    """A text: first as the answer to the open question, else as whatever it says."""
    folded = fold(clean(text)).strip()
    if not folded:
        return []
    if (wanted := read_want(folded)) is not None:
        want, besides = wanted
        ordered = [act for act in read(besides, context) if act.kind in ITEM_ACTS and act.quantity is not None]
        return [want, *ordered]
    if brief.pending is not None:
        answered = answer(folded, brief)
        if answered is not None:
            return [heard for act in answered for heard in (read(act.phrase, context) if _is_tail(act) else [act])]
    acts = [*_instead(folded, brief), *read(text, context)]
    if (store := _other_store(folded, acts, brief)) is not None:
        return [Act(ActKind.DELIVERY, delivery={"store": store})]
    if context.missing:
        acts = _detail(text, acts, context, brief)
    return acts or [Act(ActKind.UNKNOWN)]


def _instead(folded: str, brief: Brief) -> list[Act]:
    """`mejor dame 2 atunes` to "which oil?": what was asked about is not wanted any more."""
    is_instead = vocabulary().matches("instead", folded) is not None
    return [Act(ActKind.CHOOSE_NONE)] if is_instead and any(point.is_question for point in brief.points) else []


def _other_store(folded: str, acts: list[Act], brief: Brief) -> str | None:
    """`en Monterrey`: a store is named and nothing is ordered, while the order is to be fetched."""
    draft = brief.draft
    if draft is None or draft.fulfilment != "pickup" or "?" in folded:
        return None
    if any(act.kind not in _VAGUE or act.kind is ActKind.DELIVERY or act.quantity is not None for act in acts):
        return None
    return read_store(folded, brief.stores)


def _is_tail(act: Act) -> bool:
    return act.kind is ActKind.UNKNOWN and bool(act.phrase)


def _detail(text: str, acts: list[Act], context: Context, brief: Brief) -> list[Act]:
    """While one detail is being asked for, bare words are that detail."""
    if any(act.kind not in _VAGUE for act in acts) or (not _has_digits(text) and any(_is_order(act) for act in acts)):
        return acts
    words = vocabulary()
    folded = fold(clean(text)).strip(" .,!")
    wanted = next(iter(context.missing))
    if (phone := words.matches("phone", folded)) and not content_of(folded.replace(phone.group(), " ")):
        return acts
    if any(act.kind is ActKind.DELIVERY and (wanted in act.delivery or act.delivery.keys() - {"phone"}) for act in acts):
        return [act for act in acts if act.kind is ActKind.DELIVERY or (_is_order(act) and act.is_wished)]
    said = fold(bare_address(text)) if wanted == "address" else folded
    is_answer = not is_pure_assent([text], brief.language)  # `sí, así está bien` is nobody's name and no street
    if not is_answer or "?" in folded or words.matches("remove", said) or words.matches("order_verb", said):
        return acts
    if wanted == "recipient_name":
        return _name(text, acts)
    if wanted == "address" and len(folded) >= 6 and len(folded.split()) >= 2:
        return [Act(ActKind.DELIVERY, delivery={"fulfilment": "delivery", "address": bare_address(text)})]
    if wanted == "store":
        place = _ordinal(folded)
        if place is not None and brief.stores and -1 <= place - (place > 0) < len(brief.stores):
            return [Act(ActKind.DELIVERY, delivery={"store": brief.stores[place - 1 if place > 0 else place]})]
        store = read_store(folded, brief.stores)
        if store is None and "recipient_name" in context.lacks and looks_like_name(text):
            return _name(text, acts)
        return [Act(ActKind.DELIVERY, delivery={"store": store or bare_address(text) or text.strip()})]
    return acts


def _name(text: str, acts: list[Act]) -> list[Act]:
    """A bare name where one is asked for, perhaps with a telephone number behind it."""
    phones = [act for act in acts if act.kind is ActKind.DELIVERY]
    bare = re.sub(r"[^\w\s.'-]|\d[\d\s().-]*|\+", " ", text).strip(" .,!-")
    if any("recipient_name" in act.delivery for act in phones) or not bare or len(bare.split()) > 5:
        return acts
    known = DeliveryDetails()
    for act in phones:
        known.update(act.delivery)
    return [Act(ActKind.DELIVERY, delivery={**known, "recipient_name": " ".join(bare.split())})]


def _is_order(act: Act) -> bool:
    return act.kind is ActKind.ADD and act.quantity is not None


_VAGUE = frozenset({ActKind.DELIVERY, ActKind.ADD, ActKind.SET, ActKind.MORE, ActKind.UNKNOWN, *SMALL_TALK})


def _has_digits(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _ordinal(folded: str) -> int | None:
    words = vocabulary().ordinals
    found = [words[word] for word in folded.split() if word in words]
    if found:
        return found[0]
    return int(folded) if folded.isdecimal() and len(folded) < 3 else None


def _button(answer: Answer, brief: Brief, context: Context) -> list[Act]:
    """A pressed button or a chosen row: its id says it, else its title is read as text."""
    pressed, title = answer.id, answer.title
    verb, _, rest = pressed.partition(":")
    if verb == "confirm":
        return [Act(ActKind.CONFIRM, token=rest)]
    if verb == "change":
        return [Act(ActKind.CHANGE)]
    if verb == "cancel":
        return [Act(ActKind.CANCEL)]
    if brief.pending is not None:
        for option in brief.pending.options:
            if option.sku and (pressed == option.sku or pressed.endswith(f":{option.sku}") or verb == option.sku):
                return [Act(ActKind.CHOOSE, sku=option.sku)]
    if verb in ("yes", "no") and rest:
        return [Act(ActKind.CONFIRM if verb == "yes" else ActKind.REFUSE)]
    if answer.via == "row" and pressed:
        return [Act(ActKind.CHOOSE, phrase=title, row=rest or pressed)]
    return _text(title, brief, context)


def _contact(card: ContactCard) -> list[Act]:
    """Whoever is shared is who receives the order."""
    person = card.people[0] if card.people else Person()
    details = DeliveryDetails()
    if person.name:
        details["recipient_name"] = person.name
    if person.phones:
        details["phone"] = person.phones[0]
    return [Act(ActKind.DELIVERY, delivery=details)] if details else [Act(ActKind.MEDIA)]
