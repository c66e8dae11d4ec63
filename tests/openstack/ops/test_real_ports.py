"""The project's series as patches of ports: GNU patch makes of the wheels what is locked."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from programs import needs

from freebsd_port.engine.ops.author.export import Whole, read_whole, render_ports
from freebsd_port.openstack.ops.pinned import PinnedTree, open_pinned
from freebsd_port.openstack.store.project.project import find_project

PROJECT = find_project(Path(__file__).parents[3])
RELEASE = PROJECT.default_release()


def whole_series() -> Whole:
    """The patches of every role, without options."""
    workspace = open_pinned(PROJECT, RELEASE, role="all", is_offline=False, progress=print)
    return read_whole(workspace)


def locked_files() -> list[tuple[str, str, str]]:
    """(before, after, path) of the series without options, read without the project's reader."""
    text = PROJECT.series_lock(RELEASE).read_text()
    rows = []
    for line in text.splitlines():
        if line.startswith("["):
            break
        if not line.startswith("#"):
            before, after, path = line.split(" ", 2)
            rows.append((before, after, path))
    return rows


@needs("patch")
def test_gnu_patch_makes_every_locked_file_of_the_ports_patches_and_another_export_is_the_same(
    tmp_path: Path,
) -> None:
    whole = whole_series()
    exported = render_ports(whole)
    assert render_ports(whole_series()) == exported
    tree = whole.workspace.pristine
    assert isinstance(tree, PinnedTree)
    rows = locked_files()
    for before, _, path in rows:
        state = tree.read(path)
        assert (state is None) == (before == "-"), path
        if state is not None:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(state.content)
    for name in sorted(exported):
        done = subprocess.run(
            ["patch", "-p0", "--forward", "--fuzz=0", "--no-backup-if-mismatch"],
            cwd=tmp_path, input=exported[name], capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (name, done.stdout)
        assert b"offset" not in done.stdout, (name, done.stdout)
    found = {
        path.relative_to(tmp_path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert found == {path: after for _, after, path in rows}
    assert len(exported) == len(rows) > 0
