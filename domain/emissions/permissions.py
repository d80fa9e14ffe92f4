"""What can be allowed around emissions."""

from core.access import Permission


class EmissionsPermission(Permission):
    """Permissions on emissions."""

    READ = "emissions:read", "See emissions, their factors and reports."
    WRITE = "emissions:write", "Add sources and what they used, and have reports made."
    MANAGE = "emissions:manage", "Add factors, set boundaries, and have everything calculated anew."
