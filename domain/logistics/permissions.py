"""What can be allowed around logistics."""

from core.access import Permission


class LogisticsPermission(Permission):
    """Permissions on vehicles and routes."""

    READ = "logistics:read", "See vehicles, plans and routes."
    PLAN = "logistics:plan", "Keep vehicles, plan routes, and let them leave."
    DRIVE = "logistics:drive", "Say what became of a stop."
