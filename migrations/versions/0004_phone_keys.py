"""One key for all spellings of a telephone: Brazil's ninth digit, Mexico's 521, Argentina's 549.

Where several addresses turn out to be one telephone, the last one seen keeps the key; nothing is merged, and
`nexova customers doubles` shows them.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The rules of domain/customers/phones.py as they were on the day of this migration.
_BRAZIL = r"^\+55(1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])[6-9]\d{7}$"
CANONICAL = rf"""
    CASE WHEN address_key ~ '^\+?521\d{{10}}$' THEN '+52' || right(address_key, 10)
         WHEN address_key ~ '^\+549\d{{10}}$' THEN '+54' || right(address_key, 10)
         WHEN address_key ~ '{_BRAZIL}' THEN substr(address_key, 1, 5) || '9' || substr(address_key, 6)
         ELSE address_key END
"""
UPGRADE = (
    f"""
    UPDATE contact_addresses AS loser SET address_key = NULL
      FROM (SELECT workspace_id, id, row_number() OVER (
                PARTITION BY workspace_id, channel, {CANONICAL} ORDER BY last_seen_at DESC, id DESC) AS place
              FROM contact_addresses WHERE address_key IS NOT NULL) AS ranked
     WHERE ranked.place > 1 AND loser.workspace_id = ranked.workspace_id AND loser.id = ranked.id
    """,
    f"UPDATE contact_addresses SET address_key = {CANONICAL} WHERE address_key <> {CANONICAL}",
    r"""
    UPDATE contact_addresses SET phone = '+52' || right(address, 10)
     WHERE phone IS NULL AND address ~ '^\+?521\d{10}$'
    """,
    """
    UPDATE customers SET phone = contact.phone
      FROM contact_addresses AS contact
     WHERE contact.workspace_id = customers.workspace_id AND contact.customer_id = customers.id
       AND customers.phone IS NULL AND contact.phone IS NOT NULL
    """,
)
DOWNGRADE = (
    r"""
    UPDATE contact_addresses SET address_key = CASE WHEN address ~ '^\+?521' THEN ltrim(address, '+')
                                                    ELSE '+' || ltrim(address, '+') END
     WHERE address_key IS NOT NULL AND address ~ '^\+?(521|549|55)\d{10,11}$'
    """,
)


def _run(statements: tuple[str, ...]) -> None:
    """Run statements on the rows of all workspaces, which the owner of the tables may not see otherwise."""
    for table in ("customers", "contact_addresses"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    for table in ("customers", "contact_addresses"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Give every address its canonical key, the last one seen where two are one."""
    _run(UPGRADE)


def downgrade() -> None:
    """Go back to the keys that were made from the numbers as written; what a double gave up stays given up."""
    _run(DOWNGRADE)
