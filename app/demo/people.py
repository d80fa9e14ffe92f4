"""Who can be signed in as in a development: the people of the demo shops, whose password everybody knows."""

from dataclasses import dataclass
from functools import lru_cache

from app.demo.schemas import demo_shops
from domain.accounts.roles import Role

DEMO_PASSWORD = "admin123"  # noqa: S105  # everybody knows it, which is why no demo goes into production


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of a demo shop, with the password that opens the console."""

    email: str
    name: str
    role: Role
    shop: str
    password: str = DEMO_PASSWORD


@lru_cache
def demo_people() -> tuple[DemoPerson, ...]:
    """Everybody who works in a demo shop, shop by shop."""
    return tuple(
        DemoPerson(user.email, user.name, user.role, shop.workspace.name) for shop in demo_shops() for user in shop.users
    )
