"""Fixtures of the console's tests: the web application, and people of a shop who look at its pages."""

from tests.api.conftest import api, application, desk, redis_server, settings

__all__ = ["api", "application", "desk", "redis_server", "settings"]
