"""What may go wrong with an import as a whole."""

from core.errors import Conflict, NotFound


class ImportNotFound(NotFound):
    """There is no such import."""

    code = "import_not_found"


class ImportRunning(Conflict):
    """The import is not over yet."""

    code = "import_running"


class NothingToUndo(Conflict):
    """The import has changed nothing, or is undone already."""

    code = "import_nothing_to_undo"


class NothingToAnswer(Conflict):
    """The import asks nothing."""

    code = "import_nothing_to_answer"


class HeadingNotLearnt(NotFound):
    """Nothing was learnt of this heading."""

    code = "heading_not_learnt"
