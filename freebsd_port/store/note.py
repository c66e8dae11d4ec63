"""Small files that are written whole or not at all, outside any transaction."""

from __future__ import annotations

import os
from pathlib import Path

from freebsd_port.store.files import remove_file, write_new


def replace_note(path: Path, data: bytes) -> None:
    """Write a file in one step, whatever was there before; the directory must exist."""
    partial = path.with_name(f"{path.name}.partial")
    remove_file(partial)
    write_new(partial, data, None, None)
    os.replace(partial, path)
