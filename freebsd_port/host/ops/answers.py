"""Load host.toml, or write one with every default (`host init`), never over another."""

from __future__ import annotations

import shlex
from pathlib import Path

from freebsd_port.engine.store.files.write import replace_file
from freebsd_port.errors import ProblemsError, UsageError, system_words
from freebsd_port.host.core.answers import Answers, Libvirt
from freebsd_port.host.core.answers_file import parse_answers, render_answers
from freebsd_port.openstack.store.project.project import ProjectError

DEFAULT_PATH = Path("/usr/local/etc/freebsd-port/host.toml")
DEFAULT_PASSWORDS = Path("/usr/local/etc/freebsd-port/passwords.toml")


class AnswersError(ProblemsError):
    """A host.toml that cannot be meant."""

    exit_code = 2


def load_answers(path: Path) -> Answers:
    """Read a host.toml. Raises UsageError if it is not there, AnswersError with all findings."""
    try:
        data = path.read_bytes()
    except OSError as error:
        init = "freebsd-port host init"
        if path != DEFAULT_PATH:
            init += f" --answers {shlex.quote(str(path))}"
        raise UsageError(
            f"cannot read the answers: {system_words(error)}",
            where=str(path),
            hint=init if isinstance(error, FileNotFoundError) else "name another with --answers",
        ) from error
    found = parse_answers(data)
    if isinstance(found, Answers):
        return found
    raise AnswersError(
        tuple(
            UsageError(one.what, where=f"{path}:{one.line}" if one.line else str(path))
            for one in found
        )
    )


def init_answers(path: Path, virt_type: str) -> bool:
    """Write the file; False when it is there as it would be written.

    `virt_type` is bhyve or qemu. All else is the default.

    Raises UsageError when another one is there, and ProjectError when it cannot be written.
    """
    data = render_answers(Answers(libvirt=Libvirt(virt_type, f"{virt_type}:///system")))
    try:
        present = path.read_bytes() if path.exists() else None
        if present == data:
            return False
        if present is not None:
            raise UsageError(
                "answers already exist and are not overwritten",
                where=str(path),
                hint=f"edit them, or: freebsd-port host init --answers {path}.new",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    except OSError as error:
        raise ProjectError(
            f"cannot be written: {system_words(error)}",
            where=str(path),
            hint="run it as root, or name another file with --answers",
        ) from error
    return True
