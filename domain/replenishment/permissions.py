"""What can be allowed around replenishment."""

from core.access import Permission


class ReplenishmentPermission(Permission):
    """Permissions on proposals."""

    READ = "replenishment:read", "See what should be ordered or moved, and why."
    DECIDE = "replenishment:decide", "Accept, change and reject what is proposed."
