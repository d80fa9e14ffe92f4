"""What comes in from Infobip: cut into events at the door, read later, and never a reason to fail."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from channels.base import EventUnreadable, StatusReport, SystemEvent
from channels.infobip.reading import read
from channels.infobip.splitting import split
from domain.conversations.content import Answer, Cart, CatalogueProduct, Edited, File, Reaction, Removed, Text, dump
from domain.conversations.schemas import Incoming
from tests.factories import payloads
from tests.factories.payloads import MESSAGES, encoded, result, webhook
from tests.line.openapi import webhook_problems
from tests.properties import examples

KINDS = {
    "TEXT": "text",
    **dict.fromkeys(("BUTTON", "INTERACTIVE_BUTTON_REPLY", "INTERACTIVE_LIST_REPLY"), "answer"),
    **dict.fromkeys(("IMAGE", "DOCUMENT", "AUDIO", "VOICE", "VIDEO", "STICKER"), "file"),
    "LOCATION": "place",
    "CONTACT": "contact_card",
    "ORDER": "cart",
    "REACTION": "reaction",
}


def read_message(message: dict[str, Any], **changes: Any) -> Incoming:
    [event] = split(encoded(webhook(result(message, **changes))))
    found = read(event.kind, event.body)
    assert isinstance(found, Incoming)
    return found


@pytest.mark.parametrize("name", MESSAGES)
def test_the_examples_are_what_the_published_schema_allows(name: str) -> None:
    assert webhook_problems("receive-inbound-whatsapp-messages", webhook(result(MESSAGES[name]))) == []


@pytest.mark.parametrize("name", MESSAGES)
def test_every_type_of_message_is_read_as_its_kind_or_kept_as_unsupported(name: str) -> None:
    message = read_message(MESSAGES[name])

    assert message.content.kind == KINDS.get(name, "unsupported")
    assert message.provider_message_id == payloads.WAMID
    assert (message.sender.address, message.sender.user_id, message.sender.name) == (
        payloads.SENDER,
        payloads.USER_ID,
        "Ada",
    )
    assert message.received_at == datetime(2026, 5, 4, 9, 15, 30, tzinfo=UTC)


def test_files_keep_their_address_and_caption() -> None:
    image = read_message(MESSAGES["IMAGE"])

    assert image.content == File(media="image", url=payloads.MEDIA_URL, caption="la caja rota")


def test_an_order_keeps_quantities_and_the_senders_prices_exactly() -> None:
    order = read_message(MESSAGES["ORDER"])

    assert isinstance(order.content, Cart)
    assert order.text == "Déjalo en la puerta"
    assert [str(each) for line in order.content.items for each in (line.sku, line.quantity, line.price, line.currency)] == [
        *("SKU-1", "2", "4.5", "EUR"),
        *("SKU-9", "1", "12.99", "EUR"),
    ]


def test_replies_keep_id_title_and_the_message_that_they_answer() -> None:
    pressed = read_message(MESSAGES["INTERACTIVE_BUTTON_REPLY"])
    chosen = read_message(MESSAGES["INTERACTIVE_LIST_REPLY"])
    template = read_message(MESSAGES["BUTTON"])

    assert pressed.content == Answer(via="button", id="confirm:4711", title="Sí, confirmo")
    assert pressed.reply_to == payloads.OUTBOUND_ID
    assert chosen.content == Answer(via="row", id="HAR-001", title="Harina", description="1 kg")
    assert template.content == Answer(via="template", id="TRACK:4711", title="Ver pedido")


def test_a_reaction_that_is_taken_off_has_no_emoji() -> None:
    removed = read_message({"type": "REACTION", "action": "REMOVED", "emoji": None, "context": {"id": "m-1"}})

    assert removed.content == Reaction(emoji=None, message_id="m-1")


def test_a_question_about_a_product_and_an_advertisement_are_kept() -> None:
    context = {**payloads.CONTEXT, "referredProduct": {"catalogId": "1", "productRetailerId": "SKU-1"}}
    referral = {"sourceType": "AD", "sourceUrl": "https://example.com/ad", "headline": "Oferta"}

    message = read_message({"type": "TEXT", "text": "este", "context": context, "referral": referral})

    about = message.content.about
    assert about is not None
    assert about.product == CatalogueProduct(sku="SKU-1", catalog_id="1")
    assert about.referral is not None
    assert about.referral.headline == "Oferta"


ORIGINAL = "wamid.original"


def test_an_edit_is_the_message_as_it_reads_now_under_its_own_id() -> None:
    edit = {
        "type": "EDIT",
        "originalMessageId": ORIGINAL,
        "message": {"type": "TEXT", "text": "quiero 3", "context": {"id": "m-1"}},
    }

    [event] = split(encoded(webhook(result(edit))))
    change = read(event.kind, event.body)

    assert isinstance(change, Incoming)
    assert change.content == Edited(message_id=ORIGINAL, now=Text(text="quiero 3"))
    assert (change.sender.user_id, change.reply_to) == (payloads.USER_ID, "m-1")
    assert change.received_at == datetime(2026, 5, 4, 9, 15, 30, tzinfo=UTC)


def test_a_deletion_names_its_message_in_either_place() -> None:
    for deletion in ({"type": "REVOKE", "originalMessageId": ORIGINAL}, {"type": "REVOKE", "context": {"id": ORIGINAL}}):
        [event] = split(encoded(webhook(result(deletion))))
        change = read(event.kind, event.body)

        assert isinstance(change, Incoming)
        assert change.content == Removed(message_id=ORIGINAL)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "EDIT"},
        {"type": "EDIT", "originalMessageId": ORIGINAL},
        {"type": "EDIT", "originalMessageId": ORIGINAL, "message": "quiero 3"},
        {"type": "EDIT", "originalMessageId": ["x"], "message": {"type": "TEXT", "text": "x"}},
        {"type": "REVOKE"},
        {"type": "REVOKE", "originalMessageId": "x" * 400},
    ],
)
def test_a_change_that_does_not_say_what_it_changes_is_kept_as_unsupported(message: dict[str, Any]) -> None:
    assert read_message(message).content.kind == "unsupported"


@pytest.mark.parametrize("is_unified", [False, True], ids=["classic", "unified"])
def test_a_change_is_never_taken_for_a_repetition_of_its_message_or_of_another_change(is_unified: bool) -> None:
    # Whether a change comes under an id of its own is not known, so all of them come under one here.
    messages: list[dict[str, Any]] = [
        {"type": "TEXT", "text": "quiero 2"},
        *({"type": "EDIT", "originalMessageId": ORIGINAL, "message": {"type": "TEXT", "text": said}} for said in "ab"),
        {"type": "REVOKE", "originalMessageId": ORIGINAL},
    ]
    unified: dict[str, Any] = {"event": "MO", "sender": payloads.SENDER, "messageId": "m"}
    bodies = [encoded(webhook({**unified, "content": [message]} if is_unified else result(message))) for message in messages]

    keys = [split(body)[0].dedupe_key for body in bodies]

    assert len(set(keys)) == 4
    assert keys == [split(body)[0].dedupe_key for body in bodies]
    assert all(len(key) <= 300 for key in keys)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "INTERACTIVE_PAYMENT_ACKNOWLEDGEMENT", "paymentId": "p"},
        {"type": "SOMETHING_NEW", "text": "hola"},
        {"type": None},
        {},
        {"type": "IMAGE"},
        {"type": "LOCATION", "latitude": 91, "longitude": 0},
        {"type": "ORDER", "productItems": []},
        {"type": "ORDER", "productItems": [{"productRetailerId": "A", "quantity": -1}]},
        {"type": ["TEXT"], "text": "x"},
    ],
)
def test_what_is_not_known_or_broken_is_kept_as_unsupported(message: dict[str, Any]) -> None:
    found = read_message(message)

    assert found.content.kind == "unsupported"
    assert found.text == (message.get("text") or "")


def test_flow_replies_keep_their_text() -> None:
    assert read_message({"type": "INTERACTIVE_FLOW_REPLY", "text": "Enviado", "response": {"a": 1}}).text == "Enviado"


def test_a_batch_becomes_one_event_per_result_in_its_order() -> None:
    batch = webhook(
        result({"type": "TEXT", "text": "uno"}, messageId="a"),
        payloads.delivery(3, 5),
        payloads.seen(),
        result({"type": "TEXT", "text": "dos"}, messageId="b"),
    )

    events = split(encoded(batch))

    assert [(event.kind, event.position) for event in events] == [
        ("message", 0),
        ("delivery", 1),
        ("seen", 2),
        ("message", 3),
    ]
    assert events[0].dedupe_key == "message:a"
    assert events[1].dedupe_key == f"delivery:{payloads.OUTBOUND_ID}:5:0"
    assert events[2].dedupe_key == f"seen:{payloads.OUTBOUND_ID}"


def test_one_bad_result_does_not_spoil_its_batch() -> None:
    events = split(encoded({"results": [None, 7, result(MESSAGES["TEXT"])]}))

    assert [event.kind for event in events] == ["unreadable", "unreadable", "message"]
    assert all(len(event.body) < 1000 for event in events)


def test_the_same_message_has_the_same_key_and_another_has_another() -> None:
    first, again, other = (
        split(encoded(webhook(result(MESSAGES["TEXT"], messageId=identifier))))[0].dedupe_key for identifier in ("a", "a", "b")
    )

    assert first == again != other


def test_without_a_message_id_the_body_is_the_key() -> None:
    one = split(encoded(webhook(result({"type": "TEXT", "text": "uno"}, messageId=None))))[0]
    two = split(encoded(webhook(result({"type": "TEXT", "text": "dos"}, messageId=None))))[0]

    assert one.dedupe_key.startswith("message:")
    assert one.dedupe_key != two.dedupe_key


def test_reports_of_different_status_are_different_events() -> None:
    keys = {split(encoded(webhook(payloads.delivery(*case))))[0].dedupe_key for case in ((1, 7), (3, 5), (2, 9, 7010))}

    assert len(keys) == 3


def test_the_user_id_is_the_sender_and_the_phone_only_without_one() -> None:
    known = split(encoded(webhook(result(MESSAGES["TEXT"]))))[0]
    phone_only = split(encoded(webhook(result(MESSAGES["TEXT"], contact=None))))[0]

    assert (known.sender_key, phone_only.sender_key) == (payloads.USER_ID, payloads.SENDER)


def test_a_hidden_phone_number_leaves_the_user_id_as_address() -> None:
    message = read_message(MESSAGES["TEXT"], **{"from": payloads.USER_ID, "contact": {"userId": payloads.USER_ID}})

    assert message.sender.address == payloads.USER_ID
    assert message.sender.phone is None


def test_characters_that_postgres_refuses_are_replaced_and_noted() -> None:
    body = encoded(webhook(result({"type": "TEXT", "text": "a\x00b\ud800c"}, messageId="m\x00")))

    [event] = split(body)
    message = read(event.kind, event.body)

    assert isinstance(message, Incoming)
    assert message.text == "a\ufffdb\ufffdc"
    assert "refused_characters_replaced" in message.notes
    assert event.dedupe_key.startswith("message:#")


def test_broken_utf8_is_read_with_replacements() -> None:
    body = encoded(webhook(result({"type": "TEXT", "text": "QQQ"}))).replace(b"QQQ", b"caf\xe9")

    [event] = split(body)
    message = read(event.kind, event.body)

    assert isinstance(message, Incoming)
    assert message.text == "caf\ufffd"


@pytest.mark.parametrize(
    ("report", "status", "code"),
    [
        (payloads.delivery(1, 7), "sent", None),
        (payloads.delivery(3, 5), "delivered", None),
        (payloads.delivery(2, 9, 7010), "failed", "window_closed"),
        (payloads.delivery(5, 12), "failed", "infobip_12"),
        (payloads.delivery(4, 15), "failed", "infobip_15"),
        (payloads.seen(), "read", None),
    ],
)
def test_reports_are_read_by_their_numbers(report: dict[str, Any], status: str, code: str | None) -> None:
    name = "receive-whatsapp-seen-reports" if "seenAt" in report else "receive-whatsapp-delivery-reports"
    assert webhook_problems(name, {"results": [report]}) == []
    [event] = split(encoded({"results": [report]}))

    found = read(event.kind, event.body)

    assert isinstance(found, StatusReport)
    assert (found.provider_message_id, found.status, found.error_code) == (payloads.OUTBOUND_ID, status, code)


def test_reports_of_the_unified_shape_are_read_alike() -> None:
    [event] = split(encoded({"results": [{**payloads.delivery(3, 5), "event": "DELIVERY", "channel": "WHATSAPP"}]}))

    found = read(event.kind, event.body)

    assert isinstance(found, StatusReport)
    assert found.status == "delivered"


def test_messages_of_the_unified_shape_are_read_alike() -> None:
    unified = {
        "event": "MO",
        "sender": payloads.SENDER,
        "destination": payloads.BUSINESS,
        "receivedAt": "2026-05-04T09:15:30.000+0000",
        "messageId": "m",
    }
    contents: list[list[dict[str, Any]]] = [
        [{"type": "TEXT", "text": "Hola", "cleanText": "Hola"}],
        [{"type": "BUTTON_REPLY", "text": "Sí", "payload": "confirm:1", "id": "x"}],
        [{"type": "IMAGE", "url": payloads.MEDIA_URL, "text": "foto"}],
        [{"type": "FLOW_RESPONSE"}],
    ]

    found = []
    for content in contents:
        [event] = split(encoded({"results": [{**unified, "content": content}]}))
        message = read(event.kind, event.body)
        assert isinstance(message, Incoming)
        found.append((message.content.kind, message.text))

    assert found == [("text", "Hola"), ("answer", "Sí"), ("file", "foto"), ("unsupported", "")]


def test_news_without_results_become_system_events() -> None:
    identity = {"from": "1", "content": {"type": "user_identity_changed", "hash": "h"}, "createdAt": "2026-05-04T09:15:30Z"}
    marketing = {"from": "1", "content": {"sender": "1", "from": "2", "notificationMessagesStatus": "stop"}}

    found = []
    for body in (identity, marketing):
        [event] = split(encoded(body))
        read_event = read(event.kind, event.body)
        assert isinstance(read_event, SystemEvent)
        found.append((read_event.name, read_event.sender, read_event.wants_marketing))

    assert found == [("user_identity_changed", None, None), ("marketing_stop", "2", False)]


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"\x00\xff\xfe", b"[1,2]", b"{}", b"null", b"[" * 100_000, b"<html></html>"]
)
def test_what_is_no_webhook_is_kept_whole_as_unreadable(body: bytes) -> None:
    [event] = split(body)

    assert event.kind == "unreadable"
    with pytest.raises(EventUnreadable):
        read(event.kind, event.body)


_texts = st.text(st.sampled_from("aé\x00\ud800\n😀 0:#"), max_size=12)
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | _texts | st.sampled_from(list(MESSAGES))
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4), max_leaves=12
)
_members = st.sampled_from(
    ["from", "message", "messageId", "contact", "receivedAt", "status", "error", "seenAt", "content", "sender", "event", "type"]
)
_results = st.dictionaries(_members, _values, max_size=8)
_broken = st.sampled_from(list(MESSAGES.values())).flatmap(
    lambda message: st.dictionaries(st.sampled_from([*message, "context", "referral"]), _values, max_size=5).map(
        lambda changes: result({**message, **changes})
    )
)


@examples(200, suppress=(HealthCheck.too_slow,))
@given(st.lists(_results | _broken, max_size=3))
def test_any_json_is_split_and_read_or_refused_as_unreadable(results: list[Any]) -> None:
    for event in split(encoded({"results": results})):
        assert len(event.dedupe_key) <= 300
        assert "\x00" not in event.dedupe_key
        event.dedupe_key.encode()
        assert event.sender_key is None or len(event.sender_key) <= 200
        try:
            found = read(event.kind, event.body)
        except EventUnreadable:
            continue
        if isinstance(found, Incoming):
            stored = json.dumps([dump(found.content), found.sender.name], default=str, allow_nan=False)
            assert "\\u0000" not in stored
            assert found.received_at.tzinfo is not None


@given(st.binary(max_size=200))
def test_any_bytes_are_split_and_read_or_refused_as_unreadable(body: bytes) -> None:
    for event in split(body):
        try:
            found = read(event.kind, event.body)
        except EventUnreadable:
            continue
        assert isinstance(found, Incoming | StatusReport | SystemEvent)
