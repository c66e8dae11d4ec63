#!/usr/bin/env python3
"""Start nova's patched services against a real RabbitMQ and MariaDB, and see them all up.

    scripts/services.py [--venv DIRECTORY] [--json] [--keep]

Exit status 0 when all are up and end as they should with nothing left behind, 1 when not, 2 for
wrong usage, 77 when there is no broker or database here. See docs/services.md.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from services.configuration import Host  # noqa: E402
from services.main import Wishes, run_services  # noqa: E402
from services.place import STAND_INS, Target, is_freebsd  # noqa: E402

DRIVER_HELP = "the stand-in for libvirt, the bhyve driver of this machine's, or nova's fake driver"
STATUS = {"passed": 0, "failed": 1, "skipped": 77}


def main() -> int:
    """Run everything, report, give the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--venv", type=Path, default=ROOT / ".venvs/2026.2", help="a patched environment")
    add("--profile", default="freebsd-14.5", help="for nova-compute on Linux; `linux` for none")
    add("--level", choices=("namespace", "python", "best"), default="best", help="of emulation")
    add("--driver", choices=("stand-in", "bhyve", "fake"), default="stand-in", help=DRIVER_HELP)
    add("--timeout", type=float, default=300, metavar="SECONDS", help="for all of it")
    add("--keep", action="store_true", help="keep the directory with configuration and logs")
    add("--json", action="store_true", help="print a report; progress goes to standard error")
    options = parser.parse_args()
    if not (options.venv / "bin/nova-compute").is_file():
        parser.error(f"no nova-compute in {options.venv}; try: make patch")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    report = run_services(
        Wishes(
            target=Target(options.venv.absolute()),
            host=make_host(options.profile, options.level, options.driver),
            timeout=options.timeout,
            is_kept=options.keep,
            progress=sys.stderr if options.json else sys.stdout,
        )
    )
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
        driver="fake" if driver == "fake" else "bhyve",
        libvirt=STAND_INS if driver == "stand-in" else None,
    )


def interrupt(number: int, frame: Any) -> NoReturn:
    """Treat the signal as Ctrl-C."""
    raise KeyboardInterrupt(signal.Signals(number).name)


if __name__ == "__main__":
    sys.exit(main())
