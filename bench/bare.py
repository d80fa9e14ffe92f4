"""The plainest webhook there is, to compare the door with: FastAPI, asyncpg, one INSERT, one commit."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response

PATH = "/bare"
TABLE = "CREATE TABLE IF NOT EXISTS bare_events (message_id text PRIMARY KEY, body bytea, at timestamptz DEFAULT now())"
INSERT = "INSERT INTO bare_events (message_id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=5, max_size=20) as pool:
        await pool.execute(TABLE)
        app.state.pool = pool
        yield


async def receive(request: Request) -> Response:
    """Store the body under its message's id."""
    body = await request.body()
    message_id = json.loads(body)["results"][0]["messageId"]
    await request.app.state.pool.execute(INSERT, message_id, body)
    return Response(status_code=200)


app = FastAPI(lifespan=_lifespan)
app.post(PATH)(receive)

if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, log_level="warning",
        loop="uvloop", http="httptools",
    )  # fmt: skip
