"""pip-tools at work: from requirements.in to a lock with hashes, and what the index says of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.dependencies import Dependency, Form
from freebsd_port.core.release import normalised_name
from freebsd_port.core.requirement import Locked
from freebsd_port.errors import PortError
from freebsd_port.store.installer import create_environment
from freebsd_port.store.interpreter import Interpreter
from freebsd_port.store.wheels import Progress, pip_complaint

_PIP_TOOLS = "pip-tools>=7.5"
_KEPT_SETTINGS = ("cert", "client-cert", "index-url", "proxy", "retries", "timeout", "trusted-host")
_COMPILE = (
    *("compile", "--quiet", "--no-config", "--no-header", "--generate-hashes", "--strip-extras"),
    *("--allow-unsafe", "--resolver=backtracking", "--newline=lf", "--no-emit-options"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host"),
    *("--output-file=requirements.txt", "requirements.in"),
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
    settings = _one_index()
    if interpreter.version == "{}.{}.{}".format(*sys.version_info[:3]):
        yield Compiler(Path(sys.executable), settings)
        return
    with tempfile.TemporaryDirectory(prefix="freebsd-port-lock-") as name:
        progress(f"installing pip-tools for Python {interpreter.version}")
        create_environment(Path(name), interpreter)
        compiler = Compiler(Path(name) / "bin" / "python", settings)
        _run(compiler, ["pip", "install", "--quiet", _PIP_TOOLS])
        yield compiler


def compile_requirements(compiler: Compiler, directory: Path, header: str) -> bytes:
    """Return the locked form of a directory's requirements.in, under a header of comment lines.

    Versions and hashes that its requirements.txt has already are kept where they still serve,
    so a second run gives the same bytes. Nothing is written there. Raises CompilerError.
    """
    with tempfile.TemporaryDirectory(prefix="freebsd-port-lock-") as name:
        work = Path(name)
        for path in directory.glob("*.txt"):
            shutil.copyfile(path, work / path.name)
        shutil.copyfile(directory / "requirements.in", work / "requirements.in")
        _run(compiler, ["piptools", *_COMPILE], cwd=work)
        compiled = (work / "requirements.txt").read_bytes()
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
    probe = Path(__file__).with_name("forms_probe.py")
    answer = json.loads(
        _run(
            compiler,
            [str(probe)],
            text=json.dumps([[one.distribution, one.version] for one in locked]),
        )
    )
    forms: dict[str, tuple[Form, ...]] = {}
    for one, (name, files) in zip(locked, answer, strict=True):
        has = {_form(file) for file, sha256 in files if sha256 is None or sha256 in one.sha256}
        forms[name] = tuple(form for form in _ORDER if form in has)
    return forms


_ORDER: tuple[Form, ...] = ("pure", "source", "platform")


def _form(file: str) -> Form:
    if not file.endswith(".whl"):
        return "source"
    return "pure" if file.endswith("-none-any.whl") else "platform"


def _run(
    compiler: Compiler, command: list[str], *, cwd: Path | None = None, text: str | None = None
) -> str:
    """Run a module (or a script) of the compiler's Python; returns its standard output."""
    arguments = command if command[0].endswith(".py") else ["-m", *command]
    result = subprocess.run(
        [str(compiler.python), *arguments],
        capture_output=True,
        check=False,
        cwd=cwd,
        env=compiler.settings,
        input=text or "",
        text=True,
    )
    if result.returncode != 0:
        raise CompilerError(
            f"{Path(command[0]).stem} failed: {pip_complaint(result.stderr or result.stdout)}",
            where=f"{compiler.python} -m {' '.join(command[:2])}",
        )
    return result.stdout


def _one_index() -> dict[str, str]:
    """The environment in which pip knows the user's one index and nothing beside it.

    A lock must come out the same for everybody, so extra indexes, links and constraints of the
    user are left out; how to reach the index is kept.
    """
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        check=False,
        text=True,
    ).stdout
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    settings |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    settings["PIP_NO_INPUT"] = "1"
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        setting = key.rpartition(".")[2]
        if setting in _KEPT_SETTINGS:
            settings[f"PIP_{setting.upper().replace('-', '_')}"] = value.strip("'\"")
    return settings
