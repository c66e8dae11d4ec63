"""`host init`: write a host.toml with every default, never over another one."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.core.host.answers_text import render_answers
from freebsd_port.errors import UsageError
from freebsd_port.store.note import replace_note
from freebsd_port.store.project import ProjectError


def init_answers(path: Path) -> bool:
    """Write the file; False when it is there as it would be written.

    Raises UsageError when another one is there, and ProjectError when it cannot be written.
    """
    data = render_answers()
    try:
        present = path.read_bytes() if path.exists() else None
        if present == data:
            return False
        if present is not None:
            raise UsageError(
                "there are answers already, which are not written over",
                where=str(path),
                hint=f"edit them, or: freebsd-port host init --answers {path}.new",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_note(path, data)
    except OSError as error:
        raise ProjectError(
            f"cannot be written: {(error.strerror or str(error)).lower()}",
            where=str(path),
            hint="run it as root, or name another file with --answers",
        ) from error
    return True
