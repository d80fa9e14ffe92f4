"""A web process of its own, on a real port, that can be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from tests.factories.staff import PASSWORD
from tests.factories.visitors import OWN
from tests.line.conftest import eventually, free_port


@dataclass(frozen=True)
class Serving:
    """A web process, and a browser that looks at it."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient

    async def sign_in(self, email: str) -> None:
        """Sign the browser in."""
        answer = await self.http.post("/console/login", data={"email": email, "password": PASSWORD}, headers=OWN)
        assert answer.status_code == 303, answer.text

    async def kill(self) -> None:
        """End the process as a machine that fails does."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def serving(port: int = 0) -> AsyncIterator[Serving]:
    """A web process with the database and the Redis of the test, on a port that may have been another's before."""
    port = port or free_port()
    environment = {**os.environ, "NEXOVA_PORT": str(port)}
    quiet = asyncio.subprocess.DEVNULL
    code = "from app.web.server import serve; serve()"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, env=environment, stdout=quiet, stderr=quiet)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as http:

        async def answers() -> bool:
            assert process.returncode is None, "the process has ended"
            try:
                return (await http.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(answers, 120)
            yield Serving(process, http)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
