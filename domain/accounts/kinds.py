"""The closed sets of what accounts know: purposes of links, kinds and states of mails, and what happens to an account."""

from enum import StrEnum


class TokenPurpose(StrEnum):
    """What a link that was mailed is good for."""

    REGISTRATION = "registration"
    PASSWORD_RESET = "password_reset"  # noqa: S105  # the name of a purpose


class MailKind(StrEnum):
    """What a mail is about; each has a subject and a text in the catalogue."""

    REGISTRATION = "registration"
    PASSWORD_RESET = "password_reset"  # noqa: S105  # the name of a kind of mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # as above
    INVITATION = "invitation"


class MailStatus(StrEnum):
    """Where a mail is. What was being sent when its process died stays unconfirmed: nobody gets a mail twice."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    DROPPED = "dropped"
    """There is nobody to write to."""


class IdentityEventType(StrEnum):
    """What can happen to an account."""

    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    REFRESH_REUSED = "refresh_reused"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "signed_out_everywhere"
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105  # the name of an event
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # as above
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    INVITATION_ACCEPTED = "invitation_accepted"
    SIGNING_KEY_ROTATED = "signing_key_rotated"
