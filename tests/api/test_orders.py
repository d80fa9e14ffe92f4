"""A shop's orders over HTTP: from a draft of staff to the parcel, with nothing done twice and nobody beyond their store."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.access import Principal
from core.messages import text as words
from core.work import open_work
from domain.accounts.roles import Role
from domain.conversations import handoffs
from domain.stock import service as stock
from domain.stock.schemas import HoldLine
from tests.factories.chat import count, level, placed, reprice, settle_on
from tests.factories.desk import Desk
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace


async def test_staff_put_an_order_together_place_it_and_hand_it_over(desk: Desk) -> None:
    draft = await desk.order(payment_method="efectivo")
    assert (draft["status"], draft["number"], draft["total"]) == ("draft", None, "55000.00")
    assert "confirmation_token" not in draft
    path = f"/orders/{draft['id']}"
    for step, status in (("confirm", "confirmed"), ("pack", "confirmed"), ("ship", "shipped"), ("deliver", "delivered")):
        for _ in range(2):
            answer = await desk.post(f"{path}/{step}")
            assert (answer.status_code, answer.json()["status"]) == (200, status), (step, answer.text)
    shown = await desk.get(path)
    assert [step["to_status"] for step in shown["history"]["steps"]] == [
        "draft",
        "awaiting_confirmation",
        "confirmed",
        "shipped",
        "delivered",
    ]
    assert {step["actor_id"] for step in shown["history"]["steps"]} == {str(desk.owner.id)}
    assert (shown["number"], shown["balance"]["verified"], shown["payments"]) == (1001, "0", [])
    assert await level(desk.chat, "HAR-1") == (Decimal(8), Decimal(0))


async def test_a_draft_is_changed_from_the_version_that_was_seen(desk: Desk) -> None:
    draft = await desk.order()
    path = f"/api/v1/orders/{draft['id']}"
    seen = (await desk.api.get(path, headers=desk.owner.headers)).headers["etag"]
    body = {"lines": [{"sku": "ACE-1", "quantity": "1"}, {"sku": "HAR-1", "quantity": "0"}], "fulfilment": "pickup"}
    assert (await desk.api.patch(path, headers=desk.owner.headers, json=body)).status_code == 428
    answers = await asyncio.gather(
        *(desk.api.patch(path, headers=desk.owner.headers | {"if-match": seen}, json=body) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    changed = next(answer.json() for answer in answers if answer.status_code == 200)
    assert ([line["sku"] for line in changed["lines"]], changed["total"]) == (["ACE-1"], "45000.00")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"lines": [{"sku": "NO-1", "quantity": "1"}]}, "not_for_sale"),
        ({"lines": [{"sku": "HAR-1", "quantity": "0.5"}]}, "quantity_not_allowed"),
        ({"payment_method": "cripto"}, "payment_method_unknown"),
        ({"customer_id": str(uuid4())}, "customer_not_found"),
    ],
)
async def test_what_cannot_be_ordered_is_refused_and_leaves_nothing(desk: Desk, fields: dict[str, object], code: str) -> None:
    answer = await desk.post("/orders", {"customer_id": str(desk.chat.customer_id)} | fields)
    assert answer.json()["code"] == code, answer.text
    assert (await desk.get("/orders"))["data"] == []


async def test_what_stands_in_the_way_of_an_order_is_told(desk: Desk) -> None:
    bare = await desk.order(lines=[], fulfilment=None, address=None)
    refused = await desk.post(f"/orders/{bare['id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_incomplete")
    assert "items" in refused.json()["detail"]
    much = await desk.order(lines=[{"sku": "HAR-1", "quantity": "11"}])
    refused = await desk.post(f"/orders/{much['id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_out_of_stock")
    assert "HAR-1 (10" in refused.json()["detail"]
    await settle_on(desk.shop, minimum_order=Decimal(60000))
    small = await desk.order()
    assert (await desk.post(f"/orders/{small['id']}/confirm")).json()["code"] == "order_too_small"
    assert await level(desk.chat, "HAR-1") == (Decimal(10), Decimal(0))


async def test_nobody_places_an_order_at_a_price_they_have_not_seen(desk: Desk) -> None:
    draft = await desk.order()
    await reprice(desk.shop, "HAR-1", 30000)
    refused = await desk.post(f"/orders/{draft['id']}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_price_changed")
    headers = desk.owner.headers | {"if-match": f'"v{draft["version"]}"'}
    fresh = await desk.api.patch(f"/api/v1/orders/{draft['id']}", headers=headers, json={})
    assert fresh.json()["total"] == "65000.00"
    assert (await desk.post(f"/orders/{draft['id']}/confirm")).status_code == 200


async def test_what_was_to_be_paid_before_leaves_unpaid_within_credit_or_for_a_reason(desk: Desk) -> None:
    numbers = []
    for _ in range(3):
        order = await placed(desk.chat, {"HAR-1": 1})
        numbers.append(order.id)
    refused = await desk.post(f"/orders/{numbers[0]}/ship")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_unpaid")
    told = await desk.post(f"/orders/{numbers[0]}/ship", {"reason": "paga el viernes"})
    assert told.json()["status"] == "shipped"
    history = (await desk.get(f"/orders/{numbers[0]}"))["history"]["steps"]
    assert history[-1]["reason"] == "paga el viernes"
    # Given credit for two orders of 30000, of which one has left
    path = f"/api/v1/customers/{desk.chat.customer_id}"
    headers = desk.owner.headers | {"if-match": '"v1"'}
    assert (await desk.api.patch(path, headers=headers, json={"credit_limit": "60000"})).status_code == 200
    assert (await desk.post(f"/orders/{numbers[1]}/ship")).status_code == 200
    assert (await desk.post(f"/orders/{numbers[2]}/ship")).json()["code"] == "order_unpaid"


async def test_a_customer_is_told_that_their_order_left_or_was_cancelled_unless_a_person_attends_them(desk: Desk) -> None:
    first, second, third = [await placed(desk.chat, {"HAR-1": 1}) for _ in range(3)]
    for _ in range(2):
        await desk.post(f"/orders/{first.id}/ship", {"reason": "confianza"})
        await desk.post(f"/orders/{second.id}/cancel", {"reason": "sin reparto hoy"})
    assert await desk.heard() == [words("order.shipped", "es", number=1001), words("order.cancelled", "es", number=1002)]
    async with open_work(desk.chat.staff) as work:
        await handoffs.take(work, desk.chat.conversation_id)
    await desk.post(f"/orders/{third.id}/cancel", {"reason": "sin reparto hoy"})
    assert await desk.heard() == []
    shown = await desk.get(f"/orders/{third.id}")
    assert (shown["status"], shown["cancel_reason"]) == ("cancelled", "sin reparto hoy")
    assert await level(desk.chat, "HAR-1") == (Decimal(9), Decimal(0))


async def test_of_cancel_and_ship_at_once_one_gets_through(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    shipped, cancelled = await asyncio.gather(
        desk.post(f"/orders/{order.id}/ship", {"reason": "x"}), desk.post(f"/orders/{order.id}/cancel", {"reason": "x"})
    )
    assert sorted((shipped.status_code, cancelled.status_code)) == [200, 409]
    on_hand = Decimal(9) if shipped.status_code == 200 else Decimal(10)
    assert await level(desk.chat, "HAR-1") == (on_hand, Decimal(0))


async def test_an_order_that_many_confirm_at_once_is_one_order(desk: Desk) -> None:
    draft = await desk.order()
    answers = await asyncio.gather(*(desk.post(f"/orders/{draft['id']}/confirm") for _ in range(5)))
    assert {(answer.status_code, answer.json()["number"]) for answer in answers} == {(200, 1001)}
    assert await level(desk.chat, "HAR-1") == (Decimal(8), Decimal(0))


async def test_one_key_thrice_at_once_is_one_order(desk: Desk) -> None:
    body = {"customer_id": str(desk.chat.customer_id), "lines": [{"sku": "HAR-1", "quantity": "2"}]}
    answers = await asyncio.gather(*(desk.post("/orders", body, idempotency_key="one") for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    again = await desk.post("/orders", body, idempotency_key="one")
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await desk.get("/orders"))["data"]) == 1
    other = await desk.post("/orders", body | {"notes": "x"}, idempotency_key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_key_whose_connection_was_killed_on_the_way_happens_once_in_the_end(desk: Desk) -> None:
    draft = await desk.order()
    path = f"/orders/{draft['id']}/confirm"

    async def kill() -> None:
        """Cut every other connection, again and again, while the request is served."""
        for _ in range(20):
            async with open_work(desk.shop.principal) as work:
                await work.session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE pid <> pg_backend_pid() AND usename = current_setting('session_authorization')"
                        " AND datname = current_database()"
                    )
                )

    async def ask() -> int:
        try:
            return (await desk.post(path, idempotency_key="once")).status_code
        except Exception:  # the far end of a cut connection may say anything
            return 0

    codes = [(await asyncio.gather(ask(), kill(), return_exceptions=True))[0] for _ in range(3)]
    last = await desk.post(path, idempotency_key="once")
    assert (last.status_code, last.json()["number"]) == (200, 1001), codes
    assert await level(desk.chat, "HAR-1") == (Decimal(8), Decimal(0))
    assert await count(desk.shop, "order_counters") == 1


async def test_a_placed_order_of_staff_is_changed_by_an_amendment(desk: Desk) -> None:
    draft = await desk.order()
    await desk.post(f"/orders/{draft['id']}/confirm")
    amendment = (await desk.post(f"/orders/{draft['id']}/amend")).json()
    assert (await desk.post(f"/orders/{draft['id']}/amend")).json()["id"] == amendment["id"]
    path, headers = f"/api/v1/orders/{amendment['id']}", desk.owner.headers | {"if-match": f'"v{amendment["version"]}"'}
    body = {"lines": [{"sku": "HAR-1", "quantity": "3"}, {"sku": "ACE-1", "quantity": "1"}]}
    assert (await desk.api.patch(path, headers=headers, json=body)).status_code == 200
    assert (await desk.get(f"/orders/{draft['id']}"))["total"] == "55000.00"
    applied = await desk.post(f"/orders/{amendment['id']}/confirm")
    assert (applied.json()["id"], applied.json()["total"]) == (draft["id"], "125000.00")
    assert await level(desk.chat, "HAR-1") == (Decimal(7), Decimal(0))
    shown = await desk.get(f"/orders/{draft['id']}")
    assert [each["status"] for each in shown["history"]["amendments"]] == ["applied"]
    assert [each["id"] for each in (await desk.get("/orders"))["data"]] == [draft["id"]]
    # Given another one that is begun before the goods leave
    late = (await desk.post(f"/orders/{draft['id']}/amend")).json()
    await desk.post(f"/orders/{draft['id']}/ship", {"reason": "x"})
    assert (await desk.post(f"/orders/{late['id']}/confirm")).json()["code"] == "order_not_changeable"


async def test_an_order_of_a_chat_is_changed_there(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    assert (await desk.post(f"/orders/{order.id}/amend")).json()["code"] == "order_of_chat"


async def test_a_list_is_filtered_sorted_and_paged_while_orders_come(desk: Desk) -> None:
    there = [await desk.order(lines=[{"sku": "HAR-1", "quantity": str(1 + number % 2)}]) for number in range(5)]
    confirmed = there[0]
    await desk.post(f"/orders/{confirmed['id']}/confirm")
    found = await desk.get("/orders", status=["confirmed", "shipped"], customer_id=str(desk.chat.customer_id))
    assert [each["id"] for each in found["data"]] == [confirmed["id"]]
    assert [each["id"] for each in (await desk.get("/orders", number=1001))["data"]] == [confirmed["id"]]
    assert (await desk.get("/orders", payment_status="paid"))["data"] == []
    assert (await desk.get("/orders", until=there[0]["created_at"]))["data"] == []
    for sort, key in (("-created_at", "created_at"), ("created_at", "created_at"), ("-total", "total"), ("total", "total")):
        seen: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": 2, "sort": sort}
        for _ in range(12):
            page = await desk.get("/orders", **query)
            seen += page["data"]
            if sort == "-created_at":
                await desk.order()  # what comes at the front moves nothing
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        ids = [each["id"] for each in seen]
        assert len(ids) == len(set(ids)), sort
        assert set(ids) >= {each["id"] for each in there}, sort
        values = [Decimal(each[key]) if key == "total" else each[key] for each in seen]
        assert values == sorted(values, reverse=sort.startswith("-")), sort


async def branch_of(desk: Desk) -> tuple[UUID, Employee]:
    """A second store with flour, and a manager who works there only."""
    async with open_work(Principal.system(desk.workspace.id)) as work:
        branch = await desk.shop.open_branch(work)
        await stock.receive(work, branch, [HoldLine(variant_id=desk.shop.variants["HAR-1"], quantity=Decimal(5))])
    return branch, await employ(desk.api, desk.workspace, Role.MANAGER, branch)


async def test_whoever_works_in_one_store_sees_and_sells_from_there_only(desk: Desk) -> None:
    order = await placed(desk.chat, {"HAR-1": 1})
    branch, limited = await branch_of(desk)
    stranger = await employ(desk.api, await make_workspace())
    for by in (limited, stranger):
        assert (await desk.get("/orders", by=by))["data"] == []
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/confirm", None),
            ("POST", "/amend", None),
            ("POST", "/pack", None),
            ("POST", "/ship", {"reason": "x"}),
            ("POST", "/deliver", None),
            ("POST", "/cancel", {"reason": "x"}),
            ("PATCH", "", {"notes": "x"}),
        ):
            answer = await desk.api.request(
                method, f"/api/v1/orders/{order.id}{path}", headers=by.headers | {"if-match": '"v1"'}, json=body
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found"), (path, answer.text)
    theirs = await desk.order(by=limited)
    done = await desk.post(f"/orders/{theirs['id']}/confirm", by=limited)
    assert (done.status_code, done.json()["store_id"]) == (200, str(branch)), done.text
    foreign = await desk.post(
        "/orders", {"customer_id": str(desk.chat.customer_id), "store_id": str(desk.shop.store_id)}, by=limited
    )
    assert foreign.status_code == 403


async def test_every_verb_leaves_its_event_with_who_did_it(desk: Desk) -> None:
    draft = await desk.order(payment_method="efectivo")
    for step in ("confirm", "pack", "ship", "deliver"):
        await desk.post(f"/orders/{draft['id']}/{step}")
    async with open_work(desk.shop.principal) as work:
        rows = await work.session.execute(
            text("SELECT type, actor_id FROM events WHERE subject_id = :order ORDER BY created_at"), {"order": draft["id"]}
        )
        found = [(row.type, row.actor_id) for row in rows]
    kinds = [kind for kind, _ in found]
    for kind in ("order.drafted", "order.confirmed", "order.packed", "order.shipped", "order.delivered"):
        assert kinds.count(kind) == 1, kind
    assert {actor for _, actor in found} == {desk.owner.id}
