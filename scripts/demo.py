#!/usr/bin/env python3
"""Take a host from nothing to verified as docs/operate.md does, here, and undo all of it.

    scripts/demo.py [--venv DIRECTORY] [--virt-type bhyve|qemu] [--json] [--keep]

The verbs of `freebsd-port host` do it, against a real RabbitMQ, MariaDB, keystone and placement;
nova's services run from what they wrote. Exit status 0 when all of it is verified and ends as it
should with nothing left behind, 1 when not, 2 for wrong usage, 77 when there is no broker or
database here, or with --virt-type qemu no libvirt with QEMU, or this is FreeBSD, where the guide
itself is to be followed. See docs/demo.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/helpers")]

from services.command import main  # noqa: E402
from services.demo import walk  # noqa: E402

if __name__ == "__main__":
    drivers = {"bhyve": "stand-in", "qemu": "qemu"}
    helped = "the stand-in for libvirt's bhyve driver, or a real libvirtd and QEMU"
    sys.exit(main(__doc__, walk, "--virt-type", drivers, helped))
