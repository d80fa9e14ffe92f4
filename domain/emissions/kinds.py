"""The closed sets of emissions."""

from enum import StrEnum


class SourceKind(StrEnum):
    """From where the amounts of a source come."""

    METER = "meter"
    """Read off a meter: one period is told once."""
    TELEMETRY = "telemetry"
    """Added up from the readings of a sensor."""
    PURCHASES = "purchases"
    """What was spent with a supplier: a rough figure, and said to be one."""
    MANUAL = "manual"
    """Bills and notes, of which a period may have several."""


class Meaning(StrEnum):
    """What the readings of a sensor are."""

    AMOUNT = "amount"
    """Each is what was used since the one before."""
    RATE = "rate"
    """What is used in an hour: kW, kg/h."""
    COUNTER = "counter"
    """A total that grows, and may begin anew."""


class Category(StrEnum):
    """The categories of scope 3, by their names in the GHG Protocol, in its order."""

    PURCHASED_GOODS_AND_SERVICES = "purchased_goods_and_services"
    CAPITAL_GOODS = "capital_goods"
    FUEL_AND_ENERGY_RELATED_ACTIVITIES = "fuel_and_energy_related_activities"
    UPSTREAM_TRANSPORTATION_AND_DISTRIBUTION = "upstream_transportation_and_distribution"
    WASTE_GENERATED_IN_OPERATIONS = "waste_generated_in_operations"
    BUSINESS_TRAVEL = "business_travel"
    EMPLOYEE_COMMUTING = "employee_commuting"
    UPSTREAM_LEASED_ASSETS = "upstream_leased_assets"
    DOWNSTREAM_TRANSPORTATION_AND_DISTRIBUTION = "downstream_transportation_and_distribution"
    PROCESSING_OF_SOLD_PRODUCTS = "processing_of_sold_products"
    USE_OF_SOLD_PRODUCTS = "use_of_sold_products"
    END_OF_LIFE_TREATMENT_OF_SOLD_PRODUCTS = "end_of_life_treatment_of_sold_products"
    DOWNSTREAM_LEASED_ASSETS = "downstream_leased_assets"
    FRANCHISES = "franchises"
    INVESTMENTS = "investments"


class Approach(StrEnum):
    """By what a workspace decides which emissions are its own."""

    OPERATIONAL_CONTROL = "operational_control"
    FINANCIAL_CONTROL = "financial_control"
    EQUITY_SHARE = "equity_share"


class Grouping(StrEnum):
    """By what totals are divided, beside their scope."""

    SCOPE = "scope"
    CATEGORY = "category"
    SITE = "site"
    MACHINE = "machine"
    PRODUCT = "product"
    SOURCE = "source"
    MONTH = "month"


class ReportFormat(StrEnum):
    """The kinds of file of a report."""

    PDF = "pdf"
    XLSX = "xlsx"


class ReportLanguage(StrEnum):
    """The languages in which reports are written."""

    ES = "es"
    EN = "en"


class ReportStatus(StrEnum):
    """Where a report is."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
