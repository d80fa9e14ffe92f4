"""The routes of the console, in the order in which they are tried."""

from typing import Final

from fastapi import APIRouter

from app.console import account, audit, entrance, files, home, inbox, orders, start

ROUTERS: Final[tuple[APIRouter, ...]] = (
    entrance.router,
    start.router,
    account.router,
    home.router,
    inbox.router,
    files.router,
    orders.router,
    audit.router,
    start.last,
)
