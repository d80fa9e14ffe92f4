"""The garbage collector of a process that loads much once and then goes through much work."""

import gc


def come_seldom() -> None:
    """Let it come by less often; what a process imports stays, and being looked through costs a fifth of its start."""
    gc.set_threshold(50_000, 20, 100)


def spare() -> None:
    """Keep what was loaded for good out of its rounds."""
    gc.collect()
    gc.freeze()
