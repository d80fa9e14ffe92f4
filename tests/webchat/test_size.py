"""What a page pays for the chat: bytes are counted, not seconds."""

import gzip

from app.web.chat import files
from tests.factories.webchat import Chat

LOADER_BYTES = 5_000
REST_BYTES = 40_000


async def test_the_script_of_a_page_is_small_and_asks_for_nothing_by_itself(chat: Chat) -> None:
    answer = await chat.http.get(f"/chat/{chat.slug}.js")

    assert answer.status_code == 200
    assert len(answer.content) <= LOADER_BYTES
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "fetch(" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_what_comes_with_the_first_touch_is_bounded(chat: Chat) -> None:
    page = await chat.page()
    begun = await page.ask("POST", "/session", json={})
    later = {files.LOADER, "join.js"}  # the latter comes when somebody wants to be known by their telephone
    names = [name for name in files.files() if name not in later]
    bodies = [(await chat.http.get(f"/chat/-/{files.release()}/{name}")).content for name in names]

    assert sum(map(len, bodies)) <= REST_BYTES
    # And on the way they are packed
    packed = await chat.http.get(f"/chat/-/{files.release()}/main.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert sum(len(gzip.compress(body)) for body in [*bodies, begun.content]) <= REST_BYTES / 2


async def test_files_are_kept_for_ever_under_the_name_of_their_release(chat: Chat) -> None:
    good = await chat.http.get(f"/chat/-/{files.release()}/main.js")
    assert "immutable" in good.headers["cache-control"]
    assert good.headers["access-control-allow-origin"] == "*"
    for name in ("loader.js", "nothing.js", "..%2f__init__.py"):
        assert (await chat.http.get(f"/chat/-/{files.release()}/{name}")).status_code == 404
    assert (await chat.http.get("/chat/-/older/main.js")).status_code == 404
