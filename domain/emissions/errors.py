"""Refusals about emissions."""

from core.errors import Conflict, Invalid, NotFound, NotPermitted


class EmissionSourceNotFound(NotFound):
    """No such source."""

    code = "emission_source_not_found"


class EmissionRecordNotFound(NotFound):
    """No such record."""

    code = "emission_record_not_found"


class EmissionFactorNotFound(NotFound):
    """No such factor."""

    code = "emission_factor_not_found"


class EmissionReportNotFound(NotFound):
    """No such report, or it is not made yet."""

    code = "emission_report_not_found"


class EvidenceNotFound(NotFound):
    """The record has no evidence file."""

    code = "emission_evidence_not_found"


class EvidenceThere(Conflict):
    """The record has another evidence file, which nothing replaces."""

    code = "emission_evidence_there"


class SourceNameTaken(Conflict):
    """Another source has this name."""

    code = "emission_source_name_taken"


class SourceRefused(Invalid):
    """The fields of a source do not fit together; `field` says which."""

    code = "emission_source_refused"


class AmountIsCollected(Conflict):
    """The amounts of this source are collected, and nobody types them; or the other way round."""

    code = "emission_amount_collected"


class PeriodRefused(Invalid):
    """The days are in no order, not of one year, or not over yet."""

    code = "emission_period_refused"


class ExportTooLong(Invalid):
    """The period holds more records than a file does."""

    code = "emission_export_too_long"


class PeriodTold(Conflict):
    """Some of these days have been told for this source already: they would count twice."""

    code = "emission_period_told"


class NothingCollected(Invalid):
    """There are no readings or purchases in the period."""

    code = "emission_nothing_collected"


class EmissionUnitUnknown(Invalid):
    """The unit is none that emissions are calculated from, or does not fit the sensor."""

    code = "emission_unit_unknown"


class RecordWithdrawn(Conflict):
    """The record was withdrawn."""

    code = "emission_record_withdrawn"


class AllStoresOnly(NotPermitted):
    """What was bought is added up over all stores, which whoever asks does not see."""

    code = "emission_all_stores"
