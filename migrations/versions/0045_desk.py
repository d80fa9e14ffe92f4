"""The desk: teams and seats, who is offered a hand-off, its clocks and its snooze; tags and words of conversations.

Revision ID: 0045_desk
Revises: 0053_alerts
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import closed_sets, security

revision = "0045_desk"
down_revision = "0053_alerts"
branch_labels = None
depends_on = None

RULES = ("rule_vip", "rule_amount", "rule_topic")
TOLD = ("handoff_offered", "handoff_returned", "handoff_breached", "snooze_over", "mentioned", "reply_held")
SEEN_BY_SYSTEM = "workspace_id, id, released_at, assign_at, due_at"

WORDS = """
INSERT INTO conversation_words (workspace_id, word, conversation_id)
SELECT DISTINCT m.workspace_id, left(found.word, 40), m.conversation_id
FROM messages m
JOIN conversations c ON c.workspace_id = m.workspace_id AND c.id = m.conversation_id AND c.member_id IS NULL,
LATERAL regexp_split_to_table(
    translate(lower(m.content->>'text'), 'áàâãäéèêëíìîïóòôõöúùûüñç', 'aaaaaeeeeiiiiooooouuuunc'), '[^a-z0-9]+'
) AS found(word)
WHERE length(found.word) > 1 OR found.word ~ '[0-9]'
"""

TIMES = """
UPDATE handoffs SET
    since = coalesce(released_at, taken_at, requested_at),
    waited_seconds = greatest(0, extract(epoch FROM coalesce(taken_at, released_at, requested_at) - requested_at)),
    handled_seconds = greatest(0, extract(epoch FROM coalesce(released_at, taken_at) - taken_at)),
    outcome = CASE WHEN released_at IS NOT NULL THEN 'released' END
"""


def _of_workspace() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
    ]


def _secured(table: str, *parts: sa.schema.SchemaItem) -> None:
    made = op.create_table(
        table,
        *parts,
        *_of_workspace(),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f(f"pk_{table}")),
    )
    security.secure(table, made.columns.keys())


def upgrade() -> None:
    """Make the tables, and give hand-offs their clocks."""
    _secured(
        "teams",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.String(length=40)), server_default="{}", nullable=False),
        sa.Column("assignment", sa.String(length=20), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("assignment IN ('pick', 'round_robin', 'load')", name=op.f("ck_teams_assignment_known")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_teams_workspace_id_name")),
    )
    _secured(
        "seats",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("team_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.String(length=40)), server_default="{}", nullable=False),
        sa.Column("capacity", sa.Integer()),
        sa.Column("is_away", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("offered_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_seats_user_id")),
        sa.UniqueConstraint("workspace_id", "user_id", name=op.f("uq_seats_workspace_id_user_id")),
    )
    _give_clocks()
    _find_words()


def _give_clocks() -> None:
    closed_sets.know("handoffs", "reason", *RULES)
    closed_sets.know("notices", "kind", *TOLD)
    moments = (
        "since",
        "offered_at",
        "first_response_at",
        "waits_since",
        "answered_at",
        "waited_before",
        "response_due_at",
        "resolution_due_at",
        "answer_due_at",
        "response_breached_at",
        "resolution_breached_at",
        "snoozed_until",
        "assign_at",
    )
    for name in moments:
        op.add_column("handoffs", sa.Column(name, sa.DateTime(timezone=True)))
    for name in ("waited_seconds", "handled_seconds", "spent_seconds", "breaches"):
        op.add_column("handoffs", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("handoffs", sa.Column("team_id", sa.Uuid()))
    op.add_column("handoffs", sa.Column("topic", sa.String(length=40)))
    op.add_column("handoffs", sa.Column("offered_to", sa.Uuid()))
    op.add_column("handoffs", sa.Column("outcome", sa.String(length=20)))
    op.add_column("handoffs", sa.Column("is_snoozed", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(op.f("ck_handoffs_outcome_known"), "handoffs", "outcome IN ('released', 'resolved')")
    op.create_foreign_key(
        op.f("fk_handoffs_workspace_id_team_id"), "handoffs", "teams", ["workspace_id", "team_id"], ["workspace_id", "id"]
    )
    # The policy of the rows is forced on their owner as well.
    op.execute("ALTER TABLE handoffs NO FORCE ROW LEVEL SECURITY")
    op.execute(TIMES)
    op.execute("ALTER TABLE handoffs FORCE ROW LEVEL SECURITY")
    op.alter_column("handoffs", "since", nullable=False)
    op.add_column(
        "handoffs",
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            sa.Computed(
                "least(CASE WHEN response_breached_at IS NULL THEN response_due_at END,"
                " CASE WHEN resolution_breached_at IS NULL THEN resolution_due_at END,"
                " answer_due_at, CASE WHEN is_snoozed THEN snoozed_until END)",
                persisted=True,
            ),
        ),
    )
    op.create_index("ix_handoffs_due", "handoffs", ["due_at"], postgresql_where=sa.text("released_at IS NULL"))
    op.create_index("ix_handoffs_thread", "handoffs", ["workspace_id", "conversation_id", "requested_at"])
    op.execute(f"GRANT SELECT ({SEEN_BY_SYSTEM}) ON handoffs TO {security.SYSTEM}")
    op.execute(f"CREATE POLICY handoffs_system_reads ON handoffs FOR SELECT TO {security.SYSTEM} USING (true)")


def _find_words() -> None:
    op.add_column(
        "conversations", sa.Column("tags", postgresql.ARRAY(sa.String(length=40)), server_default="{}", nullable=False)
    )
    made = op.create_table(
        "conversation_words",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(length=40, collation="C"), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_conversation_words_workspace_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_conversation_words_workspace_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "word", "conversation_id", name=op.f("pk_conversation_words")),
    )
    for table in ("messages", "conversations"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(WORDS)
    for table in ("messages", "conversations"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    security.secure("conversation_words", made.columns.keys())


def downgrade() -> None:
    """Forget teams, seats, clocks, tags and words."""
    op.drop_table("conversation_words")
    op.drop_column("conversations", "tags")
    op.execute("DROP POLICY handoffs_system_reads ON handoffs")
    op.drop_index("ix_handoffs_thread", "handoffs")
    op.drop_index("ix_handoffs_due", "handoffs")
    op.drop_constraint(op.f("fk_handoffs_workspace_id_team_id"), "handoffs", type_="foreignkey")
    for name in (
        "due_at",
        "since",
        "offered_at",
        "first_response_at",
        "waits_since",
        "answered_at",
        "waited_before",
        "response_due_at",
        "resolution_due_at",
        "answer_due_at",
        "response_breached_at",
        "resolution_breached_at",
        "snoozed_until",
        "assign_at",
        "waited_seconds",
        "handled_seconds",
        "spent_seconds",
        "breaches",
        "team_id",
        "topic",
        "offered_to",
        "outcome",
        "is_snoozed",
    ):
        op.drop_column("handoffs", name)
    closed_sets.know_no_more("handoffs", "reason", *RULES)
    closed_sets.know_no_more("notices", "kind", *TOLD)
    op.drop_table("seats")
    op.drop_table("teams")
