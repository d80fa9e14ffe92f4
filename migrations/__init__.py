"""The schema's history (Alembic), and the security that Postgres itself enforces."""
