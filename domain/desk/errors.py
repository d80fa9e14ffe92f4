"""What can be wrong with what the desk prepares."""

from core.errors import Conflict, Invalid, NotFound


class CannedReplyNotFound(NotFound):
    """No canned reply of this workspace has this id."""

    code = "canned_reply_not_found"


class MacroNotFound(NotFound):
    """No macro of this workspace has this id."""

    code = "macro_not_found"


class ViewNotFound(NotFound):
    """The caller sees no view with this id, or it is another's."""

    code = "view_not_found"


class PlannedReplyNotFound(NotFound):
    """The conversation has no reply of the caller's that waits under this id."""

    code = "planned_reply_not_found"


class NameTaken(Conflict):
    """Another one is called so."""

    code = "name_taken"


class VariableUnknown(Invalid):
    """A text names a variable that there is none of."""

    code = "variable_unknown"


class PlannedTooFar(Invalid):
    """A reply is planned for a time that is over, or too far away."""

    code = "planned_too_far"


class WindowEndsBefore(Conflict):
    """The customer may not be written to any more at the time for which a reply is planned."""

    code = "window_ends_before"
