"""The user's editor, run on copies of files so that nothing half edited is ever in a tree."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.text.file import FileState
from freebsd_port.errors import PortError, system_words


class EditorError(PortError):
    """The editor could not be run, or did not end well."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The copies as the editor left them."""

    directory: Path
    files: dict[str, bytes | None]
    """Content by path below the directory; None is a file that is not there."""

    def discard(self) -> None:
        """Remove the copies."""
        shutil.rmtree(self.directory, ignore_errors=True)


def edit_copies(
    files: Mapping[str, FileState | None], tell: Callable[[str], None] = lambda _: None
) -> Edited:
    """Copy files into a new directory and open them all in the user's editor; say where.

    The editor is $VISUAL, else $EDITOR, else vi. Raises EditorError when it does not end with 0;
    then copies that it changed stay, and the error says where.
    """
    edited = Edited(Path(tempfile.mkdtemp(prefix="freebsd-port-edit-")), {})
    for path, state in files.items():
        copy = edited.directory / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        if state is not None:
            copy.write_bytes(state.content)
    tell(f"editing {', '.join(files)} below {edited.directory}")
    try:
        status = _run([str(edited.directory / path) for path in files])
        edited.files.update({path: _read(edited.directory / path) for path in files})
    except EditorError:
        edited.discard()
        raise
    if status != 0:
        before = {path: state.content if state else None for path, state in files.items()}
        is_changed = edited.files != before
        if not is_changed:
            edited.discard()
        raise EditorError(
            f"the editor ended with status {status}; nothing was recorded",
            where=str(edited.directory) if is_changed else None,
        )
    return edited


def _run(paths: list[str]) -> int:
    words = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        command = shlex.split(words)
        return subprocess.run([*command, *paths], check=False).returncode
    except (OSError, ValueError) as error:
        reason = system_words(error)
        raise EditorError(
            f"the editor cannot be run: {reason.lower()}",
            where=words,
            hint="name another in VISUAL or EDITOR",
        ) from error


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
