"""The page of replies says what the renderer says."""

from tests.reply import replies_page


def test_the_page_of_replies_is_as_the_renderer_writes_it() -> None:
    assert replies_page.PAGE.read_text("utf-8") == replies_page.written(), "write it anew: python -m tests.reply.replies_page"


def test_a_reply_of_the_page_greets_once_and_asks_one_question() -> None:
    for steps in replies_page.threads().values():
        earlier: list[str] = []
        for step in steps:
            earlier.append(replies_page.rendered(step, earlier).text)
            assert earlier[-1].count("?") <= 1, earlier[-1]
        assert sum(text.startswith(("¡Hola", "Hello", "Hi", "Oi", "Olá")) for text in earlier) <= 1
