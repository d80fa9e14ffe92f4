"""Who may keep lines open: one caller cannot wake the house without end."""

from contextlib import ExitStack
from uuid import uuid4

import pytest

from app.web.limits import TooManyRequests
from app.web.live import MOST_OF_ONE, Live


def test_one_caller_keeps_so_many_lines_open_and_no_more() -> None:
    line, workspace, caller, colleague = Live(""), uuid4(), uuid4(), uuid4()
    with ExitStack() as open_lines:
        for _ in range(MOST_OF_ONE):
            open_lines.enter_context(line.watching(workspace, caller))

        # Then the next is refused before it begins, and a colleague's is not
        with pytest.raises(TooManyRequests):
            line.admit(caller)
        with pytest.raises(TooManyRequests):
            open_lines.enter_context(line.watching(workspace, caller))
        with line.watching(workspace, colleague):
            line.admit(colleague)

    # And lines that are closed count no more
    line.admit(caller)
