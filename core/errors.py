"""The error tree: everything that is expected to go wrong has a stable code, an HTTP status and an addressee.

DomainError                 expected; the caller can be told
├── NotPermitted            403
├── NotFound                404
├── Invalid                 400
└── Conflict                409
Abandoned                   the work must stop here and be resumed later; nobody is told
CommitOutcomeUnknown        the commit may or may not have happened; read the database before saying anything
CannotRun                   what the installation was given does not do; the person who runs it is told
"""

from typing import ClassVar


class DomainError(Exception):
    """An expected refusal.

    `code` is stable and in English; `text` fills the `{fields}` of the catalogue entry `error.<code>`.
    `correctable` tells whether the model that made the call may repair it and try again.
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400
    correctable: ClassVar[bool] = False

    def __init__(self, message: str = "", **fields: object) -> None:
        super().__init__(message or self.code)
        self.fields = fields


class NotPermitted(DomainError):
    """The principal lacks a permission."""

    code = "not_permitted"
    http_status = 403


class StoresOnly(NotPermitted):
    """What is added up over all stores is for those who work in all of them."""

    code = "stores_only"


class NotFound(DomainError):
    """The thing does not exist, or not for this principal."""

    code = "not_found"
    http_status = 404
    correctable = True


class Invalid(DomainError):
    """The input is understood and cannot be accepted."""

    code = "invalid"
    http_status = 400
    correctable = True


class CursorRefused(Invalid):
    """The place from which a list shall go on is none of this list."""

    code = "cursor_refused"


class Conflict(DomainError):
    """The thing is in a state that forbids the change."""

    code = "conflict"
    http_status = 409


class Abandoned(Exception):
    """This worker no longer owns the work (lease lost, voice changed, turn closed): stop without a trace."""


class CommitOutcomeUnknown(Exception):
    """The connection failed during COMMIT: the transaction may have happened."""


class CannotRun(Exception):
    """A setting, a folder, a port or a server stands in the way; the message says which, and what to do.

    The command line ends with it as a sentence.
    """
