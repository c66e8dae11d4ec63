"""`review site`, and what `review serve` asks for, on a small project."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Run
from small_project import NAMES, SmallProject

from freebsd_port.engine.core.review.site.markup import page_path


def test_the_site_is_written_and_again_only_where_it_changed(run: Run, tmp_path: Path) -> None:
    site = tmp_path / "public"
    said = run("review", "site", str(site), "--offline")
    index = site / "index.html"
    assert (said.status, said.err) == (0, "")
    assert said.out == f"{index}: 10 files, 10 written\n"
    assert all((site / page_path(name)).is_file() for name in NAMES)
    assert run("review", "site", str(site), "--offline").out == f"{index}: 10 files, 0 written\n"


def test_a_patch_that_left_the_series_has_no_page_any_more(
    run: Run, project: SmallProject, tmp_path: Path
) -> None:
    site = tmp_path / "public"
    run("review", "site", str(site), "--offline")
    (project.root / "series").write_text("".join(f"{name}\n" for name in NAMES[:-1]))
    said = run("review", "site", str(site), "--offline", "--json")
    assert said.json == {
        "ok": True,
        "verb": "review site",
        "directory": str(site),
        "files": 9,
        "changed": 6,
        "removed": 1,
    }
    assert not (site / page_path(NAMES[-1])).exists()


def test_a_file_in_the_way_is_named_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    said = run("review", "site", str(tmp_path), "--offline")
    assert (said.status, said.out) == (1, "")
    assert said.err == (
        "error: a file that is not part of this site is in the way\n"
        f"  where: {tmp_path / 'index.html'}\n"
        "  try:   name another directory, or move the file: freebsd-port review site DIR\n"
    )
    assert not (tmp_path / "patches").exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("site",), "missing argument 'DIR'"),
        (("site", "d", "--by", "me"), "no such option '--by'"),
        (("site", "d", NAMES[0]), "got unexpected extra argument"),
        (("--by", "me", "serve"), "--by does not go before serve"),
        (("serve", "--unreviewed"), "no such option '--unreviewed'"),
        (("serve", "--port", "70000"), "invalid value for '--port'"),
        (("serve", "--by", "a: b"), "the reviewer's name"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = run("review", *words, "--offline")
    assert said.status in (1, 2)
    assert said.err.startswith(f"error: {what}")
    assert not (tmp_path / "d").exists()


def test_serving_needs_a_name_and_takes_the_one_of_git(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "gitconfig"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    words = ("review", "serve", "--no-browser", "--port", "1", "--offline")
    settings.write_text("")
    said = run(*words)
    assert said.status == 2
    assert said.err.startswith("error: the reviewer has no name")
    settings.write_text("[user]\n\tname = a: b\n")
    assert run(*words).err.startswith("error: the reviewer's name")
