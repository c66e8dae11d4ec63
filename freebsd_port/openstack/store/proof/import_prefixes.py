"""Importing the patched modules of every prefix in a target's interpreter."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.errors import PortError, system_words
from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.release.platform import LINUX, NATIVE

_RUNNER = IN_TARGET / "import_runner.py"
_EMULATION = IN_TARGET / "emulation"
PREFIX_SECONDS = 600.0
"""Longer than importing all of nova takes on a busy machine."""


class ImportRunError(PortError):
    """The imports could not be tried at all."""


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """A target's Python, and the packages that it imports."""

    python: Path
    packages: Path


@dataclass(frozen=True, slots=True)
class ImportStep:
    """One prefix."""

    files: Mapping[str, bytes | None]
    """What differs from the step before, by path; the first step has every file of the series."""

    modules: tuple[str, ...]
    """What to import."""


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A module that does not import in one prefix."""

    step: int
    """0-based."""

    module: str
    """Empty when the process itself ended."""

    error: str


def run_imports(
    target: ImportTarget,
    steps: Sequence[ImportStep],
    platform: str,
    progress: Callable[[int], None],
    *,
    seconds: float = PREFIX_SECONDS,
) -> tuple[ImportFailure, ...]:
    """Import each step's modules in a process of its own, on a platform; nothing is written there.

    `platform` is a profile's name, `linux` or `native`; `progress` hears how many steps are done.
    Raises ImportRunError when the interpreter does not get as far as importing.
    """
    with tempfile.TemporaryDirectory(prefix="freebsd-port-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        job = _write_job(scratch, target, steps, platform, seconds)
        found: dict[int, list[ImportFailure]] = {}
        for preload in (True, False):
            (scratch / "job").write_text(json.dumps({**job, "preload": preload}), "utf-8")
            with contextlib.closing(_run(target, scratch)) as told:
                words: list[Any] = []
                for words in told:
                    if words != ["again"]:
                        number, failures = words
                        found[number] = [ImportFailure(number, *failure) for failure in failures]
                        progress(len(found))
            if words != ["again"]:
                break
        if len(found) == len(steps):
            return tuple(one for number in sorted(found) for one in found[number])
        said = (scratch / "errors").read_text("utf-8", "replace").strip().splitlines()
        raise ImportRunError(
            f"the imports could not be tried: {said[-1] if said else 'the interpreter ended'}",
            where=str(target.python),
        )


def _write_job(
    scratch: Path, target: ImportTarget, steps: Sequence[ImportStep], platform: str, seconds: float
) -> dict[str, Any]:
    contents = scratch / "contents"
    contents.mkdir()
    prefixes = []
    for step in steps:
        digests: dict[str, str | None] = {}
        for path, data in step.files.items():
            digests[path] = None if data is None else hash_bytes(data)
            if data is not None:
                (contents / hash_bytes(data)).write_bytes(data)
        prefixes.append({"files": digests, "modules": step.modules})
    return {
        "emulation": str(_EMULATION),
        "profile": None if platform in (LINUX, NATIVE) else platform,
        "packages": str(target.packages),
        "tops": sorted({path.partition("/")[0] for step in steps for path in step.files}),
        "contents": str(contents),
        "modules": list(dict.fromkeys(name for step in steps for name in step.modules)),
        "prefixes": prefixes,
        "processes": os.cpu_count() or 1,
        "seconds": seconds,
        "scratch": str(scratch),
    }


def _run(target: ImportTarget, scratch: Path) -> Generator[list[Any]]:
    """Run the script and give what it tells, line by line; nothing of it lives on."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    env["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
    command = [str(target.python), str(_RUNNER), str(scratch / "job")]
    with (scratch / "errors").open("wb") as errors:
        try:
            process = subprocess.Popen(
                command,
                cwd=scratch,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
            )
        except OSError as error:
            errors.write(system_words(error).encode())
            return
    try:
        for line in process.stdout or ():
            yield json.loads(line)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
