"""What can be allowed around the lines on which customers write."""

from core.access import Permission


class ConnectionsPermission(Permission):
    """Permissions on connections."""

    READ = "connections:read", "See the lines on which customers write."
    WRITE = "connections:write", "Add and change lines and their credentials."
