"""Playing one task: a customer writes to a shop of its own over the true way in, until nothing is left to be said."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import httpx

from core.work import open_work
from evals import snapshot, staff, world
from evals.customers.acting import perform
from evals.customers.base import Customer
from evals.evidence import Evidence, collect
from evals.founding import Founded, found
from evals.phone import Phone
from evals.quiet import NeverQuiet, until_quiet
from evals.tasks import Step, Task
from evals.world import World

PATIENCE = 75.0
"""Seconds for one answer: the turn's own budget, and something for the queues."""

CustomerFactory = Callable[[Task, int], Customer]

_NUMBERS = {"VE": "58412", "MX": "52155", "AR": "54911", "CO": "57300", "PE": "51987", "US": "1305"}


@dataclass
class Played:
    """A conversation that is over."""

    task: Task
    attempt: int
    place: Founded
    evidence: Evidence
    seconds: float
    patience: float = PATIENCE
    """Seconds that the customer waits for one answer."""
    waited: list[float] = field(default_factory=list)
    rounds: int = 0
    troubles: list[str] = field(default_factory=list)
    stuck: str | None = None


def number_for(shop: World, task: Task, attempt: int) -> str:
    """The customer's telephone number: that of the world's customer, or one made from the task."""
    if task.customer is not None:
        return shop.customers[task.customer].phone
    if task.phone is not None:
        return task.phone
    tail = sum(ord(char) * (index + 7) for index, char in enumerate(f"{task.id}/{attempt}"))
    prefix = _NUMBERS.get(shop.country, "1555")
    return prefix + f"{tail % 10 ** (12 - len(prefix)):0{12 - len(prefix)}d}"


async def play(
    client: httpx.AsyncClient, task: Task, attempt: int, make: CustomerFactory, patience: float = PATIENCE
) -> Played:
    """Play one task in a workspace of its own."""
    return await play_in(client, world.load(task.world), task, attempt, make, patience)


async def play_in(
    client: httpx.AsyncClient, shop: World, task: Task, attempt: int, make: CustomerFactory, patience: float = PATIENCE
) -> Played:
    """Play one task in a new workspace that is this world."""
    place = await found(shop, f"eval-{uuid4().hex[:10]}-{task.id}"[:90].rstrip("-"))
    async with open_work(place.principal) as work:
        baseline = await snapshot.take(work)
    phone = Phone(client, number_for(shop, task, attempt), place.connection)
    customer = make(task, attempt)
    played = Played(task, attempt, place, Evidence.nothing(), 0.0, patience)
    started = time.monotonic()
    try:
        await _talk(played, phone, customer, shop, baseline)
    except NeverQuiet as reason:
        played.stuck = str(reason)
    played.seconds = time.monotonic() - started
    played.troubles = customer.troubles
    played.evidence = await collect(place, baseline)
    return played


async def _talk(played: Played, phone: Phone, customer: Customer, shop: World, baseline: snapshot.Rows) -> None:
    task = played.task
    steps = await customer.respond([])
    while steps and played.rounds < task.most_rounds:
        played.rounds += 1
        for step in steps:
            await _do(step, played, phone, shop, baseline)
        played.waited.append(await until_quiet(played.place, phone.sent, played.patience))
        steps = await customer.respond(await phone.read())
    if steps:
        customer.troubles.append(f"still had something to say after {played.rounds} rounds")


async def _do(step: Step, played: Played, phone: Phone, shop: World, baseline: snapshot.Rows) -> None:
    """One step; what the shop's own people change in it belongs to the picture before."""
    if step.shop is None:
        await perform(step, phone, shop, played.task.language)
        return
    await until_quiet(played.place, phone.sent, played.patience)
    async with open_work(played.place.principal) as work:
        before = await snapshot.take(work)
    await staff.act(step.shop, played.place)
    async with open_work(played.place.principal) as work:
        snapshot.absorb(baseline, before, await snapshot.take(work))
    if step.is_message:
        await perform(step.model_copy(update={"shop": None}), phone, shop, played.task.language)
