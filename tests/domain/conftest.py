"""Fixtures of the shop's tests."""

import pytest

from domain.accounts.schemas import WorkspaceView
from tests.domain.shop import Shop, open_shop


@pytest.fixture
async def shop(workspace: WorkspaceView) -> Shop:
    """A small shop with three products and nothing on the shelf."""
    return await open_shop(workspace.id)
