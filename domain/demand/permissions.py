"""What can be allowed around demand."""

from core.access import Permission


class DemandPermission(Permission):
    """Permissions on the daily series of demand."""

    READ = "demand:read", "See what was sold day by day, and when a shelf was empty."
