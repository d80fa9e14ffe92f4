"""What can be allowed around suppliers."""

from core.access import Permission


class SuppliersPermission(Permission):
    """Permissions on suppliers."""

    READ = "suppliers:read", "See suppliers, what they sell and at what cost."
    WRITE = "suppliers:write", "Add and change suppliers and what they sell."
