"""What can be allowed around returns of customers."""

from core.access import Permission


class ReturnsPermission(Permission):
    """Permissions on returns and credit notes."""

    READ = "returns:read", "See returns of customers and their credit notes."
    WRITE = "returns:write", "Open and close returns of customers, and take the goods in."
    REFUND = "returns:refund", "Give money or other goods for what a customer has returned."
