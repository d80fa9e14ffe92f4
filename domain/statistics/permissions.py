"""What can be allowed around statistics."""

from core.access import Permission


class StatisticsPermission(Permission):
    """Permissions on statistics; each metric also asks for the right to see what it is made of."""

    READ = "statistics:read", "See the figures of the shop, of whatever one may see anyway."
