"""Customers who share a telephone and may be one person: found and shown, never merged."""

from collections import defaultdict

from core.work import Work
from domain.customers import phones, repository
from domain.customers.permissions import CustomersPermission
from domain.customers.schemas import DoubleView, NumberView


async def doubles(work: Work) -> list[DoubleView]:
    """The telephones that more than one customer has in whatever spelling, those seen last first.

    A number that passed from one user id to another is not among them: its holders are known to be different people.
    """
    work.require(CustomersPermission.READ)
    holders: dict[str, list[NumberView]] = defaultdict(list)
    for number in await repository.numbers(work):
        holders[phones.address_key(number.written)].append(number)
    found = [
        DoubleView(phone=key, numbers=[number.seen_by(work.principal) for number in numbers]).seen_by(work.principal)
        for key, numbers in holders.items()
        if _may_be_one(numbers)
    ]
    return sorted(found, key=lambda double: max(number.last_seen_at for number in double.numbers), reverse=True)


def _may_be_one(numbers: list[NumberView]) -> bool:
    """Whether the holders of a telephone are more than their user ids tell apart."""
    customers = {number.customer_id for number in numbers}
    told_apart = {number.user_id for number in numbers if number.user_id is not None}
    return len(customers) > max(1, len(told_apart))
