"""What is due in imports: files whose rows are to be gone through, or taken back."""

from typing import Final

from sqlalchemy import text

from core.jobs import Job, Sweep

JOBS: Final = (Job("import.apply", "import-apply", 600),)

SWEEPS: Final = (
    Sweep(
        "import.apply",
        "import_id",
        text(
            """
            SELECT workspace_id, id, next_try_at AS since FROM imports
            WHERE status IN ('pending', 'processing', 'undoing') AND next_try_at < clock_timestamp()
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
)
