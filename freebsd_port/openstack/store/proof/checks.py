"""Running the checks of one distribution in a target's interpreter, with pytest."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.errors import PortError
from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.release.platform import LINUX, NATIVE
from freebsd_port.openstack.store.proof.report import (
    CheckRun,
    find_hang,
    last_words,
    read_recording,
    read_report,
)
from freebsd_port.openstack.store.python.wheels import cache_directory

TIMEOUT_SECONDS = 1800
"""Longer than any run of the checks of one directory takes, on a busy machine as well.

The plugin of the checks ends and names one that hangs long before.
"""

_POLL_SECONDS = 0.25


class CheckError(PortError):
    """The checks could not be run at all."""


@dataclass(frozen=True, slots=True)
class CheckSetup:
    """What a run needs to know of its target."""

    python: Path
    packages: Path
    """The directory that the target's packages are imported from."""

    tools: Path
    """The directory that holds pytest."""

    checks: Path
    """tests/port of the project."""

    is_on_path: bool
    """Whether the interpreter finds the packages by itself."""

    patches: tuple[str, ...] | None = None
    """Those that are on: a check that needs another is left out. None: every check is run."""

    only: tuple[str, ...] = ()
    """Patches whose checks are run; empty for all."""

    with_long: bool = False
    """Whether to run the checks that take a minute or more, too."""

    timeout_seconds: float = TIMEOUT_SECONDS

    beside: tuple[Path, ...] = ()
    """Further directories of packages, such as what upstream's own tests need."""

    bytecode: Path | None = None
    """Where the runs share what they compile, from `fresh_bytecode`. None: each compiles anew."""


@contextlib.contextmanager
def fresh_bytecode(setup: CheckSetup) -> Iterator[Path]:
    """Give a directory for the bytecode of runs that follow each other, and remove it.

    A new one each time: Python knows stale bytecode by time and size of the source only. Only that
    of the tools and of Python's own library, which nobody edits, stays in the user's cache.
    """
    with tempfile.TemporaryDirectory(
        prefix="freebsd-port-bytecode-", ignore_cleanup_errors=True
    ) as name:
        for place, kept in _lasting_bytecode(setup):
            link = Path(name, str(place).lstrip("/"))  # as Python joins them
            with contextlib.suppress(OSError):  # then it is compiled each time
                kept.mkdir(parents=True, exist_ok=True)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(kept)
        yield Path(name)


def _lasting_bytecode(setup: CheckSetup) -> Iterator[tuple[Path, Path]]:
    """Give each directory of sources that nobody edits, and where its bytecode stays."""
    cache = cache_directory()
    python = Path(os.path.realpath(setup.python))
    library = python.parents[1] / "lib" / python.name
    for tools in (setup.tools, *setup.beside):
        if tools.parent == cache / "tools":  # named by what is in them
            yield tools, cache / "bytecode" / tools.name
    if (library / "os.py").is_file() and library not in setup.packages.parents:
        yield library, cache / "bytecode" / f"library-{hash_bytes(os.fsencode(library))[:16]}"


def run_checks(
    setup: CheckSetup,
    directory: str,
    platform: str,
    measured: tuple[str, ...],
    stop: Event | None = None,
) -> CheckRun:
    """Run the checks in one directory of tests/port on one platform, and measure these files.

    `platform` is a profile's name, `linux` or `native`; setting `stop` ends the run. Raises
    CheckError when pytest could not run them, or they did not end; a failing check is a result.
    """
    with tempfile.TemporaryDirectory(
        prefix="freebsd-port-", ignore_cleanup_errors=True
    ) as name:  # a daemon left behind may write there while it is removed
        scratch = Path(name)
        _configure(setup, scratch, measured)
        status, output = _run_to_end(
            _command(setup, scratch, directory, platform, is_measured=bool(measured)),
            setup,
            scratch,
            stop or Event(),
        )
        own = str(setup.checks / directory)
        if status == 1 and (hang := find_hang(output)):  # which may come after the report
            raise CheckError(f"the checks on {platform} hung: {hang}", where=own)
        if status not in (0, 1, 5) or not (scratch / "junit.xml").exists():
            raise CheckError(
                f"pytest could not run the checks of {directory} on {platform}: "
                f"{last_words(output)}",
                where=str(setup.python),
                hint=f"see all it says with: pytest {own}",
            )
        return read_report(
            scratch / "junit.xml",
            directory,
            platform,
            output=output,
            is_failed=status == 1,
            executed=read_recording(scratch / "lines.json", setup.packages),
        )


def _configure(setup: CheckSetup, scratch: Path, measured: tuple[str, ...]) -> None:
    if measured:
        paths = "".join(f"{setup.packages / path}\n" for path in measured)
        (scratch / "measured").write_text(paths, "utf-8")
    if setup.patches is not None:
        names = "".join(f"{name}\n" for name in setup.patches)
        (scratch / "patches").write_text(names, "utf-8")
    if setup.only:
        (scratch / "only").write_text("".join(f"{name}\n" for name in setup.only), "utf-8")


def _command(
    setup: CheckSetup, scratch: Path, directory: str, platform: str, *, is_measured: bool
) -> list[str]:
    command = [str(setup.python)]
    if is_measured:
        files = (IN_TARGET / "line_recorder.py", scratch / "measured", scratch / "lines.json")
        command += [*map(str, files), "pytest"]
    else:
        command += ["-m", "pytest"]
    command += [str(setup.checks / directory), "-p", "no:cacheprovider"]
    command += ["--rootdir", str(setup.checks), "--junitxml", str(scratch / "junit.xml"), "-v"]
    if setup.patches is not None:
        command.append(f"--patches-on={scratch / 'patches'}")
    if not setup.with_long:
        command += ["-m", "not long"]
    if setup.only:
        command.append(f"--patches-only={scratch / 'only'}")
    if platform not in (NATIVE, LINUX):
        command.append(f"--profile={platform}")
    return command


def _run_to_end(
    command: list[str], setup: CheckSetup, scratch: Path, stop: Event
) -> tuple[int, str]:
    """Run in a session of its own, end what the checks left in it; give status and output.

    The output goes to a file: a daemon that lives on would keep a pipe open for ever.
    """
    with (scratch / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=scratch,
            env=_environment(setup),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            is_over = _wait(process, setup.timeout_seconds, stop)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
    text = (scratch / "output").read_text("utf-8", "replace")
    if not is_over:
        limit = f"did not end within {setup.timeout_seconds:g} seconds"
        raise CheckError(
            f"the checks {'were interrupted' if stop.is_set() else limit}: {last_words(text)}",
            where=next(word for word in command if word.startswith(str(setup.checks))),
        )
    return status, text


def _wait(process: subprocess.Popen[bytes], seconds: float, stop: Event) -> bool:
    """Tell whether the process ended by itself within this time and before the stop."""
    for _ in range(max(1, int(seconds / _POLL_SECONDS))):
        if stop.is_set():
            return False
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_POLL_SECONDS)
            return True
    return False


def _environment(setup: CheckSetup) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COVERAGE_"))}
    path = [str(directory) for directory in (setup.tools, *setup.beside)]
    if not setup.is_on_path:
        path.insert(0, str(setup.packages))
    env["PYTHONPATH"] = os.pathsep.join(path)
    env["PYTHONHASHSEED"] = "0"
    if setup.bytecode is None:
        env["PYTHONDONTWRITEBYTECODE"] = "1"
    else:
        env["PYTHONPYCACHEPREFIX"] = str(setup.bytecode)
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    return env
