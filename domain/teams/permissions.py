"""What can be allowed around the desk itself."""

from core.access import Permission


class DeskPermission(Permission):
    """Permissions on how people attend."""

    READ = "desk:read", "See the teams, who is at the desk, canned replies and macros."
    MANAGE = "desk:manage", "Set up teams, what people know and what they are given; canned replies and macros for all."
