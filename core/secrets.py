"""Where settings come from besides the environment: files that a platform mounts, and Vault.

`NAME_FILE` names a file that holds the value of `NAME`, as Docker and Kubernetes hand out secrets. Vault is asked by its
HTTP interface for one secret of the KV store, version 2, whose keys are the names of settings.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from core.errors import CannotRun

SECONDS: Final = 10.0
MOST_BYTES: Final = 1024 * 1024


class SecretAway(CannotRun):
    """A secret is not where it is said to be; the message says where that is, and never what it is."""


def from_files(names: Collection[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The settings whose values stand in files; raises SecretAway for one that cannot be read, or is set twice."""
    found = {}
    for name in names:
        place = environment.get(f"{name}_FILE")
        if not place:
            continue
        if environment.get(name):
            raise SecretAway(f"{name} and {name}_FILE are both set; let one of them go.")
        try:
            found[name] = Path(place).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretAway(f"{name}_FILE names {place}, which cannot be read: {type(error).__name__}.") from error
    return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to Vault, and nowhere that Vault sends it."""

    def redirect_request(self, *told: object) -> None:
        """Follow none."""


def from_vault(names: Collection[str], address: str, path: str, token: str) -> dict[str, str]:
    """The settings that one secret of Vault holds, such as `secret/data/nexova`; raises SecretAway."""
    if urlsplit(address).scheme not in ("http", "https"):
        raise SecretAway("VAULT_ADDR must be an address such as https://vault.example.com:8200.")
    url = f"{address.rstrip('/')}/v1/{quote(path.strip('/'))}"
    request = urllib.request.Request(url, headers={"X-Vault-Token": token, "X-Vault-Request": "true"})  # noqa: S310 - looked at above
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
            said = json.loads(answer.read(MOST_BYTES))
        kept = said["data"]["data"]
    except urllib.error.HTTPError as error:
        error.close()
        raise SecretAway(f"Vault answers {error.code} for {path}.") from None
    except (OSError, http.client.HTTPException) as error:
        raise SecretAway(f"Vault at {address} is not reached: {type(error).__name__}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SecretAway(f"What Vault has under {path} is no secret of a KV store, version 2.") from error
    return {name: str(kept[name]) for name in names if kept.get(name) is not None}
