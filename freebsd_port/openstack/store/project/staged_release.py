"""A release made beside the project and put in its place when it is whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freebsd_port.openstack.store.project.project import Project, save_if_changed

_PREFIX = ".new-release-"


@contextmanager
def staged_release(project: Project, name: str, model: str) -> Iterator[Project]:
    """Give a project beside the real one with what the release starts from.

    A release that is here starts from its own files, another one from the model's
    requirements.in. The caller holds the lock of the project's root, so what a killed command
    left there goes first.
    """
    for left in project.root.glob(f"{_PREFIX}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=project.root) as made:
        staged = Project(Path(made))
        directory = staged.release_directory(name)
        if name == model:
            shutil.copytree(project.release_directory(name), directory)
        else:
            directory.mkdir(parents=True)
            shutil.copy(project.release_directory(model) / "requirements.in", directory)
        yield staged


def commit_release(staged: Project, project: Project, name: str) -> tuple[Path, ...]:
    """Put the release in its place; gives the files that are new or another.

    A release that was not here comes in one step. Of one that was, the files are replaced one by
    one, release.toml last.
    """
    source, target = staged.release_directory(name), project.release_directory(name)
    files = sorted(source.iterdir(), key=lambda path: (path.name == "release.toml", path.name))
    if not (target / "release.toml").exists():
        source.rename(target)
        return tuple(target / path.name for path in files)
    return tuple(
        target / path.name
        for path in files
        if save_if_changed(target / path.name, path.read_bytes())
    )
