"""What can be allowed around sales made elsewhere."""

from core.access import Permission


class SalesPermission(Permission):
    """Permissions on the history of sales."""

    READ = "sales:read", "See what was sold elsewhere."
    WRITE = "sales:write", "Add sales made elsewhere to the history, and take them back."
