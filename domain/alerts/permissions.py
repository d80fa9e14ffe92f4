"""What can be allowed around alerts."""

from core.access import Permission


class AlertsPermission(Permission):
    """Permissions on alerts."""

    READ = "alerts:read", "See what somebody should look at."
    HANDLE = "alerts:handle", "Take alerts on, put them off, and be told of them."
