"""The originals of patched files, kept by digest below the root of the tree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from freebsd_port.engine.core.apply.overlay import OverlayError, OverlayState
from freebsd_port.engine.core.text.file import STATE_DIRECTORY, hash_bytes
from freebsd_port.engine.store.files.write import (
    NewFiles,
    is_directory,
    make_directory,
    remove_file,
)

PRISTINE = f"{STATE_DIRECTORY}/pristine"


def stage_pristine(
    root: Path,
    originals: Mapping[str, bytes],
    mode: int,
    owner: tuple[int, int],
    files: NewFiles,
) -> tuple[Path, ...]:
    """Write the originals that are not kept yet, and give their files, for `place_pristine`.

    `mode` is the directory's, files get its bits without those to search; `owner` is (uid, gid).
    A damaged copy is written anew. The state directory must exist; system errors come as they are.
    """
    directory = root / PRISTINE
    if not is_directory(directory):
        make_directory(directory, mode, owner)
    staged: list[Path] = []
    for digest, content in originals.items():
        if _read(directory / digest) != content:
            staged.append(directory / f"{digest}.partial")
            remove_file(staged[-1])
            files.write(staged[-1], content, mode & 0o666, owner)
    return tuple(staged)


def place_pristine(staged: tuple[Path, ...]) -> None:
    """Give originals that are on disk their names; harmless when the change never comes."""
    for path in staged:
        os.replace(path, path.with_suffix(""))


def find_pristine(root: Path, digest: str) -> bytes | None:
    """Give an original back, or None when it is gone or damaged."""
    directory = root / PRISTINE
    content = _read(directory / digest) if is_directory(directory) else None
    return content if content is not None and hash_bytes(content) == digest else None


def load_pristine(root: Path, digest: str) -> bytes:
    """Give an original back, verified; raises OverlayError when it is gone or damaged."""
    content = find_pristine(root, digest)
    if content is None:
        path = root / PRISTINE / digest
        raise OverlayError(
            f"the kept original of a patched file is {'damaged' if path.exists() else 'gone'}",
            where=str(path),
            hint="reinstall the pinned distribution, then run: freebsd-port apply",
        )
    return content


def prune_pristine(root: Path, state: OverlayState) -> None:
    """Drop originals that nothing refers to any more; failing to is no failure."""
    directory = root / PRISTINE
    needed = {entry.before for entry in state.files}
    try:
        for name in os.listdir(directory) if is_directory(directory) else ():
            if name not in needed:
                remove_file(directory / name)
    except OSError:
        return


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
