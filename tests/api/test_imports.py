"""Imports over HTTP: a file goes up, its result is read, its questions are answered, and it is taken back."""

import io
import tempfile
from pathlib import Path

import httpx
import openpyxl
import pytest

from domain.accounts.roles import Role
from domain.imports import looking
from tests.drain import drain
from tests.factories.shop import open_shop
from tests.factories.staff import employ
from tests.factories.workspaces import make_workspace

PRODUCTS = "Código;Nombre;Precio\nA1;Arroz;2,50\nA2;;3,00\n"
UNCLEAR = "Código;Nombre;Precio\nA9;Pan;1,800\n"


async def test_a_file_is_loaded_seen_and_taken_back(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    owner = await employ(api, workspace)
    headers = {**owner.headers, "idempotency-key": "one"}
    files = {"file": ("lista.csv", PRODUCTS.encode())}

    first = await api.post("/api/v1/imports", files=files, headers=headers)
    again = await api.post("/api/v1/imports", files=files, headers=headers)
    await drain()

    assert (first.status_code, first.json()["status"]) == (202, "pending")
    id = first.json()["id"]
    assert again.json()["id"] == id
    result = (await api.get(f"/api/v1/imports/{id}", headers={**owner.headers, "accept-language": "en"})).json()
    assert list(result) == [
        "id", "status", "file_type", "store", "rows", "inserted", "updated", "unchanged", "failed", "errors"
    ]  # fmt: skip
    assert (result["status"], result["inserted"], result["failed"]) == ("completed", 1, 1)
    assert list(result["errors"][0]) == ["row", "column", "value", "code", "message", "suggestion"]
    assert (result["errors"][0]["row"], result["errors"][0]["code"]) == (3, "name_missing")
    sheet = await api.get(f"/api/v1/imports/{id}/failed", headers=owner.headers)
    assert sheet.text.splitlines()[1].startswith("A2,,")
    listed = (await api.get("/api/v1/imports", headers=owner.headers)).json()
    assert [one["id"] for one in listed["data"]] == [id]
    products = await api.get("/api/v1/exports/products", headers=owner.headers)
    assert "A1,Arroz" in products.text

    assert (await api.post(f"/api/v1/imports/{id}/undo", headers=owner.headers)).status_code == 202
    await drain()
    undone = (await api.get(f"/api/v1/imports/{id}/undo", headers=owner.headers)).json()
    assert (undone["status"], undone["reversed"]) == ("undone", 1)


async def test_a_question_is_answered_and_the_answer_is_learnt(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    owner = await employ(api, workspace)
    begun = await api.post("/api/v1/imports", files={"file": ("x.csv", UNCLEAR.encode())}, headers=owner.headers)
    await drain()
    path = f"/api/v1/imports/{begun.json()['id']}"
    asked = (await api.get(path, headers=owner.headers)).json()
    assert (asked["status"], asked["errors"][0]["code"]) == ("needs_answers", "number_format_unclear")

    said = await api.post(f"{path}/answers", json={"answers": {"decimal": "point"}}, headers=owner.headers)
    await drain()

    assert said.status_code == 200
    assert (await api.get(path, headers=owner.headers)).json()["inserted"] == 1
    # The next file of the same form asks no more
    begun = await api.post("/api/v1/imports", files={"file": ("y.csv", UNCLEAR.encode())}, headers=owner.headers)
    await drain()
    next_one = (await api.get(f"/api/v1/imports/{begun.json()['id']}", headers=owner.headers)).json()
    assert (next_one["status"], next_one["unchanged"]) == ("completed", 1)

    # What was learnt is seen, and forgotten however the heading is written; then the next file asks again
    headings = "/api/v1/imports/headings"
    learnt = (await api.get(headings, headers=owner.headers)).json()
    assert learnt["data"] == [{"heading": "precio", "field": None, "decimal": "point", "dates": None}]
    viewer = await employ(api, workspace, Role.VIEWER)
    assert (await api.get(headings, headers=viewer.headers)).status_code == 200
    assert (await api.delete(f"{headings}/PRECIO", headers=viewer.headers)).status_code == 403
    key = owner.headers | {"idempotency-key": "k"}
    assert [(await api.delete(f"{headings}/PRECIO", headers=key)).status_code for _ in range(2)] == [204, 204]
    for unknown in ("Precio", "precio/caja"):
        refused = await api.delete(f"{headings}/{unknown}", headers=owner.headers)
        assert (refused.status_code, refused.json()["code"]) == (404, "heading_not_learnt")
    trail = (await api.get("/api/v1/audit?type=import_heading.forgotten", headers=owner.headers)).json()["data"]
    assert [each["before"]["heading"] for each in trail] == ["precio"]
    begun = await api.post("/api/v1/imports", files={"file": ("z.csv", UNCLEAR.encode())}, headers=owner.headers)
    await drain()
    again = (await api.get(f"/api/v1/imports/{begun.json()['id']}", headers=owner.headers)).json()
    assert again["status"] == "needs_answers"


@pytest.mark.parametrize(
    ("form", "code", "status"),
    [
        ({"data": {"store": "T-1"}}, "import_form_invalid", 400),
        ({"files": {"file": ("x.csv", b"a;b")}, "data": {"answers": "{"}}, "import_form_invalid", 400),
        ({"files": {"file": ("x.csv", b"a;b")}, "data": {"store": "none"}}, "store_not_found", 404),
        ({"files": {"file": ("x.csv", b"a" * (10 * 2**20 + 1))}}, "file_too_large", 413),
    ],
)
async def test_a_form_that_cannot_be_taken_says_why(
    api: httpx.AsyncClient, form: dict[str, object], code: str, status: int
) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    owner = await employ(api, workspace)

    answer = await api.post("/api/v1/imports", headers=owner.headers, **form)  # type: ignore[arg-type]  # parts of a request

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_viewer_may_look_and_not_load(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    viewer = await employ(api, workspace, Role.VIEWER)

    sent = await api.post("/api/v1/imports", files={"file": ("x.csv", b"a;b")}, headers=viewer.headers)

    assert sent.status_code == 403
    assert (await api.get("/api/v1/imports", headers=viewer.headers)).status_code == 200


async def test_the_sheet_to_correct_holds_every_row_that_failed(api: httpx.AsyncClient) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    owner = await employ(api, workspace)
    content = "Código;Nombre;Precio\n" + "".join(f"B{n};;1,50\n" for n in range(looking.MOST_ROWS + 20))
    begun = await api.post("/api/v1/imports", files={"file": ("x.csv", content.encode())}, headers=owner.headers)
    await drain()

    sheet = await api.get(f"/api/v1/imports/{begun.json()['id']}/failed", headers=owner.headers)

    lines = sheet.text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [f"B{n}" for n in range(looking.MOST_ROWS + 20)]
    nothing = await api.get(f"/api/v1/imports/{workspace.id}/failed", headers=owner.headers)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "import_not_found")


async def test_a_list_goes_out_as_a_workbook_and_leaves_no_file(api: httpx.AsyncClient, tmp_path: Path) -> None:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    owner = await employ(api, workspace)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        answer = await api.get("/api/v1/exports/products?format=xlsx", headers=owner.headers)

    assert answer.headers["content-disposition"] == 'attachment; filename="products.xlsx"'
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].values)
    assert [row[0] for row in rows] == ["code", "ACE-1", "HAR-1", "QUE-1"]
    assert list(tmp_path.iterdir()) == []


async def test_a_last_page_that_is_full_has_none_behind_it(api: httpx.AsyncClient) -> None:
    # Given a file of two rows
    workspace = await make_workspace()
    await open_shop(workspace.id)
    owner = await employ(api, workspace)
    content = "Código;Nombre;Precio\nB1;Uno;1,50\nB2;Dos;2,50\n"
    begun = await api.post("/api/v1/imports", files={"file": ("x.csv", content.encode())}, headers=owner.headers)
    await drain()

    # Then a page that just holds what there is says that there is no more, and a smaller one that there is
    for path, whole in (("/api/v1/imports", 1), (f"/api/v1/imports/{begun.json()['id']}/rows", 2)):
        found = (await api.get(path, params={"limit": whole}, headers=owner.headers)).json()
        assert (len(found["data"]), found["has_more"], found["next_cursor"]) == (whole, False, None)
    part = (await api.get(f"/api/v1/imports/{begun.json()['id']}/rows", params={"limit": 1}, headers=owner.headers)).json()
    assert (len(part["data"]), part["has_more"]) == (1, True)
