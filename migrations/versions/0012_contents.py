"""Messages have one shape: what they say is one validated value, in the thread, in turns, in the journal and on the phones.

Revision ID: 0012_contents
Revises: 0011_imports
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012_contents"
down_revision = "0011_imports"
branch_labels = None
depends_on = None

TABLES = ("messages", "attachments", "turns", "journal_entries", "sandbox_messages")

# `address` is that of the file, `reference` the message's id at the provider.
CONTENT_OF = """
CREATE FUNCTION pg_temp.content_of(old text, said text, p jsonb, address text, reference text) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_strip_nulls(
        CASE
        WHEN old = 'text' THEN jsonb_build_object('kind', 'text', 'text', coalesce(said, ''))
        WHEN old = 'buttons' AND jsonb_typeof(p -> 'buttons') = 'array' THEN
            jsonb_build_object('kind', 'buttons', 'text', coalesce(said, ''), 'buttons', p -> 'buttons', 'footer', p -> 'footer')
        WHEN old = 'list' THEN
            jsonb_build_object('kind', 'choices', 'text', coalesce(said, ''), 'opener', p -> 'button', 'footer', p -> 'footer',
                'language', p -> 'language',
                'sections', CASE WHEN jsonb_typeof(p -> 'sections') = 'array' THEN p -> 'sections'
                                 ELSE jsonb_build_array(jsonb_build_object('rows', coalesce(p -> 'rows', '[]'))) END)
        WHEN old IN ('image', 'document', 'audio', 'voice', 'video', 'sticker') THEN
            jsonb_build_object('kind', 'file', 'media', old, 'url', coalesce(p ->> 'media_url', address, ''),
                'filename', p -> 'filename', 'caption', said)
        WHEN old = 'template' AND coalesce(p ->> 'name', p ->> 'template') IS NOT NULL THEN
            jsonb_build_object('kind', 'template', 'name', coalesce(p ->> 'name', p ->> 'template'),
                'language', coalesce(p ->> 'language', 'es'), 'placeholders', coalesce(p -> 'placeholders', '[]'))
        WHEN old = 'order' AND jsonb_typeof(p -> 'items') = 'array' THEN
            jsonb_build_object('kind', 'cart', 'items', p -> 'items', 'catalog_id', p -> 'catalog_id', 'note', said)
        WHEN old = 'location' AND jsonb_typeof(p -> 'latitude') = 'number' AND jsonb_typeof(p -> 'longitude') = 'number' THEN
            jsonb_build_object('kind', 'place', 'latitude', p -> 'latitude', 'longitude', p -> 'longitude',
                'name', p -> 'name', 'address', p -> 'address', 'url', p -> 'url')
        WHEN old = 'contact' THEN
            jsonb_build_object('kind', 'contact_card', 'people', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'name', one -> 'name' -> 'formattedName',
                    'phones', coalesce(jsonb_path_query_array(one, '$.phones[*].phone ? (@.type() == "string")'), '[]'),
                    'emails', coalesce(jsonb_path_query_array(one, '$.emails[*].email ? (@.type() == "string")'), '[]'),
                    'company', one -> 'org' -> 'company') ORDER BY place)
                FROM jsonb_array_elements(CASE WHEN jsonb_typeof(p -> 'contacts') = 'array' THEN p -> 'contacts' ELSE '[]' END)
                     WITH ORDINALITY AS entry (one, place)), '[]'))
        WHEN old = 'button_reply' THEN
            jsonb_build_object('kind', 'answer', 'via', CASE WHEN p ? 'template' THEN 'template' ELSE 'button' END,
                'id', coalesce(p ->> 'id', ''), 'title', coalesce(p ->> 'title', said, ''))
        WHEN old = 'list_reply' THEN
            jsonb_build_object('kind', 'answer', 'via', 'row', 'id', coalesce(p ->> 'id', ''),
                'title', coalesce(p ->> 'title', said, ''), 'description', p -> 'description')
        WHEN old = 'reaction' THEN
            jsonb_build_object('kind', 'reaction', 'emoji', p -> 'emoji', 'message_id', p -> 'message_id')
        WHEN old = 'deleted' THEN jsonb_build_object('kind', 'removed', 'message_id', coalesce(reference, ''))
        ELSE jsonb_build_object('kind', 'unsupported', 'text', said,
                'type', CASE WHEN old = 'unsupported' THEN p -> 'type' ELSE to_jsonb(old) END)
        END
        || CASE WHEN p ? 'product' OR p ? 'referral' THEN jsonb_build_object('about', jsonb_build_object(
                'product', CASE WHEN jsonb_typeof(p -> 'product') = 'string' THEN jsonb_build_object('sku', p -> 'product')
                                ELSE p -> 'product' END,
                'referral', p -> 'referral')) ELSE '{}' END)
    || CASE WHEN old = 'unsupported' AND jsonb_typeof(p -> 'content') = 'object'
            THEN jsonb_build_object('raw', p -> 'content')
            WHEN old = 'raw' AND jsonb_typeof(p -> 'message') = 'object' THEN jsonb_build_object('raw', p -> 'message')
            ELSE '{}' END
$$
"""
OLD_OF = """
CREATE FUNCTION pg_temp.old_of(c jsonb, is_ours boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'kind', CASE c ->> 'kind' WHEN 'choices' THEN 'list' WHEN 'file' THEN c ->> 'media' WHEN 'cart' THEN 'order'
                WHEN 'place' THEN 'location' WHEN 'contact_card' THEN 'contact' WHEN 'removed' THEN 'deleted'
                WHEN 'answer' THEN CASE c ->> 'via' WHEN 'row' THEN 'list_reply' ELSE 'button_reply' END
                ELSE c ->> 'kind' END,
        'text', CASE c ->> 'kind' WHEN 'file' THEN c -> 'caption' WHEN 'cart' THEN c -> 'note' WHEN 'answer' THEN c -> 'title'
                WHEN 'reaction' THEN c -> 'emoji'
                WHEN 'place' THEN to_jsonb(nullif(concat_ws(', ', c ->> 'name', c ->> 'address'), ''))
                WHEN 'contact_card' THEN to_jsonb(nullif(array_to_string(ARRAY(
                    SELECT one ->> 'name' FROM jsonb_array_elements(c -> 'people') WITH ORDINALITY AS entry (one, place)
                     ORDER BY place), ', '), ''))
                ELSE c -> 'text' END,
        'payload', CASE c ->> 'kind'
            WHEN 'buttons' THEN jsonb_strip_nulls(jsonb_build_object('buttons', c -> 'buttons', 'footer', c -> 'footer'))
            WHEN 'choices' THEN jsonb_strip_nulls(jsonb_build_object('button', c -> 'opener', 'sections', c -> 'sections',
                'footer', c -> 'footer', 'language', c -> 'language'))
            WHEN 'file' THEN CASE WHEN is_ours
                THEN jsonb_strip_nulls(jsonb_build_object('media_url', c -> 'url', 'filename', c -> 'filename')) ELSE '{}' END
            WHEN 'template' THEN c - 'kind' - 'about'
            WHEN 'cart' THEN jsonb_build_object('catalog_id', c -> 'catalog_id', 'items', c -> 'items')
            WHEN 'place' THEN c - 'kind' - 'about'
            WHEN 'contact_card' THEN jsonb_build_object('contacts', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'name', jsonb_build_object('formattedName', one -> 'name'),
                    'phones', coalesce((SELECT jsonb_agg(jsonb_build_object('phone', phone))
                        FROM jsonb_array_elements(coalesce(one -> 'phones', '[]')) AS phone), '[]'),
                    'emails', coalesce((SELECT jsonb_agg(jsonb_build_object('email', email))
                        FROM jsonb_array_elements(coalesce(one -> 'emails', '[]')) AS email), '[]'),
                    'org', jsonb_build_object('company', one -> 'company')) ORDER BY place)
                FROM jsonb_array_elements(c -> 'people') WITH ORDINALITY AS entry (one, place)), '[]'))
            WHEN 'answer' THEN c - 'kind' - 'about' - 'via'
                || CASE WHEN c ->> 'via' = 'template' THEN '{"template": true}' ELSE '{}' END::jsonb
            WHEN 'reaction' THEN jsonb_build_object('emoji', c -> 'emoji', 'message_id', c -> 'message_id',
                'action', CASE WHEN c ? 'emoji' THEN 'added' ELSE 'removed' END)
            WHEN 'unsupported' THEN jsonb_build_object('type', c -> 'type', 'content', coalesce(c -> 'raw', '{}'))
            ELSE '{}' END
            || coalesce(jsonb_strip_nulls(c -> 'about'), '{}'))
$$
"""


def _each(array: str, made: str) -> str:
    """SQL for a JSON array with something made of each `one` of it, in order."""
    return (
        f"coalesce((SELECT jsonb_agg({made} ORDER BY place) "
        f"FROM jsonb_array_elements({array}) WITH ORDINALITY AS entry (one, place)), '[]')"
    )


def _new(url: str = "NULL") -> str:
    return f"pg_temp.content_of(one ->> 'kind', one ->> 'text', coalesce(one -> 'payload', '{{}}'), {url}, NULL)"


_FILE = (
    "(SELECT file.source_url FROM attachments AS file WHERE file.workspace_id = turns.workspace_id "
    "AND file.id = (one ->> 'attachment_id')::uuid)"
)
_REFERRAL = """CASE WHEN jsonb_typeof(one -> 'referral') = 'object'
    THEN jsonb_build_object('about', jsonb_build_object('referral', one -> 'referral')) ELSE '{}' END"""
FORWARD = (
    """
    UPDATE messages SET
        content = CASE WHEN deleted_at IS NOT NULL
            THEN jsonb_build_object('kind', 'removed', 'message_id', coalesce(provider_message_id, ''))
            ELSE pg_temp.content_of(kind, text, payload, (
                SELECT file.source_url FROM attachments AS file
                 WHERE file.workspace_id = messages.workspace_id AND file.message_id = messages.id LIMIT 1
            ), provider_message_id) END,
        revisions = """
    + _each(
        "revisions",
        "jsonb_build_object('until', one -> 'until', 'content', "
        "pg_temp.content_of(kind, one ->> 'text', one -> 'payload', NULL, provider_message_id))",
    ),
    "UPDATE turns SET frozen = jsonb_set(jsonb_set(frozen, '{messages}', "
    + _each("frozen -> 'messages'", f"one - 'kind' - 'text' - 'payload' || jsonb_build_object('content', {_new(_FILE)})")
    + "), '{brief,messages}', "
    + _each(
        "frozen -> 'brief' -> 'messages'",
        f"one - 'kind' - 'text' - 'payload' - 'referral' || jsonb_build_object('content', {_new()} || {_REFERRAL})",
    )
    + ") WHERE jsonb_typeof(frozen -> 'messages') = 'array' AND jsonb_typeof(frozen -> 'brief' -> 'messages') = 'array'",
    "UPDATE journal_entries SET payload = jsonb_set(payload, '{staged}', "
    + _each("payload -> 'staged'", _new())
    + ") WHERE jsonb_typeof(payload -> 'staged') = 'array' AND payload -> 'staged' <> '[]'",
    """
    UPDATE sandbox_messages SET
        content = CASE WHEN payload ? 'deleted' THEN jsonb_build_object('kind', 'removed', 'message_id', provider_id)
            ELSE pg_temp.content_of(type, text,
                payload || CASE WHEN payload ? 'ad' THEN jsonb_build_object('referral', payload -> 'ad') ELSE '{}' END,
                NULL, provider_id) END,
        quoted = CASE WHEN jsonb_typeof(payload -> 'quoted') = 'number' THEN (payload ->> 'quoted')::bigint END,
        edited = payload ? 'edited'
    """,
)

_OLD = "pg_temp.old_of(one -> 'content', {ours})"
BACK = (
    """
    UPDATE messages SET kind = left(old ->> 'kind', 40), text = old ->> 'text', payload = old -> 'payload', revisions = """
    + _each(
        "revisions",
        "jsonb_build_object('until', one -> 'until', 'text', pg_temp.old_of(one -> 'content', false) -> 'text', "
        "'payload', pg_temp.old_of(one -> 'content', false) -> 'payload')",
    )
    + """
      FROM (SELECT workspace_id, id, pg_temp.old_of(content, direction = 'out') AS old FROM messages) AS was
     WHERE was.workspace_id = messages.workspace_id AND was.id = messages.id
    """,
    "UPDATE turns SET frozen = jsonb_set(jsonb_set(frozen, '{messages}', "
    + _each("frozen -> 'messages'", f"one - 'content' || {_OLD.format(ours='false')}")
    + "), '{brief,messages}', "
    + _each(
        "frozen -> 'brief' -> 'messages'",
        f"one - 'content' || {_OLD.format(ours='false')} "
        "|| jsonb_build_object('referral', one -> 'content' -> 'about' -> 'referral')",
    )
    + ") WHERE jsonb_typeof(frozen -> 'messages') = 'array' AND jsonb_typeof(frozen -> 'brief' -> 'messages') = 'array'",
    "UPDATE journal_entries SET payload = jsonb_set(payload, '{staged}', "
    + _each(
        "payload -> 'staged'",
        "pg_temp.old_of(one, true) || jsonb_build_object('void_on', "
        "CASE WHEN one -> 'buttons' -> 0 ->> 'id' LIKE 'confirm:%' THEN 'items_changed' END)",
    )
    + ") WHERE jsonb_typeof(payload -> 'staged') = 'array' AND payload -> 'staged' <> '[]'",
    """
    UPDATE sandbox_messages SET type = left(old ->> 'kind', 40), text = old ->> 'text',
           payload = (old -> 'payload') || jsonb_strip_nulls(jsonb_build_object('quoted', quoted,
               'edited', CASE WHEN edited THEN true END, 'deleted', CASE WHEN content ->> 'kind' = 'removed' THEN true END))
      FROM (SELECT workspace_id, id, pg_temp.old_of(content, direction = 'shop') AS old FROM sandbox_messages) AS was
     WHERE was.workspace_id = sandbox_messages.workspace_id AND was.id = sandbox_messages.id
    """,
)


def _show_all_rows(*, to_owner: bool) -> None:
    """Let the owner of the tables see the rows of every workspace, or no longer."""
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} {'NO ' if to_owner else ''}FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Make one content of kind, text and payload, wherever a message is kept."""
    _show_all_rows(to_owner=True)
    for table in ("messages", "sandbox_messages"):
        op.add_column(table, sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("sandbox_messages", sa.Column("quoted", sa.BigInteger(), nullable=True))
    op.add_column("sandbox_messages", sa.Column("edited", sa.Boolean(), server_default="false", nullable=False))
    op.execute(CONTENT_OF)
    for statement in FORWARD:
        op.execute(statement)
    op.execute("DROP FUNCTION pg_temp.content_of(text, text, jsonb, text, text)")
    for table, kind in (("messages", "kind"), ("sandbox_messages", "type")):
        op.alter_column(table, "content", nullable=False)
        for column in (kind, "text", "payload"):
            op.drop_column(table, column)
    _show_all_rows(to_owner=False)


def downgrade() -> None:
    """Go back to kind, text and payload; of a deleted message the kind is not known any more."""
    _show_all_rows(to_owner=True)
    for table, kind in (("messages", "kind"), ("sandbox_messages", "type")):
        op.add_column(table, sa.Column(kind, sa.String(length=40), server_default="text", nullable=False))
        op.add_column(table, sa.Column("text", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False))
    op.execute(OLD_OF)
    for statement in BACK:
        op.execute(statement)
    op.execute("DROP FUNCTION pg_temp.old_of(jsonb, boolean)")
    for table, kind in (("messages", "kind"), ("sandbox_messages", "type")):
        op.drop_column(table, "content")
        for column in (kind, "payload"):
            op.alter_column(table, column, server_default=None)
    for column in ("quoted", "edited"):
        op.drop_column("sandbox_messages", column)
    _show_all_rows(to_owner=False)
