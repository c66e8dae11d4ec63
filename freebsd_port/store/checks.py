"""Running the checks of one distribution in a target's interpreter, with pytest and coverage."""

from __future__ import annotations

import contextlib
import json
import os
import platform as host
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.core.platform import LINUX, NATIVE
from freebsd_port.errors import PortError

TIMEOUT_SECONDS = 600
"""Longer than any run of the checks of one distribution takes, by far."""

_CONFIGURATION = """\
[run]
data_file = {directory}/data
include =
    {include}
dynamic_context = test_function
parallel = true
patch =
    _exit
    fork
[json]
show_contexts = true
"""


class CheckError(PortError):
    """The checks could not be run at all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One check that failed."""

    check: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What came of the checks of one distribution on one platform."""

    distribution: str
    platform: str
    header: str
    """What the run itself says of its platform: native, or how it was emulated."""

    passed: int
    skipped: tuple[Failure, ...]
    failures: tuple[Failure, ...]
    executed: Mapping[str, Mapping[int, frozenset[str]]]
    """Path in the tree, executed line, names of the checks that ran it."""


@dataclass(frozen=True, slots=True)
class CheckSetup:
    """What a run needs to know of its target."""

    python: Path
    packages: Path
    """The directory that the target's packages are imported from."""

    tools: Path
    """The directory that holds pytest and coverage."""

    checks: Path
    """tests/port of the project."""

    is_on_path: bool
    """Whether the interpreter finds the packages by itself."""


def run_checks(
    setup: CheckSetup, directory: str, platform: str, measured: tuple[str, ...]
) -> CheckRun:
    """Run the checks in one directory of tests/port on one platform, and measure these files.

    `platform` is a profile's name, `linux` or `native`. Raises CheckError when pytest could not
    run them; a failing check is a result.
    """
    with tempfile.TemporaryDirectory(prefix="freebsd-port-") as name:
        scratch = Path(name)
        include = "\n    ".join(str(setup.packages / path) for path in measured)
        (scratch / "rc").write_text(
            _CONFIGURATION.format(directory=scratch, include=include), "utf-8"
        )
        command = [
            str(setup.python),
            "-B",
            "-m",
            "coverage",
            "run",
            "--rcfile",
            str(scratch / "rc"),
        ]
        command += ["-m", "pytest", str(setup.checks / directory), "-p", "no:cacheprovider"]
        command += ["--rootdir", str(setup.checks), "--junitxml", str(scratch / "junit.xml"), "-q"]
        if platform not in (NATIVE, LINUX):
            command += ["--profile", platform]
        done = _run_to_end(command, setup, scratch)
        if done.returncode not in (0, 1, 5) or not (scratch / "junit.xml").exists():
            raise CheckError(
                f"pytest could not run the checks of {directory} on {platform}: "
                f"{_last_words(done.stdout)}",
                where=str(setup.python),
            )
        executed = _read_coverage(setup, scratch)
        return _read_report(scratch / "junit.xml", directory, platform, done, executed)


def _run_to_end(
    command: list[str], setup: CheckSetup, scratch: Path
) -> subprocess.CompletedProcess[str]:
    """Run in a session of its own, and end whatever the checks started and left behind.

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
            status = process.wait(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise CheckError(
                f"the checks did not end within {TIMEOUT_SECONDS} seconds: "
                f"{_last_words((scratch / 'output').read_text('utf-8', 'replace'))}",
                where=" ".join(command[-6:]),
            ) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    text = (scratch / "output").read_text("utf-8", "replace")
    return subprocess.CompletedProcess(command, status, text, "")


def _environment(setup: CheckSetup) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COVERAGE_"))}
    path = [str(setup.tools)]
    if not setup.is_on_path:
        path.insert(0, str(setup.packages))
    env["PYTHONPATH"] = os.pathsep.join(path)
    env["PYTHONHASHSEED"] = "0"
    return env


def _read_coverage(setup: CheckSetup, scratch: Path) -> dict[str, dict[int, frozenset[str]]]:
    """Join the data files of the run and its forks, and read them by file and line."""
    base = [str(setup.python), "-m", "coverage"]
    for words in (
        ["combine", "-q", "--rcfile", "rc"],
        ["json", "-q", "--rcfile", "rc", "-o", "coverage.json"],
    ):
        subprocess.run(
            [*base, *words],
            cwd=scratch,
            env=_environment(setup),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    try:
        report = json.loads((scratch / "coverage.json").read_bytes())
    except (OSError, ValueError):
        return {}
    executed: dict[str, dict[int, frozenset[str]]] = {}
    for name, file in report["files"].items():
        path = os.path.relpath(os.path.join(scratch, name), setup.packages).replace(os.sep, "/")
        contexts = file.get("contexts", {})
        executed[path] = {
            line: frozenset(_short(context) for context in contexts.get(str(line), [""]))
            for line in file["executed_lines"]
        }
    return executed


def _short(context: str) -> str:
    return context.split("|")[0]


def _read_report(
    junit: Path,
    directory: str,
    platform: str,
    done: subprocess.CompletedProcess[str],
    executed: dict[str, dict[int, frozenset[str]]],
) -> CheckRun:
    passed = 0
    failures: list[Failure] = []
    skipped: list[Failure] = []
    for case in ET.parse(junit).getroot().iter("testcase"):  # noqa: S314 - our own pytest wrote it
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        bad = [child for child in case if child.tag in ("failure", "error")]
        skips = [child for child in case if child.tag == "skipped"]
        if bad:
            failures.append(Failure(name, (bad[0].get("message") or "").strip()))
        elif skips:
            skipped.append(Failure(name, (skips[0].get("message") or "").strip()))
        else:
            passed += 1
    if done.returncode == 1 and not failures:
        failures.append(Failure(directory, _last_words(done.stdout)))
    found = re.search(r"^platform: (.+?)(?:; \d+ checks.*)?$", done.stdout, re.MULTILINE)
    header = found[1] if found else platform
    return CheckRun(directory, platform, header, passed, tuple(skipped), tuple(failures), executed)


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " / ".join(lines[-3:]) or "it said nothing"


def own_python() -> Path:
    """Give the interpreter that runs us, for a directory of packages without its own."""
    return Path(sys.executable)


def own_version() -> str:
    """Give its version."""
    return host.python_version()


def own_system() -> str:
    """Name the operating system, as uname(1) does."""
    return host.system()
