"""File states, lines, and the paths that no patch may touch."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.text.file import (
    STATE_DIRECTORY,
    FileState,
    find_path_fault,
    split_lines,
)


@pytest.mark.parametrize("content", [b"", b"a", b"a\n", b"a\r\nb\rc\x0cd\xe9\n\nlast"])
def test_lines_end_at_newlines_only_and_join_to_the_same_bytes(content: bytes) -> None:
    lines = split_lines(content)
    assert b"".join(lines) == content
    assert all(line.count(b"\n") == line.endswith(b"\n") for line in lines)


def test_a_digest_is_of_the_content_alone() -> None:
    assert FileState(b"a", 0o644).sha256 == FileState(b"a", None).sha256 != FileState(b"b").sha256


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/etc/passwd", "absolute"),
        ("/dev/sda", "absolute"),
        ("C:/x", "absolute"),
        ("../x", "climbs out"),
        ("a/../../x", "climbs out"),
        ("a\0b", "not a file name"),
        ("", "not a file name"),
        ("a/", "not a file name"),
        (f"{STATE_DIRECTORY}/state.json", "own state"),
        (f"a/{STATE_DIRECTORY}", "own state"),
    ],
)
def test_an_unsafe_path_has_a_fault(path: str, fault: str) -> None:
    assert fault in (find_path_fault(path) or "")


@pytest.mark.parametrize("path", ["a", "a/b.c", "..a/b..", "dev/null", "a b/\udce9"])
def test_a_safe_path_has_none(path: str) -> None:
    assert find_path_fault(path) is None
