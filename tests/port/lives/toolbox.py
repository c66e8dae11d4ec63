"""The programs of a FreeBSD host with a few ports: nothing else is on the PATH of a life.

e2fsprogs, dosfstools, parted, ip and systemctl are not among them, as on FreeBSD.
"""

import os
import sys
from pathlib import Path

OWN = Path(__file__).resolve().with_name("commands")
REAL = ("env", "sh", "true", "false", "chown", "chmod", "touch", "mkdir", "rm", "tee")
LAUNCHER = '#!/bin/sh\nexec {} -S {} "$@"\n'


def install(directory):
    """Fill a directory with the programs; give it as a PATH."""
    for script in sorted(OWN.glob("*.py")):
        path = Path(directory, script.stem)
        path.write_text(LAUNCHER.format(sys.executable, script))
        path.chmod(0o755)
    for name in REAL:
        for place in ("/bin", "/usr/bin", "/usr/sbin"):
            if os.path.exists(os.path.join(place, name)):
                os.symlink(os.path.join(place, name), os.path.join(str(directory), name))
                break
    return str(directory)
