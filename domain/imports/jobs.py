"""What is due in imports: files whose rows are to be gone through, or taken back."""

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from core.jobs import FileHolder, Job, Retention, Sweep

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

FILE_HOLDERS: Final = (FileHolder("imports"),)

RETENTIONS: Final = (
    Retention(
        "imports, with their rows and files",
        timedelta(days=365),
        "the file came",
        text(
            """
            DELETE FROM imports WHERE (workspace_id, id) IN (
                SELECT workspace_id, id FROM imports
                WHERE created_at < clock_timestamp() - :kept AND status NOT IN ('pending', 'processing', 'undoing')
                LIMIT least(:limit, 20)
            )
            """
        ),
        "one that is under way",
    ),
)
