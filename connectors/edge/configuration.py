"""What the house tells a box: pulled now and then, kept in its file, and taken whole or not at all.

A model is the one that was meant if its digest says so, and is opened before it is kept. Without a line the box goes on by what
it was told last, also after it was started anew.
"""

import hashlib
from typing import Final

import httpx
from pydantic import ValidationError

from analytics.data import BadData
from analytics.machines.cards import Served
from analytics.machines.onnx_reading import MOST_BYTES, open_model
from connectors.edge.buffer import Buffer
from connectors.edge.judging import Judge
from core import observability
from domain.machines.edge import EdgeConfiguration

EVERY_SECONDS: Final = 300.0
_CONFIGURATION: Final = "configuration"
_PATH: Final = "/api/v1/ingest"

log = observability.log(__name__)


class Puller:
    """Brings what the house tells to a box, and keeps it in its buffer."""

    def __init__(self, buffer: Buffer, http: httpx.AsyncClient, url: str, key: str) -> None:
        self._buffer = buffer
        self._http = http
        self._url = url.rstrip("/")
        self._headers = {"authorization": f"Bearer {key}"}
        self.judge = _kept(buffer)
        """Judges by what was told last; None as long as nothing was."""

    async def pull(self) -> bool:
        """Ask the house; whether it told anything new. What cannot be had or used leaves all as it was."""
        known = self.judge.told.version if self.judge is not None else None
        headers = self._headers | ({"if-none-match": f'"{known}"'} if known else {})
        try:
            answer = await self._http.get(f"{self._url}{_PATH}/configuration", headers=headers)
            if answer.status_code == 304:
                return False
            answer.raise_for_status()
            told = EdgeConfiguration.model_validate_json(answer.content)
            files = {
                digest: await self._model(digest) for digest in {one.model_sha256 for one in told.machines if one.model_sha256}
            }
            models = {digest: open_model(content) for digest, content in files.items()}
        except (httpx.HTTPError, ValidationError, BadData) as error:
            log.warning("edge.configuration_refused", error=getattr(error, "code", type(error).__name__))
            return False
        if not self._buffer.keep_told({_CONFIGURATION: answer.content, **files}):
            log.warning("edge.configuration_refused", error="too_large")
            return False
        self.judge = Judge(told, models)
        log.info("edge.configured", version=told.version[:12], machines=len(told.machines), models=len(models))
        return True

    async def _model(self, digest: str) -> bytes:
        """The file of a model; raises `BadData` where it is another."""
        kept = self._buffer.told().get(digest)
        if kept is not None:
            return kept
        answer = await self._http.get(f"{self._url}{_PATH}/models/{digest}", headers=self._headers)
        answer.raise_for_status()
        content = answer.content
        if len(content) > MOST_BYTES or hashlib.sha256(content).hexdigest() != digest:
            raise BadData("model_other_digest", digest=digest)
        return content


def _kept(buffer: Buffer) -> Judge | None:
    """Judges by what stands in the file; None where it is damaged or nothing does."""
    files = buffer.told()
    said = files.pop(_CONFIGURATION, None)
    if said is None:
        return None
    try:
        models: dict[str, Served] = {digest: open_model(content) for digest, content in files.items()}
        return Judge(EdgeConfiguration.model_validate_json(said), models)
    except (ValidationError, BadData) as error:
        log.warning("edge.configuration_refused", error=getattr(error, "code", type(error).__name__))
        return None
