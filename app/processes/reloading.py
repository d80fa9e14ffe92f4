"""SIGHUP: a process reads its settings again and takes over what may change while it runs."""

import signal
from types import FrameType

from core import observability, settings
from core.errors import CannotRun

log = observability.log(__name__)


def reload() -> None:
    """Read the settings again; what is wrong with them is told, and the ones that count go on counting."""
    try:
        changed = settings.reload()
    except CannotRun as error:
        log.error("settings.refused", reason=str(error))
        return
    observability.set_level(settings.get_settings().log_level)
    log.warning("settings.reloaded", changed=changed)


def on_hangup() -> None:
    """Have SIGHUP reload the settings of this process."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        reload()

    signal.signal(signal.SIGHUP, on_signal)
