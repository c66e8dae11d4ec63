"""Who the review's server answers."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.review.site.guard import Door, find_refusal

DOOR = Door(8123, "secret")
HOST = "127.0.0.1:8123"
GOOD = {
    "host": HOST,
    "origin": f"http://{HOST}",
    "sec-fetch-site": "same-origin",
}


def refusal(
    changed: dict[str, str | None], *, token: str = "secret", is_change: bool = True
) -> str | None:
    headers = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    return find_refusal(DOOR, headers, token=token, is_change=is_change)


def test_the_own_page_is_let_in() -> None:
    assert refusal({}) is None
    assert refusal({"host": "localhost:8123", "origin": "http://localhost:8123"}) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example:8123", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8123.a.example", "", None],
)
def test_another_name_is_refused_even_with_the_cookie(host: str | None) -> None:
    assert refusal({"host": host, "origin": f"http://{host}"}) == "host"
    assert refusal({"host": host}, is_change=False) == "host"


@pytest.mark.parametrize("token", ["", "Secret", "secret ", "sécret", "\udcff"])
def test_without_the_token_nothing_is_even_read(token: str) -> None:
    assert refusal({}, token=token, is_change=False) == "token"


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": None},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "https://127.0.0.1:8123"},
        {"origin": "http://localhost:8123"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_change_comes_from_a_page_of_the_same_origin_only(changed: dict[str, str | None]) -> None:
    assert refusal(changed) == "origin"
    assert refusal(changed, is_change=False) is None
