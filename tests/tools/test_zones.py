"""Zones of delivery: the fee told is the zone's, and an unknown zone is asked for before anything is placed."""

from decimal import Decimal

import pytest

from domain.accounts.zones import Circle, DeliveryZone, zones_at
from domain.conversations.content import Place
from domain.orders import drafts
from tests.factories.chat import Chat, settle_on
from tests.factories.counter import Counter, fact, spoken
from tests.tools.test_shopping import message

CHACAO = DeliveryZone(name="Chacao", words=("Altamira", "1060"), fee=Decimal(3000), minimum=Decimal(50000))
PALERMO = DeliveryZone(name="Palermo", fee=Decimal(4000))
SOHO = DeliveryZone(name="Palermo Soho", fee=Decimal(4500), store="T-2")
CENTRE = DeliveryZone(name="Centro", fee=Decimal(2000), around=Circle(latitude=10.5, longitude=-66.9, radius_km=2))
AROUND = DeliveryZone(name="Alrededores", fee=Decimal(9000), around=Circle(latitude=10.5, longitude=-66.9, radius_km=10))
ZONES = (CHACAO, PALERMO, SOHO, CENTRE, AROUND)


@pytest.fixture(autouse=True)
async def _zoned(chat: Chat) -> None:
    await settle_on(chat.shop, delivery_zones=[zone.model_dump(mode="json") for zone in ZONES])


@pytest.mark.parametrize(
    ("address", "place", "names"),
    [
        ("Av. San Juan Bosco, ALTAMIRA, quinta 3", None, ["Chacao"]),
        ("Código 1060, casa 2", None, ["Chacao"]),
        ("Calle 10601, casa 2", None, []),
        ("Gurruchaga 1500, Palermo Soho", None, ["Palermo Soho"]),
        ("Gurruchaga 1500, Palermo", None, ["Palermo"]),
        ("entre Chacao y Palermo", None, ["Chacao", "Palermo"]),
        ("El Hatillo", None, []),
        ("", (10.505, -66.905), ["Centro"]),
        ("", (10.55, -66.9), ["Alrededores"]),
        ("Chacao", (10.505, -66.905), ["Centro"]),
        ("Chacao", (11.5, -66.9), ["Chacao"]),
        ("", (11.5, -66.9), []),
    ],
)
def test_an_address_lies_where_its_words_or_its_place_say(
    address: str, place: tuple[float, float] | None, names: list[str]
) -> None:
    latitude, longitude = place or (None, None)
    assert [zone.name for zone in zones_at(ZONES, address, latitude, longitude)] == names


async def test_the_fee_that_is_told_is_the_zones(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    near = await counter("set_delivery_details", fulfilment="delivery", address="Av. San Juan Bosco, Altamira, quinta 3")
    assert (near.status, fact(near, "fee"), fact(near, "total")) == ("ok", "3000.00", "53000.00")
    far = await counter("set_delivery_details", address="Gurruchaga 1500, Palermo Soho")
    assert fact(far, "fee") == "4500.00"


async def test_outside_all_zones_it_is_asked_and_nothing_is_placed(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    street = "Calle Bolívar, casa 7, El Hatillo"
    asked = await counter("set_delivery_details", fulfilment="delivery", address=street, recipient_name="Luis")
    assert (asked.status, asked.code) == ("ask", "which_zone")
    assert all(zone.name in spoken(asked) for zone in ZONES)
    # What was typed is kept, at no fee that nobody has told
    async with counter.chat.work() as work:
        draft = await drafts.open_draft(work, counter.chat.conversation_id)
    assert draft is not None
    assert (draft.address_text, draft.delivery_fee, draft.total) == (street, Decimal(0), Decimal(50000))
    again = await counter("request_confirmation")
    assert (again.status, again.code) == ("ask", "which_zone")
    unknown = await counter("set_delivery_details", zone="Marte")
    assert (unknown.status, unknown.code) == ("ask", "which_zone")
    said = await counter("set_delivery_details", zone="chacao")
    assert (said.status, fact(said, "fee")) == ("ok", "3000.00")
    assert street in spoken(await counter("request_confirmation")) or counter.staged
    # Another address forgets what was said of this one
    moved = await counter("set_delivery_details", address="Plaza del pueblo, casa 1")
    assert moved.code == "which_zone"


async def test_of_two_zones_that_an_address_names_one_is_asked_for(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    asked = await counter("set_delivery_details", fulfilment="delivery", address="Entre Chacao y Palermo, casa 2")
    assert asked.code == "which_zone"
    assert [option.name for option in asked.options] == ["Chacao", "Palermo"]


async def test_the_minimum_of_the_zone_holds(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=1)
    await counter("set_delivery_details", fulfilment="delivery", address="Altamira, quinta 3", recipient_name="Luis")
    small = await counter("request_confirmation")
    assert (small.code, fact(small, "minimum")) == ("below_minimum", "50000.00")


async def test_a_place_on_the_map_tells_its_zone(counter: Counter) -> None:
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    await message(counter, Place(latitude=10.505, longitude=-66.905, name="Mi casa", address=None))
    noted = await counter("set_delivery_details", fulfilment="delivery")
    assert fact(noted, "fee") == "2000.00"


async def test_where_there_are_no_zones_a_zone_means_nothing(counter: Counter, chat: Chat) -> None:
    await settle_on(chat.shop, delivery_zones=[])
    await counter("add_item_to_draft", product="HAR-1", quantity=2)
    noted = await counter("set_delivery_details", address="Altamira, quinta 3", zone="Chacao")
    assert (noted.status, fact(noted, "fee")) == ("ok", "5000.00")
