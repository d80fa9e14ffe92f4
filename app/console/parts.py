"""The parts of the inbox that live: each has an id and a digest, and can be put in place as often as one likes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from app.console import talk
from app.console.at_hand import AtHand, at_hand
from app.console.refusals import FRAGMENT
from app.console.rendering import page
from app.console.talk import Talk, Wanted
from app.console.visits import Visit
from app.web.company import Beside, Company
from app.web.files import SHOWN
from core.work import Work, open_work
from domain.accounts import service as accounts
from domain.connections.medium import TRAITS
from domain.conversations.desk import EVERYTHING
from domain.conversations.permissions import ConversationsPermission
from domain.conversations.schemas import DeskPage
from domain.customers.permissions import CustomersPermission
from domain.payments.permissions import PaymentsPermission


@dataclass(frozen=True, slots=True)
class Made:
    """Parts as HTML, and a digest that is another one whenever anything in them is."""

    html: str
    digest: str
    seconds: float = float("inf")
    """After how long they are to be looked at again, though nothing tells of a change."""


class Parts:
    """A queue, and a conversation if one is open, as somebody sees them now."""

    def __init__(self, request: Request, visit: Visit, wanted: Wanted, shown: int = talk.MESSAGES) -> None:
        self._request, self._visit, self._wanted, self._shown = request, visit, wanted, shown
        self._queue: DeskPage | None = None
        self._talk: Talk | None = None
        self._now: datetime | None = None
        self._names: dict[UUID, str] = {}
        self._at_hand: AtHand | None = None
        self._beside: Beside | None = None

    async def meet(self, company: Company) -> None:
        """Be seen in the conversation that is open, and see who else is."""
        if self._wanted.conversation_id is not None:
            self._beside = await company.look(self._visit.principal, self._wanted.conversation_id)

    async def read(self, *, whole: bool = False) -> None:
        """Read all of it in one transaction; the `whole` page has at hand what does not live in it, too."""
        async with open_work(self._visit.principal) as work:
            self._now = work.now
            self._queue = await talk.queue(work, self._wanted)
            if self._wanted.conversation_id is not None:
                self._talk = await talk.open_talk(work, self._wanted.conversation_id, self._shown)
            self._names = await self._called(work)
            if whole:
                self._at_hand = await at_hand(work, self._talk)

    async def read_talk(self) -> None:
        """Read the conversation alone."""
        assert self._wanted.conversation_id is not None, "whoever asks has one open"
        async with open_work(self._visit.principal) as work:
            self._talk = await talk.open_talk(work, self._wanted.conversation_id, self._shown)
            self._names = await self._called(work)

    async def _called(self, work: Work) -> dict[UUID, str]:
        """How the colleagues that are seen are called."""
        operators = {each.operator_id for each in self._queue.items if each.operator_id} if self._queue else set()
        beside = self._beside.looking | self._beside.writing if self._beside else frozenset[UUID]()
        return await accounts.names(work, operators | beside | (self._talk.people if self._talk else set()))

    def content(self) -> dict[str, Any]:
        """What the templates show."""
        principal = self._visit.principal
        return {
            "queue": self._queue,
            "talk": self._talk,
            "wanted": self._wanted,
            "shown": self._shown,
            "now": self._now,
            "names": self._names,
            "window_end": talk.window_end,
            "at_hand": self._at_hand,
            "beside": self._beside,
            "may_see_numbers": principal.may(CustomersPermission.REVEAL),
            "may_take": principal.may(ConversationsPermission.TAKE),
            "may_reply": principal.may(ConversationsPermission.REPLY),
            "SHOWN": SHOWN,
            "PICTURES_OF": {medium: traits.pictures for medium, traits in TRAITS.items()},
            "may_verify": principal.may(PaymentsPermission.VERIFY),
        }

    def render(self) -> Made:
        """The parts as fragments."""
        answer = page(self._request, "_inbox_parts.html", self._visit, **self.content())
        made = bytes(answer.body).decode()
        digest = hashlib.sha256(made.encode()).hexdigest()[:16]
        return Made(made, digest, self._beside.seconds) if self._beside else Made(made, digest)


async def answer(request: Request, visit: Visit, conversation_id: UUID, *, status: int = 200, **content: Any) -> Response:
    """What has changed in a conversation, as fragments, or the page again where no script has asked."""
    if FRAGMENT not in request.headers and status < 400:
        return RedirectResponse(visit.at(f"inbox/{conversation_id}"), 303)
    parts = Parts(request, visit, Wanted(EVERYTHING, conversation_id=conversation_id))
    await parts.read_talk()
    nothing = dict.fromkeys(("taken", "unseen", "sent", "taken_back", "gone", "noted", "planned", "number"))
    return page(request, "_inbox_answer.html", visit, status=status, **{**parts.content(), **nothing, **content})
