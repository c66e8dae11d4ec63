"""The site on disk: whole or not at all, and nobody else's file is touched."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from freebsd_port.engine.store.files.write import WriteError
from freebsd_port.engine.store.site.directory import MANIFEST, Written, read_assets, write_site
from freebsd_port.errors import PortError, ProblemsError

FIRST = [("files/a.js", b"a"), ("patches/x.html", b"x"), ("index.html", b"one")]
SECOND = [("patches/y.html", b"y"), ("index.html", b"two")]


def files_below(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def test_a_new_directory_has_the_files_and_nothing_beside_it(tmp_path: Path) -> None:
    assert write_site(tmp_path / "deep" / "site", FIRST) == Written(3, 3, 0)
    assert files_below(tmp_path / "deep" / "site") == dict(FIRST)
    assert os.listdir(tmp_path / "deep") == ["site"]


def test_the_same_site_again_changes_no_file(tmp_path: Path) -> None:
    write_site(tmp_path / "site", FIRST)
    before = (tmp_path / "site/index.html").stat()
    assert write_site(tmp_path / "site", FIRST) == Written(3, 0, 0)
    after = (tmp_path / "site/index.html").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_what_only_the_earlier_site_had_goes_and_what_is_not_of_it_stays(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site, FIRST)
    (site / "CNAME").write_bytes(b"example.org")
    (site / "patches/mine.html").write_bytes(b"mine")
    assert write_site(site, SECOND) == Written(2, 2, 2)
    assert files_below(site) == {
        **dict(SECOND),
        "CNAME": b"example.org",
        "patches/mine.html": b"mine",
    }
    assert not (site / "files").exists()


def test_a_file_of_the_earlier_site_that_somebody_exchanged_is_not_removed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site, FIRST)
    (site / "files/a.js").write_bytes(b"mine now")
    assert write_site(site, SECOND).removed == 1
    assert (site / "files/a.js").read_bytes() == b"mine now"


def test_files_of_somebody_else_in_the_way_are_all_named_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    (site / "files").mkdir(parents=True)
    (site / "index.html").write_bytes(b"mine")
    (site / "files/a.js").write_bytes(b"mine")
    with pytest.raises(ProblemsError) as caught:
        write_site(site, FIRST)
    assert [one.where for one in caught.value.problems] == [
        str(site / "files/a.js"),
        str(site / "index.html"),
    ]
    assert files_below(tmp_path) == {"site/index.html": b"mine", "site/files/a.js": b"mine"}


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    site = tmp_path / "site"
    write_site(site, SECOND)
    (site / "files").symlink_to(outside)
    with pytest.raises(PortError, match="symbolic link"):
        write_site(site, FIRST)
    assert os.listdir(outside) == []
    assert files_below(site) == dict(SECOND)


def test_a_forged_list_removes_nothing_outside(tmp_path: Path) -> None:
    site, victim = tmp_path / "site", tmp_path / "victim"
    victim.write_bytes(b"x")
    write_site(site, FIRST)
    listed = json.loads((site / MANIFEST).read_bytes())
    listed["../victim"] = listed[str(victim)] = listed["patches/x.html"]
    (site / MANIFEST).write_text(json.dumps(listed))
    write_site(site, SECOND)
    assert victim.exists()


def test_a_fault_while_the_pages_are_made_leaves_what_was_there(tmp_path: Path) -> None:
    def failing() -> object:
        yield "index.html", b"half"
        raise RuntimeError

    write_site(tmp_path / "site", FIRST)
    with pytest.raises(RuntimeError):
        write_site(tmp_path / "site", failing())  # type: ignore[arg-type]
    assert files_below(tmp_path) == {f"site/{path}": content for path, content in FIRST}


def test_a_file_where_the_directory_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").write_bytes(b"mine")
    with pytest.raises(PortError, match="not a directory"):
        write_site(tmp_path / "site", FIRST)
    with pytest.raises(WriteError):
        write_site(tmp_path / "site" / "below", FIRST)
    assert files_below(tmp_path) == {"site": b"mine"}


def test_the_root_is_no_place_for_a_site() -> None:
    with pytest.raises(PortError, match="a site cannot be written to the root directory"):
        write_site(Path("/"), [("index.html", b"x")])
    assert not Path("/index.html").exists()


def test_the_style_and_the_script_fetch_nothing_and_run_no_text() -> None:
    assets = read_assets()
    for content in assets.values():
        assert b"http:" not in content
        assert b"https:" not in content
        assert b"@import" not in content
        assert b"url(" not in content
    for word in (b"innerHTML", b"outerHTML", b"insertAdjacentHTML", b"eval(", b"document.write"):
        assert word not in assets["review.js"]
