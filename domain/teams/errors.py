"""What can be wrong around teams."""

from core.errors import Conflict, Invalid, NotFound


class TeamNotFound(NotFound):
    """No team of this workspace has this id."""

    code = "team_not_found"


class TeamExists(Conflict):
    """Another team has this name."""

    code = "team_exists"


class NobodyThere(Invalid):
    """Whoever is named does not work here, or may not attend customers."""

    code = "nobody_there"
