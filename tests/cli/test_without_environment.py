"""Verbs that look at a patch, or write patches only, on a project without an environment.

The judge is the same verb where everything is installed and applied.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest
from command_line import Run
from small_project import GREET, LEAVE, NAMES, WHO, SmallProject, diff

MORE = "oslo.privsep/more.patch"


@pytest.fixture
def bare(run: Run, project: SmallProject) -> SmallProject:
    """The project without its environment."""
    shutil.rmtree(project.packages)
    return project


def with_and_without(run: Run, project: SmallProject, *words: str) -> tuple[str, str]:
    """What a verb prints with the whole series applied, and without an environment."""
    run("push", "-a", "-q")
    installed = run(*words)
    shutil.rmtree(project.packages)
    planned = run(*words)
    assert (installed.status, planned.status, planned.err) == (0, 0, "")
    assert not project.packages.exists()
    return installed.out, planned.out


@pytest.mark.parametrize("patch", NAMES)
@pytest.mark.parametrize(
    "words", [("files", "-v"), ("header",), ("diff", "-P"), ("diff", "--combine", "-", "-P")]
)
def test_a_patch_shows_the_same_with_and_without_an_environment(
    run: Run, project: SmallProject, words: tuple[str, ...], patch: str
) -> None:
    installed, planned = with_and_without(run, project, *words, patch)
    assert planned == installed


def test_annotate_needs_no_environment(run: Run, project: SmallProject) -> None:
    installed, planned = with_and_without(run, project, "annotate", "nova/greet.py")
    assert planned == installed
    assert run("annotate", "nova/absent.py").status == 1


@pytest.mark.parametrize("form", ["diff", "mailbox"])
def test_an_export_is_the_same_without_an_environment(
    run: Run, project: SmallProject, form: str
) -> None:
    installed, planned = with_and_without(run, project, "export", form)
    assert planned == installed


def test_a_port_is_named_by_the_wheel_that_owns_the_file(
    run: Run, bare: SmallProject, tmp_path: Path
) -> None:
    assert run("export", "ports", "-o", tmp_path / "ports").status == 0
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("patch-*"))
    assert files == [
        "ports/nova/files/patch-nova_greet.py",
        "ports/oslo.privsep/files/patch-oslo__privsep_who.py",
    ]


def test_a_patch_is_shown_even_if_a_later_one_does_not_fit(run: Run, bare: SmallProject) -> None:
    text = bare.patch(LEAVE).read_text()
    bare.patch(LEAVE).write_text(text.replace(" def ", " deaf "))
    assert run("diff", "-P", GREET).status == 0
    said = run("diff", "-P", LEAVE)
    assert said.status == 1
    assert f"error: hunk 1 of 2 in {LEAVE} does not fit" in said.err


@pytest.mark.parametrize("verb", ["files", "header", "diff"])
def test_without_an_environment_there_is_no_top_patch(
    run: Run, bare: SmallProject, verb: str
) -> None:
    said = run(verb)
    assert said.status == 1
    assert said.err.endswith("  try:   name a patch of the series\n")


def test_an_import_goes_to_the_end_of_the_series_and_names_the_owner(
    run: Run, bare: SmallProject, tmp_path: Path
) -> None:
    old, new = b"def who():\n    return 'anybody'\n", b"def who():\n    return 'nobody'\n"
    (tmp_path / "more.patch").write_bytes(diff("oslo_privsep/who.py", old, new))
    said = run("import", tmp_path / "more.patch", "--offline")
    assert (said.status, said.err) == (0, "")
    assert (bare.root / "series").read_text().splitlines() == [*NAMES, MORE]
    assert run("diff", "-P", MORE).out.endswith("-    return 'anybody'\n+    return 'nobody'\n")
    assert not bare.packages.exists()


def test_a_header_is_changed_without_an_environment(
    run: Run, bare: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"See also: who(1)\n")))
    before = bare.patch(WHO).read_bytes()
    assert run("header", "-a", WHO).status == 0
    assert run("header", WHO).out.endswith("See also: who(1)\n")
    assert bare.patch(WHO).read_bytes().endswith(before[before.index(b"---") :])


def test_no_wheel_is_asked_for_to_list_files(
    run: Run, bare: SmallProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    assert run("files", GREET).out == "nova/greet.py\n"
    assert run("header", GREET).status == 0
    said = run("diff", "-P", GREET, "--offline")
    assert said.status == 1
    assert said.err.startswith("error: offline, and not in the cache: ")
