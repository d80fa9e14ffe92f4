"""Commits whose answer is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def losing(number: int, away_for: int = 0) -> Iterator[None]:
    """The connection breaks right after the n-th commit, and the server refuses so many transactions after it."""
    commits, refused = 0, 0

    def break_once(_: Session) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            raise ConnectionResetError("the server closed the connection")

    def refuse(*_: object) -> None:
        nonlocal refused
        if commits >= number and refused < away_for:
            refused += 1
            raise ConnectionRefusedError("the server is starting up")

    event.listen(Session, "after_commit", break_once)
    event.listen(Session, "after_begin", refuse)
    try:
        yield
        assert refused == away_for
    finally:
        event.remove(Session, "after_commit", break_once)
        event.remove(Session, "after_begin", refuse)


@contextmanager
def failing(number: int) -> Iterator[None]:
    """The n-th transaction comes to nothing: it is rolled back where it would have committed."""
    commits = 0

    def fail_once(_: Session) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            raise RuntimeError("a bug of the house")

    event.listen(Session, "before_commit", fail_once)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", fail_once)
