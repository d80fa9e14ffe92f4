"""What may go wrong with an ERP."""

from core.errors import Conflict, DomainError, Invalid, NotFound


class ErpConnectionNotFound(NotFound):
    """There is no such connection to an ERP."""

    code = "erp_connection_not_found"


class ErpConnectionExists(Conflict):
    """Another connection has this name."""

    code = "erp_connection_exists"


class ErpConnectionPaused(Conflict):
    """The connection is not in use."""

    code = "erp_connection_paused"


class ErpPasswordNeeded(Invalid):
    """Another server gets the password only from whoever knows it."""

    code = "erp_password_needed"


class SyncJobNotFound(NotFound):
    """There is no such run."""

    code = "sync_job_not_found"


class SyncJobOver(Conflict):
    """The run is over already."""

    code = "sync_job_over"


class ErpRecordNotFound(NotFound):
    """The ERP has said nothing of such a product."""

    code = "erp_record_not_found"


class ErpVariantTaken(Conflict):
    """Another product of the ERP is this one of the house already."""

    code = "erp_variant_taken"


class StoreOfTwoWarehouses(Invalid):
    """Two warehouses of the ERP cannot be one store: the count of one would overwrite that of the other."""

    code = "erp_store_of_two_warehouses"


class ErpUnavailable(DomainError):
    """The ERP cannot be reached, or stopped answering; it is tried again."""

    code = "erp_unavailable"
    http_status = 502


class ErpRefused(DomainError):
    """The ERP answers, and refuses: the name and password, the database or a query. `said` are its own words."""

    code = "erp_refused"
    http_status = 502


class ErpAddressRefused(ErpRefused):
    """The address lies inside this house, which does not call its own."""

    code = "erp_address_refused"


class ErpLoginRefused(ErpRefused):
    """The ERP does not take the name and password."""

    code = "erp_login_refused"


class ErpCharsetRefused(ErpRefused):
    """The connection's character set is unknown, or lacks a letter of the database, the name, the password or a query."""

    code = "erp_charset_refused"


class ErpDatabaseUnknown(ErpRefused):
    """The server has no such database."""

    code = "erp_database_unknown"


class ErpQueryRefused(ErpRefused):
    """The ERP does not understand the query: a table or a column of it is not there."""

    code = "erp_query_refused"


class ErpColumnsMissing(ErpRefused):
    """The query gives too few columns."""

    code = "erp_columns_missing"
