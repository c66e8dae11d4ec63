#!/usr/bin/env python3
"""Start nova's patched services against a real RabbitMQ and MariaDB, and see them all up.

    scripts/services.py [--venv DIRECTORY] [--json] [--keep]

Exit status 0 when all are up and end as they should with nothing left behind, 1 when not, 2 for
wrong usage, 77 when there is no broker or database here. See docs/services.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/helpers")]

from services.command import main  # noqa: E402
from services.nova import walk  # noqa: E402

DRIVER_HELP = "the stand-in for libvirt, the bhyve driver of this machine's, or nova's fake driver"

if __name__ == "__main__":
    drivers = {name: name for name in ("stand-in", "bhyve", "fake")}
    sys.exit(main(__doc__, walk, "--driver", drivers, DRIVER_HELP))
