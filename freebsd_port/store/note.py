"""Small files that are written whole or not at all, outside any transaction."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from freebsd_port.store.files import remove_file, write_new


def replace_note(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file in one step, whatever was there before; the directory must exist.

    `mode` None leaves the umask's choice.
    """
    partial = path.with_name(f"{path.name}.partial")
    remove_file(partial)
    try:
        write_new(partial, data, mode, None)
        os.replace(partial, path)
    except OSError:
        with contextlib.suppress(OSError):
            remove_file(partial)
        raise
