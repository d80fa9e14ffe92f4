"""What a run needs of its process: keys of its own, so that it neither reads nor makes those of a shop."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from core import vault
from core.settings import get_settings


@contextmanager
def own_keys() -> Iterator[None]:
    """A data folder of the run's own while the block runs, unless keys are configured."""
    if os.environ.get("NEXOVA_SECRET_KEYS"):
        yield
        return
    before = {name: os.environ.pop(name, None) for name in ("NEXOVA_DATA_DIR", "DATABASE_URL", "REDIS_URL")}
    with tempfile.TemporaryDirectory(prefix="nexova-eval-keys-") as folder:
        os.environ["NEXOVA_DATA_DIR"] = folder
        get_settings.cache_clear()
        os.environ["NEXOVA_SECRET_KEYS"] = ",".join(vault.load_keys(get_settings()))
        get_settings.cache_clear()
        try:
            yield
        finally:
            del os.environ["NEXOVA_SECRET_KEYS"]
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
            get_settings.cache_clear()
