"""Requests to the services' own HTTP APIs, as a client with an admin's token makes them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

MICROVERSIONS = {"compute": "compute 2.90", "placement": "placement 1.39"}


class ApiError(Exception):
    """An API said no, or nothing."""


def request(
    service: str, url: str, method: str = "GET", body: object = None, token: str = "admin"
) -> Any:
    """Give the JSON of the answer, None for an empty one; raises ApiError."""
    asked = urllib.request.Request(
        url, method=method, data=None if body is None else json.dumps(body).encode()
    )
    asked.add_header("X-Auth-Token", token)
    asked.add_header("OpenStack-API-Version", MICROVERSIONS[service])
    asked.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace").strip()
        raise ApiError(f"{method} {url}: {error.code} {said}") from error
    except OSError as error:
        raise ApiError(f"{method} {url}: {error}") from error
    return json.loads(text) if text else None
