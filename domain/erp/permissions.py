"""What can be allowed around the ERP."""

from core.access import Permission


class ErpPermission(Permission):
    """Permissions on the ERP."""

    READ = "erp:read", "See what the ERP said, how each run went, and what of it the house does not know."
    SYNC = "erp:sync", "Read the ERP now, stop a run, and say which product of the house is which of the ERP's."
    MANAGE = "erp:manage", "Say where the ERP is, with its password, its queries and who is right about which field."
