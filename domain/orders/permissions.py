"""What can be allowed around orders."""

from core.access import Permission


class OrdersPermission(Permission):
    """Permissions on orders."""

    READ = "orders:read", "See orders and drafts."
    DRAFT = "orders:draft", "Put an order together: items, delivery, way to pay."
    CONFIRM = "orders:confirm", "Ask for confirmation and place an order."
    CANCEL = "orders:cancel", "Cancel an order."
    PAY = "orders:pay", "Note on an order what was paid of it."
    FULFIL = "orders:fulfil", "Mark orders as packed, shipped and delivered."
