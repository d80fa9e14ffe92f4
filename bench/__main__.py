"""`python -m bench [NAME…] [--quick] [--no-page]`: measure, print the tables, and keep them in `docs/benchmarks.md`."""

import argparse
import time

from rich.console import Console

from bench import (
    endpoints,
    forecast,
    growth,
    imports,
    machines,
    recovery,
    report,
    routes,
    slow_model,
    sockets,
    turn,
    way,
    webhook,
)

FIGURES = {
    "webhook": webhook.measure,
    "turn": turn.measure,
    "way": way.measure,
    "slow_model": slow_model.measure,
    "growth": growth.measure,
    "imports": imports.measure,
    "endpoints": endpoints.measure,
    "machines": machines.measure,
    "recovery": recovery.measure,
    "routes": routes.measure,
    "sockets": sockets.measure,
    "forecast": forecast.measure,
}


def main() -> None:
    """Measure what was asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the house.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FIGURES)}; all without a name")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it works, not to be quoted")
    parser.add_argument("--no-page", action="store_true", help="print only, and leave docs/benchmarks.md as it is")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(FIGURES))
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    console = Console()
    for name in given.names or FIGURES:
        started = time.monotonic()
        section = FIGURES[name](given.quick)
        report.show(section, console)
        console.print(f"  [dim]{name}: measured in {time.monotonic() - started:.0f} s[/dim]")
        if not given.no_page:
            report.keep(name, section, f"python -m bench {name}{' --quick' if given.quick else ''}")


if __name__ == "__main__":
    main()
