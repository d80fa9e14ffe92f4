"""What can be allowed around stock."""

from core.access import Permission


class StockPermission(Permission):
    """Permissions on stock."""

    READ = "stock:read", "See stock levels, their movements and what is low."
    HOLD = "stock:hold", "Promise stock to an order, let go of it, and sell it."
    ADJUST = "stock:adjust", "Correct and receive stock, approve transfers, apply counts, and set limits."
    COUNT = "stock:count", "Count what lies on the shelves."
    TRANSFER = "stock:transfer", "Ask for goods of another store, send them and take them in."
