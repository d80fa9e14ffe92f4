"""What can be allowed around customers."""

from core.access import Permission


class CustomersPermission(Permission):
    """Permissions on customers."""

    READ = "customers:read", "See customers, their addresses and contacts."
    WRITE = "customers:write", "Add and change customers and their addresses."
