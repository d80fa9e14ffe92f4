"""The one shape of a message: it survives JSON and the database whatever it says, and every kind is handled everywhere."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from agent.brief import Brief, BriefMessage
from agent.lexical.listening import hear
from agent.prompting import body_of, turn_prompt
from channels.base import Unsendable
from channels.infobip.parts import parts
from channels.infobip.requests import request_of
from core.access import Principal
from core.db import to_json
from core.tables import new_id
from core.work import open_work
from domain.accounts.schemas import WorkspaceView
from domain.connections.medium import Medium
from domain.conversations import content as contents
from domain.conversations import service as conversations
from domain.conversations.content import (
    Answer,
    Buttons,
    Cart,
    Choices,
    Content,
    Edited,
    File,
    Removed,
    Template,
    Text,
    Unsupported,
    dump,
    load,
    rewritten,
    said,
    texts_of,
)
from domain.conversations.states import State
from sandbox.infobip.screens import shown
from tests.factories.contents import CLASSES, EVERY_KIND
from tests.factories.threads import opened
from tests.properties import examples

SENT_BY_US = (Text, Buttons, Choices, File, Template)

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
_maybe = st.none() | _texts
_raw = st.dictionaries(
    _texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | _texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
_about = st.none() | st.builds(
    contents.About,
    product=st.none() | st.builds(contents.CatalogueProduct, sku=_texts, catalog_id=_maybe),
    referral=st.none() | st.builds(contents.Referral, headline=_maybe, body=_maybe, source_url=_maybe),
)
_amounts = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False)


def _many(each: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=3).map(tuple)


_rows = _many(st.builds(contents.Row, id=_texts, title=_texts, description=_maybe))
_people = st.builds(contents.Person, name=_maybe, phones=_many(_texts), emails=_many(_texts), company=_maybe)
_lines = st.builds(contents.CartLine, sku=_texts, quantity=_amounts, price=st.none() | _amounts, currency=_maybe)
_kinds: dict[type, Callable[..., st.SearchStrategy[Any]]] = {
    Text: lambda **about: st.builds(Text, text=_texts, **about),
    Buttons: lambda **about: st.builds(
        Buttons, text=_texts, buttons=_many(st.builds(contents.Button, id=_texts, title=_texts)), footer=_maybe, **about
    ),
    Choices: lambda **about: st.builds(
        Choices,
        text=_texts,
        sections=_many(st.builds(contents.Section, rows=_rows, title=_maybe)),
        opener=_maybe,
        footer=_maybe,
        language=_maybe,
        **about,
    ),
    File: lambda **about: st.builds(
        File,
        media=st.sampled_from(["image", "document", "audio", "voice", "video", "sticker"]),
        url=_texts,
        filename=_maybe,
        caption=_maybe,
        **about,
    ),
    Template: lambda **about: st.builds(Template, name=_texts, language=_texts, placeholders=_many(_texts), **about),
    Cart: lambda **about: st.builds(Cart, items=_many(_lines), catalog_id=_maybe, note=_maybe, **about),
    contents.Place: lambda **about: st.builds(
        contents.Place,
        latitude=st.floats(-90, 90),
        longitude=st.floats(-180, 180),
        name=_maybe,
        address=_maybe,
        url=_maybe,
        **about,
    ),
    contents.ContactCard: lambda **about: st.builds(contents.ContactCard, people=_many(_people), **about),
    Answer: lambda **about: st.builds(
        Answer, via=st.sampled_from(["button", "row", "template"]), id=_texts, title=_texts, description=_maybe, **about
    ),
    contents.Reaction: lambda **about: st.builds(contents.Reaction, emoji=_maybe, message_id=_maybe, **about),
    Removed: lambda **about: st.builds(Removed, message_id=_texts, **about),
    Unsupported: lambda **about: st.builds(Unsupported, type=_maybe, text=_maybe, raw=_raw, **about),
}
_said = st.one_of(*(make(about=_about) for make in _kinds.values()))
_contents = _said | st.builds(Edited, message_id=_texts, now=_said, about=_about)


def test_the_property_knows_every_kind() -> None:
    assert {*_kinds, Edited} == CLASSES


@examples(300)
@given(_contents)
def test_every_content_survives_json(content: Content) -> None:
    assert load(json.loads(to_json(dump(content)))) == content


@examples(100)
@given(_contents, st.sampled_from(["\x00", "\ud800"]))
def test_what_postgres_refuses_costs_a_character_and_not_the_message(content: Content, refused: str) -> None:
    stored = to_json(dump(rewritten(content, lambda words: words + refused)))

    assert "\\u0000" not in stored
    assert load(json.loads(stored)) == rewritten(content, lambda words: words + "\N{REPLACEMENT CHARACTER}")


@examples(100)
@given(_contents)
def test_the_visitor_reaches_every_text_and_nothing_else(content: Content) -> None:
    assert rewritten(content, lambda words: words) == content
    assert all(words == "x" for words in texts_of(rewritten(content, lambda words: "x")))
    assert said(content) in ("", *texts_of(content)) or content.kind in ("place", "contact_card", "reaction", "edited")


def test_slots_are_filled_in_texts_and_left_alone_in_ids() -> None:
    button, row = contents.Button(id="{0}", title="{0}"), contents.Row(id="{0}", title="{0}", description="{0}")
    pressed = Buttons(text="{0}", buttons=(button,), footer="{0}")
    chosen = Choices(text="{0}", sections=(contents.Section(rows=(row,), title="{0}"),), opener="{0}")

    filled = [dump(rewritten(content, lambda words: words.replace("{0}", "2"))) for content in (pressed, chosen)]

    assert json.dumps(filled).count("{0}") == 2
    assert (filled[0]["buttons"], filled[1]["opener"]) == ([{"id": "{0}", "title": "2"}], "2")


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "hologram", "x": [1, None]},
        {"kind": "text"},
        {"text": "hola"},
        {"kind": 7},
        [],
        "hola",
        {"kind": "cart", "items": 3},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_not_supported_and_logged(stored: Any) -> None:
    with capture_logs() as logs:
        found = load(stored)

    assert isinstance(found, Unsupported)
    assert [entry["event"] for entry in logs] == ["message.content_unreadable"]
    assert "hola" not in str(logs)


def test_what_a_newer_release_adds_is_left_out_and_the_rest_is_read() -> None:
    assert load({"kind": "text", "text": "hola", "mood": "glad"}) == Text(text="hola")


async def test_every_kind_is_stored_and_read_back_and_a_broken_one_stops_nobody(workspace: WorkspaceView) -> None:
    async with opened(workspace) as thread:
        # Given a thread with one message of every kind
        await thread.queue(*EVERY_KIND)
        async with open_work(thread.principal) as work:
            first, *rest = [message.content for message in await conversations.thread(work, thread.conversation_id)]
        assert (first, rest) == (Text(text="hola"), list(EVERY_KIND))

        # When one of them is of a kind that this release does not know, and another one is broken
        async with open_work(Principal.system(workspace.id)) as work:
            for kind, stored in (("cart", '{"kind": "hologram"}'), ("buttons", '{"kind": "buttons", "text": 3}')):
                change = text("UPDATE messages SET content = CAST(:stored AS jsonb) WHERE content ->> 'kind' = :kind")
                await work.session.execute(change, {"stored": stored, "kind": kind})
        with capture_logs() as logs:
            async with open_work(thread.principal) as work:
                found = [message.content for message in await conversations.thread(work, thread.conversation_id)]

        # Then the thread shows both as not supported, and says so in the log
        assert len(found) == 1 + len(EVERY_KIND)
        assert [content.type for content in found if isinstance(content, Unsupported)] == ["buttons", "hologram", "FLOW"]
        assert [entry["event"] for entry in logs].count("message.content_unreadable") == 2


@pytest.mark.parametrize("content", EVERY_KIND, ids=lambda content: content.kind)
def test_every_kind_is_handled_by_line_mind_and_phone(content: Content) -> None:
    # By the adapter: cut and made a request, or refused by name
    if isinstance(content, SENT_BY_US):
        pieces = parts(content)
        assert pieces
        for piece in pieces:
            path, _ = request_of(piece, sender="1", to="2", message_id=new_id())
            assert path.startswith("/whatsapp/1/message/")
    else:
        with pytest.raises(Unsendable):
            parts(content)
        with pytest.raises(Unsendable):
            request_of(content, sender="1", to="2", message_id=new_id())
    # By the prompt and the reader without a network
    message = BriefMessage(content=content)
    brief = Brief(
        language="es",
        country="VE",
        currency="VES",
        shop_name="Sol",
        medium=Medium.WHATSAPP,
        state=State.IDLE,
        messages=[message],
    )
    assert body_of(content)
    assert body_of(content).splitlines()[-1] in turn_prompt(brief, [])
    assert hear(brief)
    # By the phone's screen
    assert shown(content)["type"]
