"""Why a file cannot be read at all."""

from core.errors import Invalid


class FileRefused(Invalid):
    """The file cannot be imported; each reason is a class of its own with a stable code."""

    code = "file_refused"
    correctable = False


class FileTooLarge(FileRefused):
    """The file is larger than what is taken."""

    code = "file_too_large"
    http_status = 413


class FileEmpty(FileRefused):
    """The file holds nothing."""

    code = "file_empty"


class FileUnknown(FileRefused):
    """The bytes are no spreadsheet of a kind that is read."""

    code = "file_unknown"


class FileProtected(FileRefused):
    """The workbook is locked with a password."""

    code = "file_protected"


class FileUnreadable(FileRefused):
    """The workbook is damaged, and nothing of it can be saved."""

    code = "file_unreadable"


class FileBomb(FileRefused):
    """The file unpacks to far more than any real one does."""

    code = "file_unpacks_too_large"


class FileHasEntities(FileRefused):
    """The file declares XML entities, which no spreadsheet program does."""

    code = "file_has_entities"
