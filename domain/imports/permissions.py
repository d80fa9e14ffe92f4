"""What can be allowed around imports."""

from core.access import Permission


class ImportsPermission(Permission):
    """Permissions on imports."""

    READ = "imports:read", "See what was imported from files, and what came of every row."
    WRITE = "imports:write", "Import products, counts, sales and purchases from files, and undo it."
