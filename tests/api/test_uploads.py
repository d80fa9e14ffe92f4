"""Attacks on the upload of imports: forms that lie, that say too much, and that cannot be taken apart."""

import json
from dataclasses import dataclass

import httpx
import pytest

from tests.drain import drain
from tests.factories.shop import open_shop
from tests.factories.staff import Employee, employ
from tests.factories.workspaces import make_workspace

PATH = "/api/v1/imports"
SHEET = b"C\xc3\xb3digo;Nombre;Precio\nA1;Arroz;2,50\n"
MARK = "nexova-test-boundary"


@dataclass(frozen=True)
class Part:
    """A part of a form: its disposition as it stands, and its content."""

    disposition: str
    content: bytes = SHEET


FILE = Part('name="file"; filename="lista.csv"')


def body(*parts: Part, end: bytes = b"--\r\n") -> bytes:
    mark = f"--{MARK}".encode()
    written = [mark + b"\r\ncontent-disposition: form-data; " + p.disposition.encode() + b"\r\n\r\n" + p.content for p in parts]
    return b"\r\n".join([*written, mark]) + end


@pytest.fixture
async def owner(api: httpx.AsyncClient) -> Employee:
    workspace = await make_workspace()
    await open_shop(workspace.id)
    return await employ(api, workspace)


async def send(
    api: httpx.AsyncClient, owner: Employee, content: bytes, kind: str = f"multipart/form-data; boundary={MARK}", **headers: str
) -> httpx.Response:
    return await api.post(PATH, content=content, headers={**owner.headers, "content-type": kind, **headers})


async def begun(api: httpx.AsyncClient, owner: Employee) -> list[str]:
    return [one["filename"] for one in (await api.get(PATH, headers=owner.headers)).json()["data"]]


def field(name: str, value: bytes) -> Part:
    return Part(f'name="{name}"', value)


INVALID = {
    "two files": body(FILE, FILE),
    "two files of other names": body(FILE, Part('name="second"; filename="x.csv"')),
    "the file under another name": body(Part('name="data"; filename="x.csv"')),
    "a file that is a field": body(Part('name="file"')),
    "a part without a name": body(Part('filename="x.csv"')),
    "a thousand fields": body(FILE, *(field(f"f{n}", b"x") for n in range(1_000))),
    "a field of two megabytes": body(FILE, field("store", b"x" * 2 * 2**20)),
    "a field that is not known": body(FILE, field("dryrun", b"true")),
    "a field that stands twice": body(FILE, field("dry_run", b"true"), field("dry_run", b"false")),
    "a dry run that is not said clearly": body(FILE, field("dry_run", b"yes")),
    "answers that nest without end": body(FILE, field("answers", b"[" * 200_000)),
    "answers of another form": body(FILE, field("answers", json.dumps({"colour": "red"}).encode())),
    "answers that are no object": body(FILE, field("answers", b"3")),
    "no end": body(FILE, end=b""),
    "cut in the file": body(FILE)[:-60],
    "nothing": b"",
    "no form": b"Nombre;Precio",
    "another mark": body(FILE).replace(MARK.encode(), b"something-else"),
}


@pytest.mark.parametrize("case", INVALID)
async def test_a_form_that_cannot_be_meant_is_refused_and_begins_nothing(
    api: httpx.AsyncClient, owner: Employee, case: str
) -> None:
    answer = await send(api, owner, INVALID[case])

    assert (answer.status_code, answer.json()["code"]) == (400, "import_form_invalid"), answer.text
    assert await begun(api, owner) == []


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "text/csv", "application/x-www-form-urlencoded", ""]
)
async def test_a_kind_of_body_that_is_no_form_is_refused(api: httpx.AsyncClient, owner: Employee, kind: str) -> None:
    answer = await send(api, owner, body(FILE), kind)

    assert (answer.status_code, answer.json()["code"]) == (400, "import_form_invalid"), answer.text


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\ana\\lista.csv", "lista.csv"),
        ("..", ".."),
        ("/", "import"),
        ("<script>alert(1)</script>.csv", "script.csv"),
        ("x" * 400 + ".csv", "x" * 251 + ".csv"),
        ("\u202elista.csv", "lista.csv"),
        ("", "import"),
    ],
)
async def test_a_name_of_a_file_is_only_a_name(api: httpx.AsyncClient, owner: Employee, name: str, kept: str) -> None:
    answer = await send(api, owner, body(Part(f'name="file"; filename="{name}"')))

    assert answer.status_code == 202, answer.text
    assert answer.json()["filename"] == kept


async def test_a_length_that_lies_is_no_way_past_the_limit(api: httpx.AsyncClient, owner: Employee) -> None:
    large = body(Part(FILE.disposition, b"a" * 12 * 2**20))

    told = await send(api, owner, body(FILE), **{"content-length": str(5 * 2**30)})
    untold = await send(api, owner, large, **{"content-length": "10"})
    odd = await send(api, owner, large, **{"content-length": "many"})

    assert {(one.status_code, one.json()["code"]) for one in (told, untold, odd)} == {(413, "body_too_large")}


@pytest.mark.parametrize("store", [b"\x00", b"\xff\xfe", "T-1\u202e".encode(), b"'; DROP TABLE imports; --", b"x" * 5_000])
async def test_an_odd_store_is_not_there(api: httpx.AsyncClient, owner: Employee, store: bytes) -> None:
    answer = await send(api, owner, body(FILE, field("store", store)))

    assert answer.status_code in (400, 404, 422), answer.text
    assert await begun(api, owner) == []


@pytest.mark.parametrize("content", [b"", b"\x00" * 1_000, b"PK\x03\x04" + b"\xff" * 500, b"\x1f\x8b" + bytes(range(256)) * 40])
async def test_what_is_no_sheet_ends_with_a_reason(api: httpx.AsyncClient, owner: Employee, content: bytes) -> None:
    answer = await send(api, owner, body(Part(FILE.disposition, content)))
    assert answer.status_code == 202
    await drain()

    result = (await api.get(f"{PATH}/{answer.json()['id']}", headers=owner.headers)).json()
    assert result["status"] in ("failed", "needs_answers")
    assert result["errors"][0]["suggestion"]


async def test_what_an_undo_did_is_told_row_by_row(api: httpx.AsyncClient, owner: Employee) -> None:
    answer = await send(api, owner, body(Part(FILE.disposition, SHEET + b"A2;Pasta;3,00\n")))
    await drain()
    path = f"{PATH}/{answer.json()['id']}"
    changed = await api.get("/api/v1/products?code=A2", headers=owner.headers)
    assert changed.status_code in (200, 400)
    assert (await api.post(f"{path}/undo", headers=owner.headers)).status_code == 202
    await drain()

    rows = (await api.get(f"{path}/rows", headers=owner.headers)).json()["data"]
    assert [(row["number"], row["outcome"], row["undo"]) for row in rows] == [
        (1, "inserted", "reversed"), (2, "inserted", "reversed"),
    ]  # fmt: skip
    again = await api.post(f"{path}/undo", headers=owner.headers)
    assert (again.status_code, again.json()["code"]) == (409, "import_nothing_to_undo")


async def test_a_place_of_one_list_is_no_place_of_another(api: httpx.AsyncClient, owner: Employee) -> None:
    for _ in range(2):
        answer = await send(api, owner, body(Part(FILE.disposition, SHEET + b"A2;Pasta;3,00\n")))
    await drain()
    cursor = (await api.get(f"{PATH}?limit=1", headers=owner.headers)).json()["next_cursor"]
    assert cursor

    crossed = await api.get(f"{PATH}/{answer.json()['id']}/rows?cursor={cursor}", headers=owner.headers)

    assert crossed.status_code == 400
