"""Charts as pictures, for where no page can draw them, as a phone's chat: in the light colours of the console."""

from importlib.resources import as_file, files
from typing import Final

import resvg_py

WIDTH: Final = 1440
"""Pixels; twice what a phone shows, so that it may be looked at closely."""

_FONT: Final = "Lato"
"""It comes as a package, since a machine that runs a server may have no font at all."""

_STYLE: Final = """
text { fill: #52605a; font-family: Lato; }
.c-title { fill: #17201d; font-weight: 700; font-size: 115%; }
.c-name, .c-value { fill: #17201d; } .c-value { font-weight: 700; }
.c-grid { stroke: #e3e3dd; } .c-zero { stroke: #c3c6be; }
.c-line { fill: none; stroke-width: 2.2; stroke-linejoin: round; } .c-line.quiet { stroke-width: 1.2; stroke-dasharray: 4 3; }
.c-line.c-0 { stroke: #0b6b51; } .c-line.c-1 { stroke: #1c5c9e; } .c-line.c-2 { stroke: #a85f00; }
.c-line.c-3 { stroke: #8a2f73; } .c-line.c-4 { stroke: #4f6b12; } .c-line.c-5 { stroke: #ab231b; }
.c-bar.c-0, .c-swatch.c-0, .c-point.c-0 { fill: #0b6b51; } .c-bar.c-1, .c-swatch.c-1, .c-point.c-1 { fill: #1c5c9e; }
.c-bar.c-2, .c-swatch.c-2, .c-point.c-2 { fill: #a85f00; } .c-bar.c-3, .c-swatch.c-3, .c-point.c-3 { fill: #8a2f73; }
.c-bar.c-4, .c-swatch.c-4, .c-point.c-4 { fill: #4f6b12; } .c-bar.c-5, .c-swatch.c-5, .c-point.c-5 { fill: #ab231b; }
.c-bar.below { fill: #ab231b; } .c-bar.ahead { fill-opacity: 0.45; }
.c-band { fill: #0b6b51; fill-opacity: 0.16; } .c-mark { fill: #ab231b; stroke: #ffffff; stroke-width: 1.5; }
.c-limit { stroke: #52605a; stroke-dasharray: 5 4; } .c-limit.warn { stroke: #7d4b00; } .c-limit.bad { stroke: #ab231b; }
.c-now { stroke: #63706a; stroke-dasharray: 2 3; } .c-told { fill: none; }
"""


def png(svg: str) -> bytes:
    """A drawing of `charts` as a PNG with a white ground and a margin; the same drawing gives the same bytes."""
    folder = files("font_lato") / "files"
    with as_file(folder / "Lato-Regular.ttf") as regular, as_file(folder / "Lato-Bold.ttf") as bold:
        made = resvg_py.svg_to_bytes(
            svg_string=svg,
            style_sheet=_STYLE,
            width=WIDTH,
            background="#ffffff",
            skip_system_fonts=True,
            font_files=[str(regular), str(bold)],
            font_family=_FONT,
        )
    return bytes(made)
