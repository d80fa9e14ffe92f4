"""What can be allowed around payments."""

from core.access import Permission


class PaymentsPermission(Permission):
    """Permissions on payments."""

    READ = "payments:read", "See payments and their receipts."
    CLAIM = "payments:claim", "Record what a customer says to have paid."
    VERIFY = "payments:verify", "Verify or reject a payment."
    REFUND = "payments:refund", "Give money of an order back."
