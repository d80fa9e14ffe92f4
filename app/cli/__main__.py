"""Where `nexova` and `python -m app.cli` begin; it imports next to nothing, so that Ctrl-C is in good hands at once."""

import importlib
import signal

from core import collector


def main() -> None:
    """Run the command line; until a command runs, which may have to clean up, Ctrl-C ends the process on the spot."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    collector.come_seldom()
    importlib.import_module("app.cli.commands").main()


if __name__ == "__main__":
    main()
