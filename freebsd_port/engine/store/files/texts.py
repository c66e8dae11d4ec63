"""The files of a series on disk: patches and the series itself, each replaced in one step."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from freebsd_port.engine.store.files.write import (
    describe_refusal,
    place_file,
    remove_file,
    sync_directories,
    write_new,
)


def save_texts(texts: Mapping[Path, bytes | None]) -> None:
    """Write these files in this order, each whole or not at all; None removes one.

    A link is followed, and a file keeps its permission bits. A kill leaves the first ones new and
    the others old. Raises WriteError.
    """
    for path, data in texts.items():
        place = Path(os.path.realpath(path))
        try:
            if data is None:
                remove_file(path)
                continue
            os.makedirs(place.parent, exist_ok=True)
            partial = place.with_name(f".{place.name}.partial")
            remove_file(partial)
            write_new(partial, data, _mode(place), None)
            place_file(partial, place)
            sync_directories(place.parent)
        except OSError as error:
            raise describe_refusal(error, place) from error


def move_text(path: Path, new_path: Path) -> None:
    """Give a file another name, in place of what has that name. Raises WriteError."""
    try:
        os.replace(path, new_path)
    except OSError as error:
        raise describe_refusal(error, path) from error


def find_texts(directory: Path) -> tuple[Path, ...]:
    """Give every file below a directory, sorted; nothing where there is none."""
    return tuple(path for path in sorted(directory.rglob("*")) if not path.is_dir())


def remove_empty(directory: Path) -> None:
    """Remove a directory with the directories below it, as far as no file is in them."""
    for place, _, _ in os.walk(directory, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(place)


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None
