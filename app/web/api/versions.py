"""Versions: what is read carries an `ETag`, and whoever changes it says with `If-Match` which version was seen.

The tag is a counter of the row. The service looks at it again in the statement that writes, so of two who saw the same
version one gets through.
"""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from core.errors import DomainError, Invalid

_TAG = re.compile(r'"v(\d{1,9})"\Z')


class VersionMissing(DomainError):
    """The request does not say which version it changes."""

    code = "version_missing"
    http_status = 428


class VersionUnreadable(Invalid):
    """The version is none that we have told."""

    code = "version_unreadable"


def tag(version: int) -> str:
    """The entity tag of a version."""
    return f'"v{version}"'


def tell(response: Response, version: int) -> None:
    """Say which version an answer shows."""
    response.headers["etag"] = tag(version)


async def _seen(
    if_match: Annotated[str | None, Header(description="The ETag of the version that is changed.", max_length=100)] = None,
) -> int:
    if if_match is None:
        raise VersionMissing
    found = _TAG.match(if_match.strip())
    if found is None:
        raise VersionUnreadable
    return int(found[1])


SeenVersion = Annotated[int, Depends(_seen)]
