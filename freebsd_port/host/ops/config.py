"""`host config`: nova's configuration from the answers, the passwords and the environment."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.nova_config import PRIVSEP_CONTEXTS, WEIGHER, Shipped, config_files
from freebsd_port.host.core.passwords import KEYS, hide_passwords
from freebsd_port.host.core.service_files import HostFile
from freebsd_port.host.store.config_generators import GeneratorError, Generators
from freebsd_port.host.store.files import FoundFile, HostFiles, digest_of
from freebsd_port.host.store.passwords import (
    make_password,
    named_passwords,
    read_passwords,
    save_passwords,
)

_LONG = 400
"""Lines of a file whose difference is not printed: the samples."""


class ConfigError(PortError):
    """Nova would refuse the configuration."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be written, and what is there."""

    files: tuple[HostFile, ...]
    found: Mapping[str, FoundFile]
    passwords: Mapping[str, str]
    made: tuple[str, ...]
    """The passwords that nobody named, made now."""

    differences: Mapping[str, str]
    """Path to a unified difference without passwords, for what would be replaced."""

    @property
    def changed(self) -> tuple[HostFile, ...]:
        """Give the files that are not as they should be."""
        return tuple(file for file in self.files if self.found[file.path].differs_from(file))


def plan_config(
    answers: Answers, passwords_path: Path, root: Path, progress: Callable[[str], None]
) -> Planned:
    """Make every file in memory, let oslo.config's validator judge them, compare with the host.

    A password comes from the environment of the process, else from the file, else it is made.
    Raises ProblemsError with all that the validator finds.
    """
    known = {**read_passwords(passwords_path), **named_passwords(KEYS)}
    made = tuple(key for key in KEYS if key not in known)
    passwords = {key: known.get(key) or make_password() for key in KEYS}
    quoted = {key: quote(value, safe="") for key, value in passwords.items()}
    secrets = (*passwords.values(), *quoted.values())
    environment = Path(answers.nova.environment)
    progress("asking the environment for its options and policies")
    generators = Generators(environment)
    if answers.scheduler.weigher != "nova" and not generators.has(WEIGHER):
        raise ConfigError(
            f"host.toml asks for the weigher {answers.scheduler.weigher}, which the environment "
            "does not have",
            where=str(environment),
            hint=f"freebsd-port extras --venv {environment}",
        )
    files = config_files(answers, passwords, _read_shipped(environment, generators))
    progress("letting oslo.config check the configuration")
    _require_valid(generators, files, secrets)
    host = HostFiles(root, "config")
    found = {file.path: host.look(file.path) for file in files}
    differences = {
        file.path: hide_passwords(_differ(host, file), secrets)
        for file in files
        if found[file.path].kind != "absent" and found[file.path].digest != digest_of(file.content)
    }
    return Planned(files, found, passwords, made, differences)


def write_config(
    planned: Planned, answers: Answers, passwords_path: Path, root: Path
) -> dict[str, Path]:
    """Keep the passwords, copy what others wrote or edited, and write; give the copies by path."""
    save_passwords(passwords_path, planned.passwords)
    host = HostFiles(root, "config")
    copies = {
        file.path: host.keep(planned.found[file.path])
        for file in planned.changed
        if planned.found[file.path].kind in ("edited", "foreign")
    }
    host.write(planned.changed, planned.files, group=answers.nova.group)
    return copies


def _read_shipped(environment: Path, generators: Generators) -> Shipped:
    place = environment / "etc" / "nova"
    try:
        rootwrap = (place / "rootwrap.conf").read_text("utf-8")
        paste = (place / "api-paste.ini").read_bytes()
    except OSError as error:
        raise GeneratorError(
            "the environment has none of nova's configuration files",
            where=str(error.filename or place),
            hint=f"freebsd-port venv --venv {environment}",
        ) from error
    has_own = (environment / "bin" / "nova-api").exists()
    return Shipped(rootwrap, paste, *generators.samples(), has_own)


def _require_valid(
    generators: Generators, files: tuple[HostFile, ...], secrets: tuple[str, ...]
) -> None:
    judged = [
        file
        for file in files
        if file.path.endswith(".conf") and not file.path.endswith("/rootwrap.conf")
    ]
    faults = generators.faults((file.content for file in judged), PRIVSEP_CONTEXTS)
    problems = [
        ConfigError(
            hide_passwords(fault, secrets),
            where=file.path,
            hint="correct the answer that it comes from in host.toml",
        )
        for file, found in zip(judged, faults, strict=True)
        for fault in found
    ]
    if problems:
        raise ProblemsError(tuple(problems))


def _differ(host: HostFiles, file: HostFile) -> str:
    old = host.place(file.path).read_bytes().decode("utf-8", "replace").splitlines(keepends=True)
    new = file.content.decode("utf-8", "replace").splitlines(keepends=True)
    if max(len(old), len(new)) > _LONG:
        return f"{file.path}: {len(old)} lines become {len(new)}\n"
    return "".join(difflib.unified_diff(old, new, file.path, file.path))
