"""Who may ask the review's server for something: pages of its own, and whoever has the token.

A page of another site can send requests here, and by DNS rebinding under another name; a program
of another user can connect. So the name, the origin and the token are all held against what is
expected.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Refusal = Literal["host", "token", "origin"]


@dataclass(frozen=True, slots=True)
class Door:
    """What a request must show."""

    port: int
    token: str

    @property
    def cookie(self) -> str:
        """Name of the cookie; with the port, as cookies are shared between ports."""
        return f"freebsd-port-review-{self.port}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names under which the server is asked."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"


def find_refusal(
    door: Door, headers: Mapping[str, str], *, token: str, is_change: bool
) -> Refusal | None:
    """Say why a request is refused, or None.

    `headers` have lower-case names; `token` is what was shown, in the address or the cookie. A
    request that changes something must come from a page of the same origin.
    Source: Fetch Standard, Origin header; Fetch Metadata Request Headers.
    """
    host = headers.get("host", "")
    if host not in door.hosts:
        return "host"
    if not hmac.compare_digest(token.encode("utf-8", "replace"), door.token.encode()):
        return "token"
    site = headers.get("sec-fetch-site", "same-origin")
    is_own = headers.get("origin") == f"http://{host}" and site == "same-origin"
    return "origin" if is_change and not is_own else None
