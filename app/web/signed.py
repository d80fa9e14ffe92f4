"""What we hand out and get back: texts that nobody but us can have written."""

from functools import lru_cache

from itsdangerous import URLSafeSerializer

from core import vault
from core.settings import get_settings


@lru_cache
def serializer(purpose: str) -> URLSafeSerializer:
    """Signs and reads for one purpose; what was signed for another is refused."""
    # The newest key comes last here, and first in the vault's ring.
    return URLSafeSerializer(list(reversed(vault.load_keys(get_settings()))), salt=purpose)
