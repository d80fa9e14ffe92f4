"""What can be allowed around the catalogue."""

from core.access import Permission


class CatalogPermission(Permission):
    """Permissions on the catalogue."""

    READ = "catalog:read", "See products, prices, categories and stores."
    WRITE = "catalog:write", "Change products, prices, categories, stores and other names."
