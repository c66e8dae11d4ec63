"""The command line of a run: what both scripts take, and their exit status."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from services.configuration import Host
from services.main import Wishes, run
from services.place import ROOT, STAND_INS, Target, is_freebsd
from services.session import Session

STATUS = {"passed": 0, "failed": 1, "skipped": 77}


def main(
    described: str | None,
    walk: Callable[[Session], None],
    option: str,
    drivers: Mapping[str, str],
    helped: str,
) -> int:
    """Run a session, report, give the exit status.

    `option` chooses by a word what runs the guests: `stand-in`, `bhyve`, `qemu` or `fake`. The
    first word is the default.
    """
    parser = argparse.ArgumentParser(
        description=described, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--venv", type=Path, default=ROOT / ".venvs/2026.2", help="a patched environment")
    add("--profile", default="freebsd-14.5", help="for nova-compute on Linux; `linux` for none")
    add("--level", choices=("namespace", "python", "best"), default="best", help="of emulation")
    add(option, dest="driver", choices=drivers, default=next(iter(drivers)), help=helped)
    add("--timeout", type=float, default=300, metavar="SECONDS", help="for all of it")
    add("--keep", action="store_true", help="keep the directory with configuration and logs")
    add("--json", action="store_true", help="print a report; progress goes to standard error")
    options = parser.parse_args()
    if not (options.venv / "bin/nova-compute").is_file():
        parser.error(f"no nova-compute in {options.venv}; try: make patch")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    wishes = Wishes(
        target=Target(options.venv.absolute()),
        host=make_host(options.profile, options.level, drivers[options.driver]),
        timeout=options.timeout,
        is_kept=options.keep,
        progress=sys.stderr if options.json else sys.stdout,
    )
    report = run(wishes, walk)
    if options.json:
        print(report.as_json())
    else:
        report.write(sys.stdout)
    return STATUS[report.result]


def make_host(profile: str, level: str, driver: str) -> Host:
    """The compute host that the options ask for."""
    return Host(
        profile=None if is_freebsd() or profile == "linux" else profile,
        level=level,
        driver="bhyve" if driver == "stand-in" else driver,
        libvirt=STAND_INS if driver == "stand-in" else None,
    )


def interrupt(number: int, frame: Any) -> NoReturn:
    """Treat the signal as Ctrl-C."""
    raise KeyboardInterrupt(signal.Signals(number).name)
