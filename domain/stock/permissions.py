"""What can be allowed around stock."""

from core.access import Permission


class StockPermission(Permission):
    """Permissions on stock."""

    READ = "stock:read", "See stock levels, their movements and what is low."
    HOLD = "stock:hold", "Promise stock to an order, let go of it, and sell it."
    ADJUST = "stock:adjust", "Correct, receive, count and transfer stock, and set its limits."
