"""What the inbox has at hand beside what lives in it: views, teams and colleagues, canned replies and macros."""

from dataclasses import dataclass, field

from agent import macros as doing
from app.console.talk import Talk
from core.work import Work
from domain.conversations import desk, templates
from domain.conversations.templates import TemplateOffer
from domain.desk import canned, macros, views
from domain.desk.schemas import CannedReplyView, MacroView, ViewOfDesk
from domain.teams import service as teams
from domain.teams.permissions import DeskPermission
from domain.teams.schemas import SeatView, TeamView


@dataclass(frozen=True, slots=True)
class AtHand:
    """What filters and dialogs offer. Canned replies and templates are those of the conversation that is open."""

    views: list[ViewOfDesk]
    tags: list[str]
    teams: list[TeamView] = field(default_factory=list)
    seats: list[SeatView] = field(default_factory=list)
    canned: list[CannedReplyView] = field(default_factory=list)
    macros: list[MacroView] = field(default_factory=list)
    templates: list[TemplateOffer] = field(default_factory=list)
    me: SeatView | None = None


async def at_hand(work: Work, talk: Talk | None) -> AtHand:
    """Read it for whoever looks."""
    kept, tags = await views.list_views(work), await desk.known_tags(work)
    offered = await templates.offered(work, talk.entry.id) if talk is not None else []
    if not work.principal.may(DeskPermission.READ):
        return AtHand(kept, tags, templates=offered)
    seats = (await teams.list_seats(work)).items
    return AtHand(
        kept,
        tags,
        teams=[each for each in await teams.list_teams(work) if each.is_active],
        seats=seats,
        canned=await _filled(work, talk) if talk is not None else [],
        macros=await macros.list_macros(work) if talk is not None else [],
        templates=offered,
        me=next((each for each in seats if each.user_id == work.principal.id), None),
    )


async def _filled(work: Work, talk: Talk) -> list[CannedReplyView]:
    texts = await canned.list_canned(work)
    values = await doing.variables(work, talk.entry) if texts else {}
    return [each.model_copy(update={"text": canned.fill(each.text, values)}) for each in texts]
