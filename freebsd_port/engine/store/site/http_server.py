"""A small HTTP server on 127.0.0.1: reads requests within limits, writes what it is told to.

What is answered, and to whom, is the business of whoever runs it.
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from freebsd_port.errors import PortError, system_words

ADDRESS = "127.0.0.1"
MAX_BODY = 256 * 1024
"""Bytes; the ids of a thousand hunks and a long note have room."""

_SECONDS = 20
"""How long one connection may take to say what it wants."""


class ServeError(PortError):
    """A port that cannot be listened on."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What somebody asks for."""

    method: str
    path: str
    """Decoded, with the slash that leads it."""

    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""

    cookies: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Answer = Callable[[HttpRequest], Response]
"""Called in several threads at once."""


def make_token() -> str:
    """Give a secret that nobody guesses."""
    return secrets.token_urlsafe(24)


def _read_cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


class Listener:
    """A server that listens from the beginning, and answers once it is run."""

    def __init__(self, port: int) -> None:
        """Take the port, 0 for any that is free. Raises ServeError."""
        try:
            self._server = _Server((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = system_words(error)
            raise ServeError(
                f"cannot listen: {reason.lower()}",
                where=f"{ADDRESS}:{port}",
                hint="choose another with --port N, or --port 0 for any that is free",
            ) from error
        self.port: int = self._server.server_address[1]

    def run(self, answer: Answer) -> None:
        """Answer until `stop` is called or the user interrupts; the port is free afterwards."""
        self._server.answer = answer
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self._server.server_close()

    def close(self) -> None:
        """Give the port back without having answered."""
        self._server.server_close()

    def stop(self) -> None:
        """Let `run`, in another thread, come to its end."""
        threading.Thread(target=self._server.shutdown, daemon=True).start()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answer: Answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away; a fault of ours keeps its traceback."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    timeout = _SECONDS
    server: _Server
    server_version = "freebsd-port"
    sys_version = ""

    def _handle(self) -> None:
        body = self._read_body()
        if body is None:
            return
        parts = urlsplit(self.path)
        request = HttpRequest(
            self.command,
            unquote(parts.path),
            parse_qs(parts.query, max_num_fields=20),
            {name.lower(): value for name, value in self.headers.items()},
            _read_cookies(self.headers.get("Cookie", "")),
            body,
        )
        try:
            response = self.server.answer(request)
        except Exception:
            self.send_error(500)
            raise
        self._write(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _handle

    def _read_body(self) -> bytes | None:
        """Read as many bytes as were announced; None when the request was refused."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isascii() or not length.isdigit():
            self.send_error(411, "say the length of the body")
            return None
        if int(length) > MAX_BODY:
            self.send_error(413, f"the body has more than {MAX_BODY} bytes")
            return None
        return self.rfile.read(int(length))

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what cannot even be read as a request, in the form of every other error."""
        self.close_connection = True
        what = message or HTTPStatus(code).phrase.lower()
        body = json.dumps({"ok": False, "problems": [{"what": what, "where": None, "hint": None}]})
        self._write(Response(code, {"Content-Type": "application/json"}, f"{body}\n".encode()))

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for what the user asked."""
