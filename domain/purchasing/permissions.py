"""What can be allowed around purchases."""

from core.access import Permission


class PurchasesPermission(Permission):
    """Permissions on purchase orders, receipts of goods and returns to suppliers."""

    READ = "purchases:read", "See purchase orders, receipts of goods and their costs."
    WRITE = "purchases:write", "Put purchase orders together, send, close and cancel them."
    RECEIVE = "purchases:receive", "Take in goods that were bought, and return them to the supplier."
