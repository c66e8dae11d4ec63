"""`review serve`: the site of a review on 127.0.0.1, with buttons that decide."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, quote

from freebsd_port.engine.core.review.facts import SeriesFacts
from freebsd_port.engine.core.review.site.guard import Door, Refusal, find_refusal
from freebsd_port.engine.core.review.site.markup import INDEX
from freebsd_port.engine.core.review.site.site import Site
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.ops.review.decide import Choice
from freebsd_port.engine.store.site.directory import read_assets
from freebsd_port.engine.store.site.http_server import (
    HttpRequest,
    Listener,
    Response,
    ServeError,
    make_token,
)
from freebsd_port.errors import PortError, ProblemsError, UsageError

CHOICES: tuple[Choice, ...] = get_args(Choice)
Decide = Callable[[SeriesFacts, tuple[str, ...], Choice, str], object]
"""Takes the facts, ids of hunks that they have, the choice and a note; raises PortError."""

DECIDE = "/decide"
_MAX_NOTE = 2000
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
_ICON = "favicon.ico"  # browsers ask for it unasked, and would log that it is not there
_FORM = "application/x-www-form-urlencoded"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_REFUSALS: dict[Refusal, tuple[int, str, str | None]] = {
    "host": (421, "the request names another host than this server", None),
    "token": (403, "the token is missing or wrong", "open the address that the command printed"),
    "origin": (403, "a page from another origin may not change anything", None),
}


class Desk:
    """Answers requests about one project; read anew when its files change."""

    def __init__(
        self,
        project: str,
        door: Door,
        gather: Callable[[], SeriesFacts],
        stamp: Callable[[], object],
        decide: Decide,
    ) -> None:
        """Gather once, for the project of this key. Raises what `gather` raises."""
        self._project = project
        self._door, self._gather, self._stamp, self._decide = door, gather, stamp, decide
        self._lock = threading.Lock()
        self._assets = read_assets()
        self._seen = stamp()
        self._facts = gather()
        self._site = Site(self._facts, project=self._project)

    def answer(self, request: HttpRequest) -> Response:
        """Answer one request; whatever goes wrong by the user's doing is JSON."""
        named = request.query.get("token", [])
        token = named[0] if named else request.cookies.get(self._door.cookie, "")
        is_change = request.method not in ("GET", "HEAD")
        refusal = find_refusal(self._door, request.headers, token=token, is_change=is_change)
        if refusal:
            status, what, hint = _REFUSALS[refusal]
            return _refuse(status, UsageError(what, hint=hint))
        if named and not is_change:
            cookie = f"{self._door.cookie}={self._door.token}; Path=/; HttpOnly; SameSite=Strict"
            path = f"/{request.path.lstrip('/')}"  # two slashes would name another host
            return _redirect(quote(path), {"Set-Cookie": cookie})
        with self._lock:
            try:
                if request.path == DECIDE:
                    return self._take_decision(request)
                return self._read(request)
            except ProblemsError as error:
                return _refuse(409, *error.problems)
            except PortError as error:
                return _refuse(400 if isinstance(error, UsageError) else 409, error)

    def _read(self, request: HttpRequest) -> Response:
        if request.method not in ("GET", "HEAD"):
            return _refuse(405, UsageError("pages are read-only"), headers={"Allow": "GET, HEAD"})
        path = request.path.removeprefix("/") or INDEX
        if path == _ICON:
            return Response(204, _HEADERS)
        content = self._assets.get(path)
        if content is None:
            if path.endswith(".html"):
                self._refresh()
            content = self._site.read(path)
        if content is None:
            return _refuse(404, UsageError("no such page", where=path, hint="the overview is at /"))
        kind = _TYPES[path.rpartition(".")[2]]
        return Response(200, {**_HEADERS, "Content-Type": f"{kind}; charset=utf-8"}, content)

    def _refresh(self) -> None:
        stamp = self._stamp()
        if stamp != self._seen:
            self._facts = self._gather()
            self._site = Site(self._facts, project=self._project)
            self._seen = stamp

    def _take_decision(self, request: HttpRequest) -> Response:
        if request.method != "POST":
            return _refuse(
                405, UsageError("decisions are sent with POST"), headers={"Allow": "POST"}
            )
        if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
            return _refuse(415, UsageError(f"a decision comes as {_FORM}"))
        hunks, choice, note, page = _read_form(request.body)
        self._refresh()
        self._require_hunks(hunks)
        self._decide(self._facts, hunks, choice, note)
        self._refresh()
        if "application/json" in request.headers.get("accept", ""):
            return _json(200, {"ok": True, "hunks": list(hunks), "verdict": choice})
        known = page if self._site.read(page) is not None else INDEX
        return _redirect(f"/{quote(known)}#hunk-{quote(hunks[0])}")

    def _require_hunks(self, hunks: Collection[str]) -> None:
        """Refuse what was decided on a page of before a patch changed."""
        known = {hunk.id for patch in self._facts.patches for hunk in patch.hunks}
        missing = [f"no hunk {one!r}" for one in hunks if one not in known]
        if missing:
            hint = "reload the page: the patch has changed"
            raise ProblemsError(tuple(PortError(what, hint=hint) for what in missing))


def _read_form(body: bytes) -> tuple[tuple[str, ...], Choice, str, str]:
    """Read hunks, choice, note and page of a form; raises UsageError."""
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise UsageError("the form cannot be read") from error
    hunks = tuple(dict.fromkeys(fields.get("hunk", ())))
    if not hunks:
        raise UsageError("the form names no hunk")
    verdict = fields.get("verdict", [""])[0]
    choice = next((one for one in CHOICES if one == verdict), None)
    if choice is None:
        raise UsageError(f"no verdict {verdict!r}", hint=f"one of {', '.join(CHOICES)}")
    note = fields.get("note", [""])[0].strip()
    if len(note) > _MAX_NOTE:
        raise UsageError(f"the note has more than {_MAX_NOTE} characters")
    return hunks, choice, note, fields.get("page", [""])[0]


def _redirect(where: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(303, {**_HEADERS, "Location": where, **(headers or {})})


def _refuse(status: int, *errors: PortError, headers: Mapping[str, str] | None = None) -> Response:
    problems = [{"what": one.what, "where": one.where, "hint": one.hint} for one in errors]
    return _json(status, {"ok": False, "problems": problems}, headers)


def _json(
    status: int, value: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    body = json.dumps(value).encode()
    return Response(status, {**_HEADERS, **kind, **(headers or {})}, body + b"\n")


def key_of_project(root: Path) -> str:
    """Give what tells projects of one machine apart: 12 hexadecimal digits."""
    return hash_bytes(os.fsencode(root.resolve()))[:12]


def usual_port(root: Path) -> int:
    """Give the port that a project is served on where it is free, always the same.

    A browser keeps unsaved notes by address, port included, so they are there again when the
    server is started again.
    """
    return 20_000 + int(key_of_project(root), 16) % 10_000


def open_desk(
    root: Path,
    port: int | None,
    gather: Callable[[], SeriesFacts],
    stamp: Callable[[], object],
    decide: Decide,
) -> tuple[Listener, Desk, str]:
    """Take a port and gather; give the address that opens the review too.

    The port is the project's usual one if None is given, or any if that is taken; 0 is any.
    Raises ServeError when the port cannot be had, and what `gather` raises.
    """
    listener = Listener(port) if port is not None else _listen(root)
    door = Door(listener.port, make_token())
    try:
        desk = Desk(key_of_project(root), door, gather, stamp, decide)
    except BaseException:
        listener.close()
        raise
    return listener, desk, f"http://{door.hosts[0]}/?token={door.token}"


def _listen(root: Path) -> Listener:
    try:
        return Listener(usual_port(root))
    except ServeError:
        return Listener(0)
