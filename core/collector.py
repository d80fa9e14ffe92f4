"""The garbage collector of a process that goes through much work."""

import gc


def spare() -> None:
    """Keep what was loaded for good out of the garbage collector's rounds, and let it come by less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
