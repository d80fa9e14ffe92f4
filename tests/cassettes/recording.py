"""Recording and replaying the HTTP of a real provider, without its secrets."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import vcr  # type: ignore[import-untyped]  # the recorder has no type hints

FOLDER = Path(__file__).parent / "recorded"
SECRET_HEADERS = ["authorization", "x-api-key", "cookie", "user-agent"]
KEPT_RESPONSE_HEADERS = frozenset({"content-type", "retry-after", "content-encoding"})


def is_recording() -> bool:
    """Whether this run may call the real provider and write cassettes."""
    return os.environ.get("NEXOVA_RECORD") == "1"


def cassette(name: str, folder: Path = FOLDER, *, record: bool | None = None) -> AbstractContextManager[object]:
    """Record what goes over HTTP in a block to a file, or replay it from there; replaying never reaches a network."""
    tape: AbstractContextManager[object] = vcr.VCR(
        cassette_library_dir=str(folder),
        record_mode="all" if (is_recording() if record is None else record) else "none",
        filter_headers=SECRET_HEADERS,
        match_on=["method", "path", "body"],
        before_record_response=_without_identifiers,
        decode_compressed_response=True,
    ).use_cassette(name)
    return tape


def _without_identifiers(response: dict[str, Any]) -> dict[str, Any]:
    headers = response.get("headers", {})
    response["headers"] = {name: value for name, value in headers.items() if name.lower() in KEPT_RESPONSE_HEADERS}
    return response
