"""The review's server over real sockets: whom it answers, what it takes, how it ends."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from made_review import decided, made_review, text_of

from freebsd_port.engine.core.review.facts import Decision, SeriesFacts
from freebsd_port.engine.core.review.site.markup import page_path
from freebsd_port.engine.store.site.http_server import MAX_BODY, Listener, ServeError
from freebsd_port.openstack.ops.review.decide import Choice
from freebsd_port.openstack.ops.review.desk import key_of_project, open_desk, usual_port

PATCH = "nova/greet.patch"
TEXT = text_of("greet: be loud", "nova/greet.py", b"hello\n", b"HELLO\n")


@dataclass
class Book:
    """Decisions as a project would keep them, by hunk."""

    decisions: dict[str, Decision] = field(default_factory=dict)
    gathered: int = 0

    def gather(self) -> SeriesFacts:
        self.gathered += 1
        return made_review(
            {"nova/greet.py": b"hello\n"}, [(PATCH, TEXT)], decision=dict(self.decisions)
        )

    def stamp(self) -> object:
        return tuple(self.decisions.items())

    def decide(self, facts: SeriesFacts, hunks: tuple[str, ...], choice: Choice, note: str) -> None:
        known = {hunk.id: hunk for patch in facts.patches for hunk in patch.hunks}
        for one in hunks:
            self.decisions.pop(one, None)
            if choice != "reset":
                self.decisions[one] = replace(decided(known[one], choice, note), by="me")


@dataclass
class Served:
    """A running server, asked as a browser would."""

    book: Book
    url: str
    cookie: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def hunk(self) -> str:
        return self.book.gather().patches[0].hunks[0].id

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        sent = {"Host": self.host, "Cookie": self.cookie}
        if body is not None:
            sent |= {"Content-Type": "application/x-www-form-urlencoded"}
            sent |= {"Origin": f"http://{self.host}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[misc]
        connection = http.client.HTTPConnection(self.host, timeout=60)
        named = {name: value for name, value in sent.items() if value is not None}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content

    def log_in(self) -> None:
        parts = urlsplit(self.url)
        status, headers, _ = self.ask("GET", f"{parts.path}?{parts.query}")
        assert (status, headers["location"]) == (303, "/")
        morsel = next(iter(SimpleCookie(headers["set-cookie"]).values()))
        assert morsel["httponly"]
        assert morsel["samesite"] == "Strict"
        self.cookie = f"{morsel.key}={morsel.value}"

    def form(self, **fields: str | list[str]) -> str:
        chosen = {"hunk": self.hunk, "verdict": "approved", "page": page_path(PATCH)} | fields
        return urlencode(chosen, doseq=True)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    book = Book()
    listener, desk, url = open_desk(tmp_path, 0, book.gather, book.stamp, book.decide)
    thread = threading.Thread(target=listener.run, args=(desk.answer,))
    thread.start()
    yield Served(book, url)
    listener.stop()
    thread.join(60)
    assert not thread.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", listener.port), 60).close()


def problems(content: bytes) -> list[str]:
    value = json.loads(content)
    assert value["ok"] is False
    return [one["what"] for one in value["problems"]]


def test_only_who_opened_the_address_with_the_token_is_answered(served: Served) -> None:
    for path in ("/", "/review.js", f"/{page_path(PATCH)}", "/?token=guess"):
        status, _, content = served.ask("GET", path)
        assert status == 403
        assert problems(content) == ["the token is missing or wrong"]
    for cookie in ("", f"freebsd-port-review-{served.host[-5:]}=guess", "a=\x01;;=="):
        assert served.ask("GET", "/", Cookie=cookie)[0] == 403
    served.log_in()
    for path, kind in (("/", "text/html"), ("/review.js", "text/javascript")):
        status, headers, content = served.ask("GET", path)
        assert (status, headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert content
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_another_name_for_the_machine_is_refused(served: Served) -> None:
    served.log_in()
    status, _, content = served.ask("GET", "/", Host="evil.example")
    assert status == 421
    assert problems(content) == ["the request names another host than this server"]


def test_an_approval_is_kept_and_shown(served: Served) -> None:
    served.log_in()
    page = f"/{page_path(PATCH)}"
    assert b"Not decided yet" in served.ask("GET", page)[2]
    status, headers, _ = served.ask("POST", "/decide", served.form(note="fine <b>"))
    assert (status, headers["location"]) == (303, f"{page}#hunk-{served.hunk}")
    assert served.book.decisions[served.hunk].note == "fine <b>"
    content = served.ask("GET", page)[2]
    assert b"Approved</strong> by me" in content
    assert b"fine &lt;b&gt;" in content


def test_a_script_is_answered_in_json(served: Served) -> None:
    served.log_in()
    for choice, kept in (("changes-requested", 1), ("reset", 0)):
        body = served.form(verdict=choice)
        status, _, content = served.ask("POST", "/decide", body, Accept="application/json")
        assert status == 200
        assert json.loads(content) == {"ok": True, "hunks": [served.hunk], "verdict": choice}
        assert len(served.book.decisions) == kept


def test_a_page_of_another_origin_decides_nothing(served: Served) -> None:
    served.log_in()
    for origin in (None, "null", "http://evil.example", "http://127.0.0.1:1"):
        status, _, content = served.ask("POST", "/decide", served.form(), Origin=origin)
        assert status == 403
        assert problems(content) == ["a page from another origin may not change anything"]
    assert not served.book.decisions


@pytest.mark.parametrize(
    ("fields", "status", "what"),
    [
        ({"hunk": "0123456789ab"}, 409, "no hunk '0123456789ab'"),
        ({"hunk": ""}, 409, "no hunk ''"),
        ({"hunk": []}, 400, "the form names no hunk"),
        ({"verdict": "merge"}, 400, "no verdict 'merge'"),
        ({"note": "x" * 2001}, 400, "the note has more than 2000 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_json(
    served: Served, fields: dict[str, str | list[str]], status: int, what: str
) -> None:
    served.log_in()
    found, _, content = served.ask("POST", "/decide", served.form(**fields))
    assert (found, problems(content)) == (status, [what])
    assert not served.book.decisions


def test_a_form_that_is_no_form_is_refused(served: Served) -> None:
    served.log_in()
    assert served.ask("POST", "/decide", "{}", Content_Type="application/json")[0] == 415
    assert served.ask("POST", "/decide", "hunk=%ff")[0] == 400
    assert served.ask("GET", "/decide")[0] == 405
    assert served.ask("POST", "/", served.form())[0] == 405
    assert served.ask("PUT", "/decide", served.form())[0] == 405


@pytest.mark.parametrize("path", ["/nothing.html", "/../series", "/%2e%2e/series", "/files/x.js"])
def test_what_is_no_page_is_not_there(served: Served, path: str) -> None:
    served.log_in()
    status, _, content = served.ask("GET", path)
    assert (status, problems(content)) == (404, ["no such page"])


def test_no_redirect_leads_to_another_host(served: Served) -> None:
    token = urlsplit(served.url).query
    _, headers, _ = served.ask("GET", f"//evil.example/%2f?{token}")
    assert headers["location"].startswith("/")
    assert not headers["location"].startswith("//")
    served.log_in()
    _, headers, _ = served.ask("POST", "/decide", served.form(page="//evil.example"))
    assert headers["location"].startswith("/index.html#")


def test_a_body_beyond_the_limit_is_not_read(served: Served) -> None:
    served.log_in()
    for length in (str(MAX_BODY + 1), "-1", "many"):
        with socket.create_connection(urlsplit(served.url).netloc.split(":"), 60) as line:  # type: ignore[arg-type]
            head = f"POST /decide HTTP/1.1\r\nHost: {served.host}\r\nContent-Length: {length}\r\n"
            line.sendall(head.encode() + b"\r\n")
            answer = http.client.HTTPResponse(line)
            answer.begin()
            assert answer.status == (413 if length.isdigit() else 411)
            assert len(problems(answer.read())) == 1


def test_what_is_no_request_at_all_is_refused_in_json(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", int(served.host.partition(":")[2])), 60) as line:
        line.sendall(b'"<script>" \\ nonsense HTTP/9\r\n\r\n')
        answer = line.makefile("rb").read()
    assert json.loads(answer.splitlines()[-1])["ok"] is False


def test_a_project_that_changed_is_read_anew_and_one_that_did_not_is_not(served: Served) -> None:
    served.log_in()
    served.ask("GET", "/")
    before = served.book.gathered
    served.ask("GET", "/")
    assert served.book.gathered == before
    facts = served.book.gather()
    hunk = facts.patches[0].hunks[0]
    served.book.decisions[hunk.id] = decided(hunk, note="from another terminal")
    content = served.ask("GET", f"/{page_path(PATCH)}")[2]
    assert b"from another terminal" in content


def test_it_listens_on_the_loopback_address_only(served: Served) -> None:
    port = int(served.host.partition(":")[2])
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))  # taken if it listened on every address
    with pytest.raises(ServeError) as caught:
        Listener(port)
    assert caught.value.where == f"127.0.0.1:{port}"


def test_a_port_that_cannot_be_is_refused() -> None:
    with pytest.raises(ServeError):
        Listener(70_000)


def test_a_project_has_the_same_port_each_time_and_another_one_while_that_is_taken(
    tmp_path: Path,
) -> None:
    book = Book()
    first, _, _ = open_desk(tmp_path, None, book.gather, book.stamp, book.decide)
    second, _, url = open_desk(tmp_path, None, book.gather, book.stamp, book.decide)
    first.close()
    again, _, _ = open_desk(tmp_path / ".", None, book.gather, book.stamp, book.decide)
    for listener in (second, again):
        listener.close()
    assert first.port == again.port == usual_port(tmp_path)
    assert second.port != first.port
    assert urlsplit(url).port == second.port
    assert usual_port(tmp_path / "other") != usual_port(tmp_path)


def test_each_project_has_a_key_of_its_own_on_its_pages(served: Served, tmp_path: Path) -> None:
    served.log_in()
    page = served.ask("GET", f"/{page_path(PATCH)}")[2].decode()
    assert f'data-project="{key_of_project(tmp_path)}"' in page
    assert key_of_project(tmp_path) != key_of_project(tmp_path / "other")
