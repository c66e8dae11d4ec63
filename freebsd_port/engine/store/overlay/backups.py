"""Copies of files edited by hand, made before they are written over."""

from __future__ import annotations

import time
from pathlib import Path

from freebsd_port.engine.store.files.write import describe_refusal, write_new
from freebsd_port.engine.store.overlay.state import Condition


def back_up_files(root: Path, edited: tuple[Condition, ...]) -> tuple[Path, ...]:
    """Copy each found file beside itself as NAME.orig-<UTC time>; give the copies' paths.

    A copy that is there already is never written over. Raises WriteError.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    copies: list[Path] = []
    try:
        for condition in edited:
            if condition.found is None:
                continue
            original = root / condition.entry.path
            copy = _find_free(original, stamp)
            write_new(copy, condition.found.content, condition.found.mode, None)
            copies.append(copy)
    except OSError as error:
        raise describe_refusal(error, root) from error
    return tuple(copies)


def _find_free(original: Path, stamp: str) -> Path:
    copy = original.with_name(f"{original.name}.orig-{stamp}")
    number = 1
    while copy.exists() or copy.is_symlink():
        copy = original.with_name(f"{original.name}.orig-{stamp}-{number}")
        number += 1
    return copy
