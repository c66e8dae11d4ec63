"""What serves the API of a release is in its lock, where nova has no server of its own."""

from __future__ import annotations

import pytest

from freebsd_port.openstack.core.release.requirements import parse_locked
from freebsd_port.openstack.store.project.project import find_project

PROJECT = find_project()
FIRST_WITHOUT_SERVER = 33
"""The wheel of nova 33.0.0 has no nova-api among its console scripts any more."""


@pytest.mark.parametrize("name", PROJECT.release_names())
def test_gunicorn_is_locked_where_nova_has_no_api_server(name: str) -> None:
    nova = PROJECT.load_release(name).require_pin("nova")
    text = (PROJECT.release_directory(name) / "requirements.txt").read_bytes()
    locked = {one.distribution for one in parse_locked(text, "requirements.txt")}
    major = int(nova.version.partition(".")[0])
    assert ("gunicorn" in locked) == (major >= FIRST_WITHOUT_SERVER)
