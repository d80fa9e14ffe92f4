"""The desk over the API: what is prepared, by whom it is set up, and what a conversation has of it."""

from datetime import timedelta

from core.clock import process_now
from domain.accounts.roles import Role
from tests.factories.desk import Desk
from tests.factories.staff import employ


async def test_what_is_prepared_is_set_up_by_those_who_may_and_used_by_those_who_attend(desk: Desk) -> None:
    olga = await employ(desk.api, desk.workspace, Role.OPERATOR)
    viewer = await employ(desk.api, desk.workspace, Role.VIEWER)
    at = f"/conversations/{desk.chat.conversation_id}"
    # Canned replies and macros are kept by whoever sets up the desk
    hello = {"shortcut": "hola", "text": "Hola {first_name}"}
    assert (await desk.post("/canned-replies", hello, olga)).status_code == 403
    made = await desk.post("/canned-replies", hello)
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
    path = f"/api/v1/canned-replies/{made.json()['id']}"
    stale = await desk.api.put(path, headers=desk.owner.headers | {"if-match": '"v2"'}, json=hello)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    assert (await desk.api.put(path, headers=desk.owner.headers, json=hello)).status_code == 428
    unknown = await desk.post("/canned-replies", {"shortcut": "x", "text": "{precio}"})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "variable_unknown")
    assert [each["shortcut"] for each in (await desk.get("/canned-replies", viewer))["data"]] == ["hola"]
    gone = await desk.api.delete(f"{path}?reason=vieja", headers=desk.owner.headers)
    assert (gone.status_code, (await desk.get("/canned-replies"))["data"]) == (204, [])
    deeds = [{"deed": "tag", "tags": ["listo"]}, {"deed": "reply", "text": "Gracias"}, {"deed": "resolve"}]
    assert (await desk.post("/macros", {"name": "x", "deeds": deeds[::-1]})).status_code == 422
    macro = (await desk.post("/macros", {"name": "Cerrar", "deeds": deeds})).json()

    # Whoever has a conversation plans a reply in it, and takes it back
    await desk.post(f"{at}/take", by=olga)
    seen = (await desk.get(f"{at}/messages", olga, limit=1))["data"][0]["id"]
    later = (process_now() + timedelta(hours=1)).isoformat()
    body = {"text": "Luego te digo", "send_at": later, "last_seen_message_id": seen}
    assert (await desk.post(f"{at}/planned", body)).json()["code"] == "not_your_conversation"
    planned = await desk.post(f"{at}/planned", body, olga)
    assert planned.status_code == 201, planned.text
    assert [each["text"] for each in (await desk.get(f"{at}/planned"))["data"]] == ["Luego te digo"]
    cancelled = await desk.post(f"{at}/planned/{planned.json()['id']}/cancel", by=olga)
    assert (cancelled.json()["status"], (await desk.get(f"{at}/planned"))["data"]) == ("cancelled", [])

    # And runs the macro once, however often the request comes
    run = {"last_seen_message_id": seen}
    first = await desk.post(f"{at}/macros/{macro['id']}", run, olga, idempotency_key="once")
    again = await desk.post(f"{at}/macros/{macro['id']}", run, olga, idempotency_key="once")
    assert (first.status_code, first.json()["tags"], first.json()["voice"]) == (200, ["listo"], "agent")
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    said = [each for each in (await desk.get(f"{at}/messages"))["data"] if each["author"] == "operator"]
    assert [each["content"]["text"] for each in said] == ["Gracias"]

    # Views are one's own
    view = {"name": "Listas", "filters": {"queue": "all", "tag": "listo"}}
    kept = await desk.post("/views", view, olga)
    assert kept.status_code == 201, kept.text
    assert (await desk.get("/views"))["data"] == []
    assert (await desk.post("/views", view | {"is_shared": True}, olga)).status_code == 403
    theirs = await desk.api.delete(f"/api/v1/views/{kept.json()['id']}", headers=desk.owner.headers)
    assert (theirs.status_code, theirs.json()["code"]) == (404, "view_not_found")
    assert (await desk.api.delete(f"/api/v1/views/{kept.json()['id']}", headers=olga.headers)).status_code == 204
