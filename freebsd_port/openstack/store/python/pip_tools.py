"""pip-tools at work: from a requirements.in to a lock with hashes, and what the index says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.release import normalised_name
from freebsd_port.openstack.core.release.requirements import Dependency, Form, Locked
from freebsd_port.openstack.store.python.index import ask_index, index_settings
from freebsd_port.openstack.store.python.installer import Interpreter, create_environment
from freebsd_port.openstack.store.python.wheels import Progress, pip_complaint

_PIP_TOOLS = "pip-tools>=7.5"
_COMPILE = (
    *("compile", "--quiet", "--no-config", "--no-header", "--generate-hashes", "--strip-extras"),
    *("--allow-unsafe", "--resolver=backtracking", "--newline=lf", "--no-emit-options"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
)


class CompilerError(PortError):
    """pip-tools or pip did not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A Python that has pip-tools, and the settings under which both are run."""

    python: Path
    settings: dict[str, str]
    """The process environment: the user's, with one index and no other source of packages."""


@contextmanager
def open_compiler(interpreter: Interpreter, progress: Progress) -> Iterator[Compiler]:
    """Provide pip-tools in a Python: the running one if it is that one, else one made for it."""
    settings = index_settings()
    if interpreter.version == "{}.{}.{}".format(*sys.version_info[:3]):
        yield Compiler(Path(sys.executable), settings)
        return
    with tempfile.TemporaryDirectory(prefix="freebsd-port-lock-") as name:
        progress(f"installing pip-tools for Python {interpreter.version}")
        create_environment(Path(name), interpreter)
        compiler = Compiler(Path(name) / "bin" / "python", settings)
        _run(compiler, ["pip", "install", "--quiet", _PIP_TOOLS])
        yield compiler


def compile_requirements(
    compiler: Compiler, source: Path, header: str, *, beside: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the locked form of a `requirements.in`, under a header of comment lines.

    Versions and hashes that the file of its name with `.txt` has already are kept where they
    still serve, so a second run gives the same bytes. `beside` are files that it may name and
    that come before those on disk. Nothing is written there. Raises CompilerError.
    """
    lock = source.with_suffix(".txt").name
    with tempfile.TemporaryDirectory(prefix="freebsd-port-lock-") as name:
        work = Path(name)
        for path in (source, *source.parent.glob("*.txt")):
            shutil.copyfile(path, work / path.name)
        for file, data in (beside or {}).items():
            (work / file).write_bytes(data)
        _run(compiler, ["piptools", *_COMPILE, f"--output-file={lock}", source.name], cwd=work)
        compiled = (work / lock).read_bytes()
    return header.encode() + compiled.removeprefix(header.encode())


def describe_locked(
    compiler: Compiler, locked: Sequence[Locked], requirements: bytes
) -> tuple[Dependency, ...]:
    """Ask pip for the metadata and the index for the files of locked distributions.

    Only files whose hash is in the lock count. Raises CompilerError.
    """
    forms = _forms(compiler, locked)
    with tempfile.TemporaryDirectory(prefix="freebsd-port-lock-") as name:
        (Path(name) / "requirements.txt").write_bytes(requirements)
        command = ["pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
        command += ["--require-hashes", "--requirement=requirements.txt", "--report=report.json"]
        _run(compiler, command, cwd=Path(name))
        report = json.loads((Path(name) / "report.json").read_bytes())
    requires = {
        normalised_name(one["metadata"]["name"]): tuple(one["metadata"].get("requires_dist", ()))
        for one in report["install"]
    }
    return tuple(
        Dependency(
            one.distribution,
            one.version,
            forms[one.distribution],
            requires.get(normalised_name(one.distribution), ()),
        )
        for one in locked
    )


def _forms(compiler: Compiler, locked: Sequence[Locked]) -> dict[str, tuple[Form, ...]]:
    asked = [(one.distribution, one.version) for one in locked]
    found = ask_index(compiler.python, compiler.settings, asked)
    forms: dict[str, tuple[Form, ...]] = {}
    for one in locked:
        files = found[one.distribution]
        has = {_form(f.name) for f in files if f.sha256 is None or f.sha256 in one.sha256}
        forms[one.distribution] = tuple(form for form in _ORDER if form in has)
    return forms


_ORDER: tuple[Form, ...] = ("pure", "source", "platform")


def _form(file: str) -> Form:
    if not file.endswith(".whl"):
        return "source"
    return "pure" if file.endswith("-none-any.whl") else "platform"


def _run(compiler: Compiler, command: list[str], *, cwd: Path | None = None) -> None:
    """Run a module of the compiler's Python."""
    result = subprocess.run(
        [str(compiler.python), "-m", *command],
        capture_output=True,
        check=False,
        cwd=cwd,
        env=compiler.settings,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    if result.returncode != 0:
        raise CompilerError(
            f"{command[0]} failed: {pip_complaint(result.stderr or result.stdout)}",
            where=f"{compiler.python} -m {' '.join(command[:2])}",
        )
