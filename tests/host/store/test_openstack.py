"""Asking OpenStack's services: the token, and every way in which one says no."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest
from made_cloud import PASSWORD, Cloud, Refusal, made_cloud

from freebsd_port.host.store.openstack import Login, OpenStack, OpenStackError


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with made_cloud() as made:
        yield made


def client(url: str, password: str = PASSWORD) -> OpenStack:
    urls = {"identity": f"{url}/v3", "compute": f"{url}/v2.1/", "placement": url}
    return OpenStack(urls, Login("nova", "service", "Default", password))


def refusal_of(asked: OpenStack, path: str = "/os-services") -> OpenStackError:
    with pytest.raises(OpenStackError) as refused:
        asked.ask("compute", path)
    return refused.value


def test_one_token_serves_all_questions(cloud: Cloud) -> None:
    asked = client(cloud.url)
    assert len(asked.ask("compute", "/os-services")["services"]) == 3
    asked.ask("placement", "/resource_providers/node-id/traits")
    assert cloud.asked == [
        "POST /v3/auth/tokens", "GET /v2.1/os-services", "GET /resource_providers/node-id/traits"
    ]  # fmt: skip


def test_an_answer_without_a_body_is_none(cloud: Cloud) -> None:
    cloud.flavors["f1"] = {}
    assert client(cloud.url).ask("compute", "/flavors/f1", "DELETE") is None


def test_a_wrong_password_is_told_with_whose_it_is_and_never_shown(cloud: Cloud) -> None:
    error = refusal_of(client(cloud.url, "wrong one"))
    assert error.what.startswith("keystone says 401: The request you have made requires")
    assert error.hint == "give nova in keystone the password that passwords.toml has for it"
    assert "wrong one" not in f"{error.what}{error.where}{error.hint}{client(cloud.url).__dict__}"


def test_a_missing_role_is_told_with_the_command_that_gives_it(cloud: Cloud) -> None:
    cloud.failing["GET /v2.1/os-services"] = Refusal(
        403, {"forbidden": {"code": 403, "message": "Policy doesn't allow it"}}
    )
    error = refusal_of(client(cloud.url))
    assert (error.status, error.what) == (403, "the compute API says 403: Policy doesn't allow it")
    assert error.hint == "openstack role add --user nova --project service admin"


@pytest.mark.parametrize(("body", "said"), [
    ({"errors": [{"status": 400, "title": "Bad", "detail": "no such trait"}]}, "no such trait"),
    (b"<html>Bad Gateway</html>\nmore", "<html>Bad Gateway</html>"),
    (None, "nothing more"),
])  # fmt: skip
def test_the_sentence_for_people_is_found_in_each_form_of_refusal(
    cloud: Cloud, body: object, said: str
) -> None:
    cloud.failing["GET /v2.1/os-services"] = Refusal(500, body)
    assert refusal_of(client(cloud.url)).what == f"the compute API says 500: {said}"


def test_a_redirection_is_refused_for_the_token_would_go_along(cloud: Cloud) -> None:
    cloud.failing["GET /v2.1/os-services"] = Refusal(302, None)
    assert refusal_of(client(cloud.url)).status == 302


def test_what_is_no_json_is_refused(cloud: Cloud) -> None:
    cloud.failing["GET /v2.1/os-services"] = Refusal(200, b"<html>hello</html>")
    assert refusal_of(client(cloud.url)).what == "the compute API did not answer with JSON"


def test_nobody_there_is_told_with_the_address_and_the_way_to_start_it() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = refusal_of(client(url))
    assert (error.what, error.status) == ("keystone cannot be asked: connection refused", None)
    assert error.where == f"{url}/v3/auth/tokens"
    assert error.hint == "start it, or correct [identity] url in host.toml"


def test_https_without_ssl_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(http.client, "HTTPSConnection")  # where a Python has no ssl
    error = refusal_of(client("https://127.0.0.1:1"))
    assert error.what == "keystone cannot be asked: this Python has no module ssl"


def test_a_server_that_speaks_no_http_is_an_error_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        import threading

        def hang_up() -> None:
            peer, _ = server.accept()
            peer.recv(10)
            peer.sendall(b"SSH-2.0-OpenSSH\r\n")
            peer.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        error = refusal_of(client(f"http://127.0.0.1:{server.getsockname()[1]}"))
        thread.join()
    assert error.what.startswith("keystone cannot be asked: ")
