"""A session on a copy of the real environment, with the real series."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from authoring import make_editor
from proof import copy_distributions, require_environment
from small_overlay import files_of, snapshot
from small_project import HEADER

from freebsd_port.engine.ops.apply.apply import Distance, apply_series, pop_patches
from freebsd_port.engine.ops.author.edit import edit_files
from freebsd_port.engine.ops.author.header import change_header
from freebsd_port.engine.ops.author.new import begin_patch
from freebsd_port.engine.ops.author.refresh import refresh_patch, render_text
from freebsd_port.engine.ops.author.stack import read_stack
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.openstack.ops.inspect.check import lock_series
from freebsd_port.openstack.ops.inspect.status import read_status
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.store.project.project import Project

HOST = "nova/virt/libvirt/host.py"
BEHIND = re.compile(rb"^(@@ .*? @@).*$", re.MULTILINE)
FRESH = "nova/virt/libvirt/fresh.py"


def test_every_patch_is_as_a_refresh_writes_it_but_for_the_text_behind_the_ranges() -> None:
    project, release, environment = require_environment()
    stack = read_stack(open_environment(project, release.name, environment.packages))
    assert len(stack.goal) > 40
    for index, patch in enumerate(stack.goal):
        above = stack.layers[index + 1]
        wanted = {path: above.read(path) for path in stack.outcomes[index].paths}
        text, _ = render_text(stack, index, wanted)
        assert BEHIND.sub(rb"\1", text) == BEHIND.sub(rb"\1", patch.data), patch.entry.name


def test_new_edit_refresh_status_pop_on_the_real_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, release, environment = require_environment()
    copy_distributions(environment, release, tmp_path / "packages")
    for name in ("patches", "releases"):
        shutil.copytree(project.root / name, tmp_path / name)
    shutil.copy(project.series, tmp_path / "series")
    copied = Project(tmp_path)

    def workspace() -> Workspace:
        return open_environment(copied, release.name, tmp_path / "packages")

    apply_series(workspace())
    patched = snapshot(tmp_path / "packages")
    pop_patches(workspace(), Distance(is_all=True))
    pristine = snapshot(tmp_path / "packages", with_state=True)
    apply_series(workspace())
    assert snapshot(tmp_path / "packages") == patched

    begin_patch(workspace(), "nova/session.patch", "2026-11-25")
    script = make_editor(tmp_path / "editor", "for f; do printf '\\n# edited\\n' >> $f; done")
    monkeypatch.setenv("VISUAL", script)
    edit_files(workspace(), (HOST, FRESH), lambda _: None)
    kinds = {c.entry.path: c.kind for c in read_status(workspace()).conditions}
    assert {path for path, kind in kinds.items() if kind == "edited"} == {HOST, FRESH}
    refresh_patch(workspace())
    assert read_status(workspace()).is_complete
    assert not refresh_patch(workspace()).is_changed
    edited = files_of(snapshot(tmp_path / "packages"))
    assert edited[HOST][1].endswith(b"\n# edited\n")
    pop_patches(workspace(), Distance(is_all=True))
    assert snapshot(tmp_path / "packages", with_state=True) == pristine
    header = HEADER.format(subject="host: a session").encode()
    change_header(workspace(), "nova/session.patch", lambda _: header)
    checked = lock_series(copied, release.name, progress=lambda _: None)
    assert checked.findings == ()
    apply_series(workspace())
    assert files_of(snapshot(tmp_path / "packages")) == edited
