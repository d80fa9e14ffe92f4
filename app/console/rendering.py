"""How a page is made: templates with the texts of the catalogue, and headers that keep strangers' words from doing anything."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_percent
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.console import catalogue, forms, manners
from app.console.manners import Manners
from app.console.talk import Wanted
from app.console.visits import LAST_WORKSPACE, Visit, Visitor
from core import charts, messages
from core.charts import Chart, Frame
from core.tables import new_id
from domain.connections.medium import Medium
from domain.connections.templates import PLACE
from domain.conversations.content import said
from domain.customers.schemas import ContactView
from domain.desk.schemas import ViewOfDesk

_FOLDER: Final = Path(__file__).parent
ASSETS: Final = _FOLDER / "assets"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types nexova"
)
"""Scripts and styles are files of ours, and nothing that stands in a page is ever run."""

HEADERS: Final = {
    "content-security-policy": POLICY,
    # With `no-referrer` a browser hides the origin of our own forms from us too.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
}

_SYMBOL = re.compile(r'<symbol id="([a-z-]+)">(.*?)</symbol>', re.DOTALL)
_MARKED = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")
_SCRIPT_AREA: Final = "console.script."


@lru_cache
def version() -> str:
    """The name of the assets of this release: they may be kept for ever, as others have another name."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@lru_cache
def _drawings() -> dict[str, str]:
    return dict(_SYMBOL.findall((ASSETS / "icons.svg").read_text(encoding="utf-8")))


def icon(name: str, label: str = "") -> Markup:
    """A drawing; without a label it is decoration."""
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" viewBox="0 0 24 24" {}>{}</svg>').format(told, Markup(_drawings()[name]))  # noqa: S704 # nosec B704 - our own file


def marked(words: str) -> Markup:
    """Words with what is *marked* in them as a phone shows it; nothing else of them is looked at."""
    return Markup(_MARKED.sub(r"<b>\1</b>", str(escape(words))))  # noqa: S704 # nosec B704 - escaped before


def asset(name: str) -> str:
    """The address of a file of the console."""
    return f"/console/assets/{version()}/{name}"


def initials(name: str) -> str:
    """One or two letters that stand for a person, or the end of a number that nobody has named."""
    words = name.split() or ["?"]
    if name.lstrip("+").isdigit():
        return name[-2:]
    return "".join(word[0] for word in (words if len(words) == 1 else (words[0], words[-1]))).upper()


def _placed(text: str) -> str:
    """The text of a template with its places as people number them."""
    return PLACE.sub(r"(\1)", text)


def _view_query(view: ViewOfDesk) -> str:
    return Wanted(view.filters).address


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"icon": icon, "asset": asset, "FORM_TOKEN": forms.FIELD, "new_key": new_id}
    environment.filters |= {
        "initials": initials,
        "words": said,
        "placed": _placed,
        "marked": marked,
        "zip": zip,
        "view_query": _view_query,
    }
    return environment


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart as a page shows it: for a wide screen, for a phone, and its numbers for a table."""

    chart: Chart
    wide: Markup
    narrow: Markup


def drawn(chart: Chart, draw: Callable[[Chart, Frame], str] = charts.line) -> Drawn:
    """Draw a chart by one of the drawers of `core.charts`; what a stranger has named is escaped there."""
    wide, narrow = (Markup(draw(chart, frame)) for frame in (charts.WIDE, charts.NARROW))  # noqa: S704 # nosec B704 - drawn by us
    return Drawn(chart, wide, narrow)


class Speech:
    """What a template says things with: the texts of a language, and dates and amounts as people of it write them."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, count: int | None = None, **fields: object) -> str:
        """The text `console.<key>`."""
        return messages.text(f"console.{key}", self.language, count=count, **fields)

    def text(self, key: str) -> str:
        """A text of the catalogue that is not the console's own."""
        return messages.text(key, self.language)

    def knows(self, key: str) -> bool:
        """Whether there is a text `console.<key>`."""
        return f"console.{key}" in messages.catalogue(self.language)

    def name(self, kind: str, value: object) -> str:
        """The name of a value of a closed set, `console.<kind>.<value>`; one that has none is shown as it is."""
        key = f"{kind}.{value}"
        return self(key) if self.knows(key) else str(value)

    def called(self, contact: ContactView) -> str:
        """How somebody who writes is named: by name, else by number; a stranger on a page of the shop has neither."""
        if contact.name is None and contact.phone is None and contact.medium is Medium.WEBCHAT:
            return self("webchat.visitor", sign=contact.contact_address_id.hex[-4:].upper())
        return contact.name or contact.phone or contact.address

    def moment(self, at: datetime, zone: str = "UTC", form: str = "d MMM y, HH:mm") -> str:
        """A time on the clock of a zone."""
        return str(format_datetime(at, form, tzinfo=ZoneInfo(zone), locale=Locale.parse(self.language)))

    def day(self, day: date | str, form: str = "EEEE d MMMM") -> str:
        """A day of the calendar."""
        known = date.fromisoformat(day) if isinstance(day, str) else day
        return str(format_date(known, form, locale=Locale.parse(self.language)))

    def percent(self, ratio: Decimal) -> str:
        """A part of a whole."""
        return str(format_percent(ratio, "#,##0.#%", locale=Locale.parse(self.language)))

    def money(self, amount: Decimal, currency: str, country: str | None = None) -> str:
        """An amount as people of the country write it."""
        return messages.money(amount, currency, country, self.language)

    def dollars(self, amount: Decimal) -> str:
        """What a model has cost, to a hundredth of a cent."""
        return messages.money(amount.quantize(Decimal("0.0001")), "USD", None, self.language) if amount else "–"

    def cost(self, amount: Decimal | None, currency: str, country: str | None = None) -> str:
        """What something costs to a fraction of a cent, or that nobody has said so."""
        if amount is None:
            return self("templates.price_unknown")
        return messages.money(amount.normalize(), currency, country, self.language, is_exact=True)

    def quantity(self, value: Decimal, unit: str, country: str | None = None) -> str:
        """A quantity with its unit, as people of the country write it."""
        return messages.quantity(value, unit, country, self.language)

    def span(self, seconds: int) -> str:
        """A length of time, in its largest unit."""
        return str(format_timedelta(timedelta(seconds=seconds), granularity="minute", locale=Locale.parse(self.language)))

    def number(self, value: Decimal | int, country: str | None = None) -> str:
        """A quantity as people of the country write it, without zeros that say nothing."""
        return messages.quantity(Decimal(value), "U", country, self.language)

    def for_scripts(self) -> dict[str, str]:
        """The texts that the scripts show."""
        texts = messages.catalogue(self.language)
        return {key.removeprefix(_SCRIPT_AREA): said for key, said in texts.items() if key.startswith(_SCRIPT_AREA)}


def _content(request: Request, by: Visit | Visitor | None, own: Mapping[str, Any]) -> dict[str, Any]:
    chosen: Manners = by.manners if by else manners.of(request)
    visit = by if isinstance(by, Visit) else None
    return {
        "say": Speech(chosen.language),
        "manners": chosen,
        "languages": manners.LANGUAGES,
        "visit": visit,
        "visitor": visit.visitor if visit else by,
        "address": request.url.path,
        "navigation": catalogue.groups(visit.principal) if visit else [],
        "current": None,
        **own,
    }


def page(
    request: Request,
    template: str,
    by: Visit | Visitor | None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **content: Any,
) -> HTMLResponse:
    """A page, or a part of one, of a template; `by` is whoever looks at it, and `content` is what it shows."""
    made = _environment().get_template(template).render(_content(request, by, content))
    answer = HTMLResponse(made, status, {**HEADERS, **(headers or {})})
    if isinstance(by, Visit) and request.cookies.get(LAST_WORKSPACE) != by.workspace.slug:
        answer.set_cookie(LAST_WORKSPACE, by.workspace.slug, path="/console", httponly=True, samesite="lax")
    return answer
