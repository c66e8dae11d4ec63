"""Asking OpenStack's HTTP APIs, with a token that keystone gives for a password."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from freebsd_port.errors import PortError, system_words

_SECONDS = 60
_MICROVERSIONS = {"compute": "compute 2.90", "placement": "placement 1.36"}
"""Those of xena, the oldest release here."""

_NAMES = {
    "identity": "keystone",
    "compute": "the compute API",
    "placement": "placement",
    "image": "glance",
    "network": "neutron",
}
_WAYS = {
    "identity": "start it, or correct [identity] url in host.toml",
    "compute": "service nova_api start; freebsd-port host services status shows its log",
    "placement": "start it, or correct [endpoints] placement in host.toml",
    "image": "start it, or correct [endpoints] image in host.toml",
    "network": "start it, or correct [endpoints] network in host.toml",
}


class OpenStackError(PortError):
    """A service does not answer, or says no."""

    def __init__(self, what: str, where: str, hint: str, status: int | None = None) -> None:
        super().__init__(what, where=where, hint=hint)
        self.status = status
        """Of HTTP; None without an answer."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user of keystone and the project to work in."""

    user: str
    project: str
    domain: str
    """Of both, by name."""

    password: str = field(repr=False)


class OpenStack:
    """The services of one cloud, as one user."""

    def __init__(self, urls: Mapping[str, str], login: Login) -> None:
        """Take each service's address, by `identity`, `compute` and so on; asks nothing yet."""
        self._urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._login = login
        self._token: str | None = None
        self._opener = urllib.request.build_opener(_NoRedirects)

    def ask(self, service: str, path: str, method: str = "GET", body: object = None) -> Any:
        """Give the JSON of the answer, None for an empty one. Raises OpenStackError."""
        if self._token is None:
            self._token = self._log_in()
        headers = {"X-Auth-Token": self._token}
        if service in _MICROVERSIONS:
            headers["OpenStack-API-Version"] = _MICROVERSIONS[service]
        return self._send(service, path, method, body, headers)[0]

    def _log_in(self) -> str:
        """Get a token for the project. Source: Identity API v3, POST /auth/tokens."""
        login, domain = self._login, {"name": self._login.domain}
        user = {"name": login.user, "domain": domain, "password": login.password}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": login.project, "domain": domain}},
            }
        }
        _, headers = self._send("identity", "/auth/tokens", "POST", body, {})
        token = headers.get("X-Subject-Token")
        if not token:
            where = self._urls["identity"]
            raise OpenStackError("this gives no token", where, _WAYS["identity"])
        return token

    def _send(
        self, service: str, path: str, method: str, body: object, headers: dict[str, str]
    ) -> tuple[Any, Mapping[str, str]]:
        url = self._urls[service] + path
        data = None if body is None else json.dumps(body).encode()
        sent = {**headers, "Accept": "application/json"}
        asked = urllib.request.Request(url, data, sent)  # noqa: S310 - host.toml takes http(s) only
        asked.method = method
        if data is not None:
            asked.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(asked, timeout=_SECONDS) as answer:
                text = answer.read()
                return (json.loads(text) if text else None), answer.headers
        except urllib.error.HTTPError as error:
            raise self._refusal(service, f"{method} {url}", error.code, error.read()) from error
        except (OSError, http.client.HTTPException) as error:
            why = _reason(getattr(error, "reason", error))
            if url.startswith("https:") and not hasattr(http.client, "HTTPSConnection"):
                why = "this Python has no module ssl"
            what = f"{_NAMES[service]} cannot be asked: {why}"
            raise OpenStackError(what, url, _WAYS[service]) from error
        except ValueError as error:
            what = f"{_NAMES[service]} did not answer with JSON"
            raise OpenStackError(what, url, _WAYS[service]) from error

    def _refusal(self, service: str, where: str, status: int, said: bytes) -> OpenStackError:
        login = self._login
        what = f"{_NAMES[service]} says {status}: {_message(said)}"
        hint = _WAYS[service]
        if status == 401:
            hint = f"give {login.user} in keystone the password that passwords.toml has for it"
        elif status == 403:
            hint = f"openstack role add --user {login.user} --project {login.project} admin"
        elif status < 500:
            hint = f"see that host.toml names the right {service} service"
        return OpenStackError(what, where, hint, status)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirection is an error: it would carry the token elsewhere."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer in {_SECONDS} seconds"
    return system_words(error)


def _message(said: bytes) -> str:
    """Find the sentence for people in an answer; each service has its own form of it."""
    try:
        value = json.loads(said)
    except ValueError:
        return said.decode("utf-8", "replace").strip().partition("\n")[0][:200] or "nothing more"
    while isinstance(value, (dict, list)) and value:
        if isinstance(value, list):
            value = value[0]
            continue
        key = next((key for key in ("message", "detail", "title") if key in value), None)
        value = value[key] if key else next(iter(value.values()))
    return str(value).strip().partition("\n")[0][:200] or "nothing more"
