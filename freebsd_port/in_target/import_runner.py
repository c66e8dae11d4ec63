"""Import the patched modules of every prefix of a series: a script for the target's interpreter.

Each prefix is imported in a process of its own, forked from one in which nothing of the patched
packages was ever imported. What those import beside themselves, and what needs nothing of them, is
imported before the forks, once. Standard library only, Python 3.8 and up.

    python import_runner.py JOB

JOB is JSON: `emulation` (directory of that package) and `profile`, or null; `packages` (directory);
`tops` (patched packages); `contents` (directory of files by SHA-256); `modules` (of the whole
series); `prefixes`, each with `files` (path to SHA-256, null for absent; what stands there differs
from the prefix before) and `modules`; `preload`; `processes`; `seconds` (limit for a prefix);
`scratch`. A JSON line is printed for each prefix that is done: number, and [module, error] of each
failure; or ["again"] where it must be run without `preload`.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

_POLL_SECONDS = 0.02


def load_package(place: str) -> Any:
    """Load the package that stands aside, by its path."""
    spec: Any = importlib.util.spec_from_file_location(
        "freebsd_emulation",
        os.path.join(place, "__init__.py"),
        submodule_search_locations=[place],
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["freebsd_emulation"] = module
    spec.loader.exec_module(module)
    return module


def load_beside(name: str) -> Any:
    """Load a module that stands beside this script, without its directory on the path."""
    here = os.path.dirname(os.path.abspath(__file__))
    spec: Any = importlib.util.spec_from_file_location(name, os.path.join(here, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def import_all(modules: list[str], packages: str) -> list[list[str]]:
    """Import the modules; give the name and the error of each that does not."""
    failures = []
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException as error:  # a module may even leave the interpreter
            failures.append([name, describe(error, packages)])
    return failures


def describe(error: BaseException, packages: str) -> str:
    """Say in a line what was raised, and where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [""]
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame for frame in frames if frame.filename.startswith(packages + os.sep)]
    is_told = bool(places) and not isinstance(error, SyntaxError)  # which has its own place
    where = f" ({places[-1].filename}:{places[-1].lineno})" if is_told else ""
    return f"{type(error).__name__}: {lines[-1][:500]}{where}"


def find_independent(job: Any) -> list[str]:
    """Import the whole series in a fork; give what it needs beside the patched packages."""
    notes = os.path.join(job["scratch"], "independent")
    pid = os.fork()
    if pid == 0:
        uses = load_beside("import_uses").Uses()
        uses.watch()
        import_all(job["modules"], job["packages"])
        save(notes, uses.independent(job["tops"]))
        os._exit(0)
    wait({pid: time.monotonic() + job["seconds"]})
    found: list[str] = load(notes) or []
    return found


def wait(deadlines: dict[int, float]) -> tuple[int, str]:
    """Wait for one of these processes, ended at its deadline; give it and how it ended."""
    late = set()
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid in late:
            return pid, "the process did not end in time"
        if pid in deadlines:
            if status & 127:
                return pid, f"the process was ended by signal {status & 127}"
            return pid, f"the process ended with status {status >> 8}"
        for one, deadline in deadlines.items():
            if time.monotonic() > deadline:
                late.add(one)
                os.kill(one, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)


def preload(job: Any, prefix: Any) -> bool:
    """Import before the forks what they all need; False when that cannot be done cleanly."""
    for one in job["prefixes"]:
        prefix.files.update(one["files"])
    names = find_independent(job)
    prefix.files.clear()
    prefix.is_closed = True
    for name in names:
        with contextlib.suppress(Exception):  # it is imported later, in its own order
            importlib.import_module(name)
    prefix.is_closed = False
    return not prefix.was_asked and threading.active_count() == 1


def save(place: str, value: Any) -> None:
    """Write a note in one step."""
    with open(place + ".partial", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(place + ".partial", place)


def load(place: str) -> Any:
    """Read a note, None when it was never finished."""
    try:
        with open(place, encoding="utf-8") as file:
            return json.load(file)
    except OSError:
        return None


def prove(job: Any, number: int) -> int:
    """Fork, import the modules of one prefix there, and leave a note; give the process."""
    pid = os.fork()
    if pid == 0:
        failures = import_all(job["prefixes"][number]["modules"], job["packages"])
        save(os.path.join(job["scratch"], f"prefix-{number}"), failures)
        os._exit(0)
    return pid


def run(job: Any, prefix: Any, tell: Callable[..., None]) -> None:
    """Prove every prefix, so many at a time, and tell of each."""
    numbers: dict[int, int] = {}
    deadlines: dict[int, float] = {}
    waiting = list(range(len(job["prefixes"])))
    while waiting or deadlines:
        while waiting and len(deadlines) < job["processes"]:
            number = waiting.pop(0)
            prefix.files.update(job["prefixes"][number]["files"])
            pid = prove(job, number)
            numbers[pid], deadlines[pid] = number, time.monotonic() + job["seconds"]
        pid, ending = wait(deadlines)
        del deadlines[pid]
        number = numbers.pop(pid)
        failures = load(os.path.join(job["scratch"], f"prefix-{number}"))
        tell(number, [["", ending]] if failures is None else failures)


def main() -> None:
    """Read the job, take the platform, and run."""
    job = load(sys.argv[1])
    output = os.fdopen(os.dup(1), "w")
    del sys.argv[1:]  # nova reads the command line for configuration files
    sys.path[0] = job["packages"]  # in place of this script's directory
    package = load_package(job["emulation"])
    if job["profile"]:
        package.activate(package.load_profile(job["profile"]))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    prefix = load_beside("prefix_finder").PrefixFinder(job)
    sys.meta_path.insert(0, prefix)

    def tell(*words: Any) -> None:
        output.write(json.dumps(words) + "\n")
        output.flush()

    if job["preload"] and not preload(job, prefix):
        tell("again")
    else:
        run(job, prefix, tell)
    os._exit(0)


if __name__ == "__main__":
    main()
