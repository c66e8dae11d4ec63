"""The overlay's state as bytes, and what is refused on reading it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from freebsd_port.engine.core.apply.overlay import (
    AppliedPatch,
    OverlayError,
    OverlayFile,
    OverlayState,
    parse_state,
    render_state,
)

DIGEST = "0" * 64
STATE = OverlayState(
    "2026.2",
    1,
    (AppliedPatch("nova/a.patch", DIGEST, 2, True),),
    (OverlayFile("nova/a.py", DIGEST, None, 0o644, None, "nova"),),
    {"nova": "34.0.0"},
)


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(render_state(STATE)), **fields}).encode()


def changed_file(**fields: Any) -> bytes:
    (entry,) = json.loads(render_state(STATE))["files"]
    return changed(files=[{**entry, **fields}])


def test_a_state_is_read_back_as_it_was_written() -> None:
    assert parse_state(render_state(STATE), where="state.json") == STATE
    assert parse_state(render_state(OverlayState()), where="state.json") == OverlayState()


def test_the_entry_of_a_path_is_found() -> None:
    assert STATE.file("nova/a.py") is STATE.files[0]
    assert STATE.file("nova/b.py") is None


def test_a_later_format_is_named_as_such() -> None:
    with pytest.raises(OverlayError, match="another version of freebsd-port") as caught:
        parse_state(changed(format=2), where="state.json")
    assert caught.value.where == "state.json"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is not JSON at line 1, column 1$"),
        (b"\xff", "it is not UTF-8 text$"),
        (b"[]", "a field is missing, unknown or of another kind$"),
        (b"{}", "it has no 'format'$"),
        (render_state(STATE)[:-20], r"it is not JSON at line 1, column \d+$"),
        (changed(files=7), "a field is missing, unknown or of another kind$"),
        (changed(extra=7), "a field is missing, unknown or of another kind$"),
        (changed(versions=[]), "another kind"),
        (changed(fuzz="1"), "another kind"),
        (changed(patches=[{"name": "a", "sha256": "x"}]), "no digest for 'a'"),
        (changed_file(path="../a"), r"climbs out with '\.\.'"),
        (changed_file(path="/a"), "absolute"),
        (changed_file(path=".freebsd-port/state.json"), "its own state"),
        (changed_file(before="../../etc/shadow"), "no digest"),
        (changed_file(after=7), "no digest"),
        (changed_file(before_mode=-1), "no permission bits"),
        (changed_file(after_mode=0o100644), "no permission bits"),
        (changed_file(path=7), "damaged"),
    ],
)
def test_a_damaged_or_hostile_state_is_refused_with_the_way_out(data: bytes, reason: str) -> None:
    with pytest.raises(OverlayError, match=reason) as caught:
        parse_state(data, where="state.json")
    assert "state is damaged" in caught.value.what
    assert caught.value.hint == (
        "begin with a fresh copy of the tree; a fresh environment comes from: freebsd-port venv"
    )
