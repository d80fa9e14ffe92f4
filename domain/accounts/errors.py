"""What can be wrong with workspaces, and with how people prove who they are."""

from core.errors import Conflict, DomainError, Invalid, NotFound


class WorkspaceNotFound(NotFound):
    """No such workspace, or it is not this principal's."""

    code = "workspace_not_found"


class WorkspaceExists(Conflict):
    """The slug is taken."""

    code = "workspace_exists"


class NotSignedIn(DomainError):
    """Nobody, or nobody whom we know, asks: no token, a wrong one, or one that has expired or was ended."""

    code = "not_signed_in"
    http_status = 401


class WrongTokenType(NotSignedIn):
    """A token of one kind stands where another belongs."""

    code = "wrong_token_type"


class WrongCredentials(NotSignedIn):
    """Address and password do not belong together; which of the two is wrong is not said."""

    code = "wrong_credentials"


class CodeNeeded(NotSignedIn):
    """The password is right, and a code of the second factor is missing."""

    code = "code_needed"


class WrongCode(NotSignedIn):
    """The code of the second factor is wrong, or was used before."""

    code = "wrong_code"


class RefreshRefused(NotSignedIn):
    """The refresh token is unknown, expired, used before, or its sign-in has ended."""

    code = "refresh_refused"


class LinkRefused(Invalid):
    """The link that was mailed is unknown, used, or too old."""

    code = "link_refused"


class PasswordNeeded(Invalid):
    """Whoever has no account yet chooses a password with the invitation."""

    code = "password_needed"


class SignInNotFound(NotFound):
    """The person has no such sign-in that still goes on."""

    code = "sign_in_not_found"


class MemberNotFound(NotFound):
    """Nobody with this id works in the workspace."""

    code = "member_not_found"


class RoleNotFound(NotFound):
    """The workspace has no such role."""

    code = "role_not_found"


class RoleExists(Conflict):
    """A role has this name already."""

    code = "role_exists"


class RoleInUse(Conflict):
    """People have this role."""

    code = "role_in_use"


class LastOwner(Conflict):
    """A workspace keeps at least one active owner."""

    code = "last_owner"


class BeyondOwnRights(DomainError):
    """Nobody gives away a right that is not their own."""

    code = "beyond_own_rights"
    http_status = 403


class BeyondOwnHours(DomainError):
    """Whoever works only while the shop is open lets nobody work at other hours."""

    code = "beyond_own_hours"
    http_status = 403


class BeyondOwnStores(DomainError):
    """Whoever works in some stores gives and changes nothing that holds in others."""

    code = "beyond_own_stores"
    http_status = 403


class ApiKeyNotFound(NotFound):
    """The workspace has no such key."""

    code = "api_key_not_found"


class SecondFactorExists(Conflict):
    """There is a second factor already."""

    code = "second_factor_exists"


class SecondFactorMissing(Conflict):
    """There is no second factor."""

    code = "second_factor_missing"


class VersionConflict(DomainError):
    """The thing was changed meanwhile."""

    code = "version_conflict"
    http_status = 412


class MemberExists(Conflict):
    """The person works here already, or is suspended."""

    code = "member_exists"
