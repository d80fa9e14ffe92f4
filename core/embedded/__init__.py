"""The servers that run inside the house: a real Postgres and a real Redis from wheels, in a data folder."""

from core.embedded.locks import FolderInUse, FolderLock, FolderUnusable, lock_data_folder, owner_of
from core.embedded.postgres_server import EmbeddedPostgres, start_postgres
from core.embedded.processes import ServerFailed
from core.embedded.redis_server import EmbeddedRedis, start_redis

__all__ = [
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "FolderInUse",
    "FolderLock",
    "FolderUnusable",
    "ServerFailed",
    "lock_data_folder",
    "owner_of",
    "start_postgres",
    "start_redis",
]
