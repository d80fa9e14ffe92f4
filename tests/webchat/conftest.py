"""Fixtures of the web chat's tests: a shop whose page has one, and visitors of that page."""

import httpx
import pytest
from fastapi import FastAPI

from tests.api.conftest import address, api, application, desk, redis_server, settings
from tests.factories.desk import Desk
from tests.factories.webchat import Chat, open_webchat

__all__ = ["address", "api", "application", "desk", "redis_server", "settings"]


@pytest.fixture
async def chat(desk: Desk, application: FastAPI, api: httpx.AsyncClient) -> Chat:
    """A web chat on the page of a shop with goods."""
    return await open_webchat(desk, api)
