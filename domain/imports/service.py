"""Imports: taking a file in, going through its rows exactly once, saying what came of each, and taking them back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from core import events, outbox
from core.access import Principal, PrincipalKind
from core.errors import Abandoned, NotPermitted
from core.event_types import EventType
from core.language.folding import fold
from core.tables import new_id
from core.work import Work
from domain.accounts import service as accounts
from domain.catalog import service as catalog
from domain.catalog.schemas import StoreView
from domain.imports import repository
from domain.imports._finding import APPLY_JOB, PATIENCE, RUNNING, locked, rights_of, store_of, stores_of, works_in
from domain.imports._kinds import APPLY
from domain.imports._rows import Places, Result, begun, open_results
from domain.imports._telling import told, view_of
from domain.imports.errors import HeadingNotLearnt, ImportRunning, NothingToAnswer
from domain.imports.kinds import ImportStatus, RowOutcome
from domain.imports.models import Import
from domain.imports.permissions import ImportsPermission
from domain.imports.schemas import Answers, ImportView, Job
from domain.imports.sheets.choices import Choices
from domain.imports.sheets.headings import Field, FileType, key_of
from domain.imports.sheets.reading import Problem, Reading, Record
from domain.imports.sheets.refusals import FileRefused

MOST_ATTEMPTS = 10

_OF_EVERY_ROW = ("import_rows", "events", "event_positions")
_OF_LEVELS = (*_OF_EVERY_ROW, "stock_items", "stock_movements")
TABLES_THAT_GROW: Mapping[FileType, Sequence[str]] = {
    FileType.PRODUCTS: (
        *_OF_EVERY_ROW,
        "products",
        "product_variants",
        "prices",
        "search_words",
        "search_postings",
        "supplier_products",
    ),
    FileType.INVENTORY: _OF_LEVELS,
    FileType.PURCHASES: (*_OF_LEVELS, "goods_receipts", "goods_receipt_lines"),
    FileType.SALES: (*_OF_EVERY_ROW, "sale_lines"),
}
"""What the rows of an import are written to; a large one lets Postgres count them while it goes on."""


async def start(
    work: Work,
    filename: str,
    sha256: str,
    size: int,
    *,
    store: str | None,
    answers: Answers,
    is_dry_run: bool = False,
    is_announced: bool = True,
) -> ImportView:
    """Take a stored file in. `store` is the code of the store that it is for. Raises StoreNotFound.

    What `answers` say of headings is remembered for the shop's next files, unless it is a dry run. A worker reads the file
    at once, or, if it is not announced, when whoever brought it seems to have died over it.
    """
    work.require(ImportsPermission.WRITE)
    found = await catalog.get_store(work, store) if store is not None else None
    row = Import(
        workspace_id=work.workspace_id,
        id=new_id(),
        filename=_safe(filename),
        sha256=sha256,
        size=size,
        status=ImportStatus.PENDING.value,
        is_dry_run=is_dry_run,
        store_id=found.id if found else None,
        choices=answers.model_dump(mode="json"),
        rows=0,
        done=0,
        inserted=0,
        updated=0,
        unchanged=0,
        failed=0,
        problems=[],
        actor_kind=work.principal.kind.value,
        actor_id=work.principal.id,
        rights=rights_of(work),
        stores=stores_of(work),
        next_try_at=work.system_time + PATIENCE,
        attempts=0,
    )
    work.session.add(row)
    await work.session.flush()
    if not is_dry_run:
        await _learn_fields(work, answers)
    events.record(work, EventType.IMPORT_BEGUN, subject=row.id, after={"filename": row.filename, "dry_run": is_dry_run})
    if is_announced:
        outbox.enqueue(work, APPLY_JOB, import_id=row.id)
    await work.session.refresh(row)
    return view_of(row, found)


def _safe(filename: str) -> str:
    """The last part of a name, without what a file system or a header would stumble over."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable() and c not in '"<>|:*?')[-255:] or "import"


async def again(work: Work, id: UUID, answers: Answers, *, store: str | None = None, is_dry_run: bool = False) -> ImportView:
    """Take the file of an import in once more, with what was said of it and newer answers; raises ImportRunning."""
    work.require(ImportsPermission.WRITE)
    row = await locked(work, id)
    if row.status in RUNNING:
        raise ImportRunning
    given = Answers.model_validate(row.choices).merged(answers)
    known = await store_of(work, row)
    named = store or (known.code if known else None)
    return await start(work, row.filename, row.sha256, row.size, store=named, answers=given, is_dry_run=is_dry_run)


async def choices_of(work: Work, row: Import) -> Choices:
    """What is known of a file beside the file: what was said about it, and what the shop has taught."""
    work.require(ImportsPermission.READ)
    given = Answers.model_validate(row.choices)
    learnt = await repository.learnt(work)
    return Choices(
        file_type=given.file_type or (row.file_type if row.done else None),
        columns=given.by_heading,
        learnt={one.heading: Field(one.field) if one.field else None for one in learnt if one.is_field_learnt},
        mark=given.decimal,
        order=given.dates,
        learnt_marks={one.heading: one.decimal_mark for one in learnt if one.decimal_mark},
        learnt_orders={one.heading: one.date_order for one in learnt if one.date_order},
    )


async def take(work: Work, id: UUID) -> Job | None:
    """What there is to do on an import, None if it is over. One that many workers died of fails for good."""
    work.require_runtime()
    row = await locked(work, id)
    if row.status not in RUNNING:
        return None
    if row.attempts >= MOST_ATTEMPTS:
        _end(work, row, ImportStatus.FAILED, [Problem("import_gave_up")])
        return None
    row.attempts += 1
    row.next_try_at = work.system_time + PATIENCE
    row.started_at = row.started_at or work.now
    choices = await choices_of(work, row)
    rights = frozenset(str(right) for right in row.rights)
    stores = None if row.stores is None else frozenset(UUID(str(store)) for store in row.stores)
    principal = Principal(PrincipalKind(row.actor_kind), work.workspace_id, rights, row.actor_id, stores)
    return Job(
        id=row.id,
        filename=row.filename,
        sha256=row.sha256,
        status=ImportStatus(row.status),
        done=row.done,
        rows=row.rows,
        principal=principal,
        choices=choices,
    )


def _end(work: Work, row: Import, status: ImportStatus, problems: Sequence[Problem] = ()) -> None:
    row.status, row.completed_at = status, work.now
    row.problems = [*row.problems, *(told(problem) for problem in problems)]
    type = EventType.IMPORT_FAILED if status is ImportStatus.FAILED else EventType.IMPORT_COMPLETED
    counts = {name: getattr(row, name) for name in ("rows", "inserted", "updated", "unchanged", "failed")}
    events.record(work, type, subject=row.id, after={"status": row.status, **counts})


async def refuse(work: Work, id: UUID, error: FileRefused | NotPermitted) -> None:
    """End an import whose file cannot be read, or whose kind the person may not import."""
    work.require_runtime()
    row = await locked(work, id)
    if row.status in RUNNING:
        fields = {name: str(value) for name, value in error.fields.items()}
        _end(work, row, ImportStatus.FAILED, [Problem(error.code, told=fields)])


async def settle(work: Work, id: UUID, reading: Reading, titles: Sequence[str]) -> bool:
    """Write what a file was found to be; whether its rows can be gone through, or something has to be asked first.

    `titles` are the names and titles in which the store may be named.
    """
    work.require_runtime()
    row = await locked(work, id)
    if row.status not in RUNNING:
        raise Abandoned("the import is over")
    if row.status == ImportStatus.PROCESSING:
        return True
    questions = list(reading.questions)
    row.file_type = reading.file_type
    if reading.file_type not in (None, FileType.PRODUCTS) and row.store_id is None:
        open_to = [store for store in await catalog.stores(work) if works_in(row, store.id)]
        row.store_id = _store_named(open_to, [row.filename, *titles])
        if row.store_id is None and not all(Field.STORE in part.columns.values() for part in reading.parts):
            questions.append(Problem("store_missing", told={"found": ", ".join(store.code for store in open_to)}))
    row.problems = [told(problem) for problem in (*questions, *reading.notes)]
    row.rows = reading.rows
    row.status = ImportStatus.NEEDS_ANSWERS if questions else ImportStatus.PROCESSING
    return not questions


def _store_named(stores: Sequence[StoreView], titles: Sequence[str]) -> UUID | None:
    """The one store that names and titles speak of, or the only one there is."""
    if len(stores) == 1:
        return stores[0].id
    said = f" {key_of(' '.join(titles).replace('.', ' '))} "
    named = [
        store.id for store in stores if any(f" {key_of(name)} " in said for name in (store.code, store.name) if key_of(name))
    ]
    return named[0] if len(named) == 1 else None


async def apply_rows(work: Work, id: UUID, records: Sequence[Record], *, are_refused: bool = False) -> None:
    """Go through the next rows of an import, in the rights of whoever brought it; effects and progress commit together.

    Rows that are refused, as nothing comes of them but an error, fail. Raises Abandoned when another worker is further.
    """
    work.require(ImportsPermission.WRITE)
    await repository.one_at_a_time(work)
    row = await locked(work, id)
    if row.status != ImportStatus.PROCESSING or not records or row.done != records[0].number - 1:
        raise Abandoned("another worker is further")
    results = begun(records)
    shop = await accounts.get_workspace(work)
    # A store of others is as unknown as one that is not there.
    open_to = [store for store in await catalog.stores(work) if works_in(row, store.id)]
    places = Places(_by_name(open_to), row.store_id, shop.zone, work.now)
    work.session.expunge(row)
    if are_refused:
        for result in open_results(results):
            result.fail("row_refused")
    else:
        await APPLY[FileType(str(row.file_type))](work, row, results, places)
    await work.session.flush()
    await repository.add_rows(work, [_kept(work, row, result) for result in results])
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in RowOutcome}
    await repository.advance(
        work,
        id,
        done=row.done + len(results),
        attempts=0,
        next_try_at=work.system_time + PATIENCE,
        **{outcome.value: getattr(row, outcome.value) + counts[outcome] for outcome in RowOutcome},
    )


def _by_name(stores: Sequence[StoreView]) -> dict[str, UUID]:
    return {fold(name): store.id for store in stores for name in (store.name, store.code)}


def _kept(work: Work, row: Import, result: Result) -> dict[str, Any]:
    has_failed = result.outcome is RowOutcome.FAILED
    return {
        "workspace_id": work.workspace_id,
        "id": new_id(),
        "import_id": row.id,
        "number": result.record.number,
        "sheet": result.record.sheet[:255],
        "row": result.record.row,
        "outcome": result.outcome.value,
        "key": result.key[:200] if result.key else None,
        "digest": result.digest,
        "subject_id": None if row.is_dry_run else result.subject_id,
        "before": None if has_failed else result.before,
        "after": None if has_failed else result.after,
        "shown": list(result.record.shown.items()) if has_failed else None,
        "problems": [told(problem) for problem in result.problems] or None,
    }


async def finish(work: Work, id: UUID) -> None:
    """End an import all of whose rows are through."""
    work.require_runtime()
    row = await locked(work, id)
    if row.status == ImportStatus.PROCESSING and row.done == row.rows:
        _end(work, row, ImportStatus.COMPLETED)


async def answer(
    work: Work,
    id: UUID,
    answers: Answers,
    *,
    store: str | None = None,
    learn: bool = True,
    is_announced: bool = True,
) -> ImportView:
    """Answer what a file left open, and go on with it. What was said of headings is remembered for the shop's next files."""
    work.require(ImportsPermission.WRITE)
    row = await locked(work, id)
    if row.status != ImportStatus.NEEDS_ANSWERS:
        raise NothingToAnswer
    if store is not None:
        row.store_id = (await catalog.get_store(work, store)).id
    if learn:
        await _learn(work, row, answers)
    row.choices = Answers.model_validate(row.choices).merged(answers).model_dump(mode="json")
    row.status, row.problems = ImportStatus.PENDING, []
    row.next_try_at, row.attempts = work.system_time + PATIENCE, 0
    if is_announced:
        outbox.enqueue(work, APPLY_JOB, import_id=row.id)
    await work.session.flush()
    return view_of(row, await store_of(work, row))


async def forget(work: Work, heading: str) -> None:
    """Forget what was learnt of a heading; raises HeadingNotLearnt."""
    work.require(ImportsPermission.WRITE)
    row = await repository.forget(work, key_of(heading))
    if row is None:
        raise HeadingNotLearnt(heading=heading[:100])
    before = {"heading": row.heading, "field": row.field, "decimal": row.decimal_mark, "dates": row.date_order}
    events.record(work, EventType.IMPORT_HEADING_FORGOTTEN, subject=row.id, before=before)


async def _learn_fields(work: Work, answers: Answers) -> None:
    for heading, field in answers.by_heading.items():
        if len(heading) > 1:  # the letter of a column that has no heading says nothing of other files
            await repository.learn(work, heading, field=field.value if field else None, is_field_learnt=True)


async def _learn(work: Work, row: Import, answers: Answers) -> None:
    await _learn_fields(work, answers)
    asked = [(problem["code"], key_of(problem["column"] or "")) for problem in row.problems if problem.get("column")]
    for code, heading in asked:
        if code == "number_format_unclear" and answers.decimal and heading:
            await repository.learn(work, heading, decimal_mark=answers.decimal)
        if code == "date_order_unclear" and answers.dates and heading:
            await repository.learn(work, heading, date_order=answers.dates)
