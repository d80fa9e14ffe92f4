"""The routes of the console, in the order in which they are tried."""

from typing import Final

from fastapi import APIRouter

from app.console import account, audit, customers, entrance, files, home, inbox, orders, payments, products, start

ROUTERS: Final[tuple[APIRouter, ...]] = (
    entrance.router,
    start.router,
    account.router,
    home.router,
    inbox.router,
    files.router,
    orders.router,
    payments.router,
    customers.router,
    products.router,
    audit.router,
    start.last,
)
