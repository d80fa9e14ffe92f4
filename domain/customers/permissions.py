"""What can be allowed around customers."""

from core.access import Permission


class CustomersPermission(Permission):
    """Permissions on customers."""

    READ = "customers:read", "See customers, their addresses and contacts."
    WRITE = "customers:write", "Add and change customers and their addresses."
    MERGE = "customers:merge", "Make two customers one, and undo it."
    CREDIT = "customers:credit", "Set how much may go out to a customer unpaid."
    REVEAL = (
        "customers:reveal",
        "See whole numbers of customers; each at the desk, and each list that is exported, is kept in the audit.",
    )
