"""What is due in emissions: reports that are to be made; and the files that records and reports keep."""

from typing import Final

from sqlalchemy import text

from core.jobs import FileHolder, Job, Sweep

JOBS: Final = (Job("emission.report", "emission-report", 120),)

SWEEPS: Final = (
    Sweep(
        "emission.report",
        "report_id",
        text(
            """
            SELECT workspace_id, id, next_try_at AS since FROM emission_reports
            WHERE status = 'pending' AND next_try_at < clock_timestamp()
            ORDER BY next_try_at LIMIT :limit
            """
        ),
    ),
)

FILE_HOLDERS: Final = (FileHolder("emission_records"), FileHolder("emission_reports"))
