"""What the rule about code that Linux runs flags, and what it must not."""

from __future__ import annotations

import pytest
from judged_patch import rules

MEMORY = "def memory():\n    with open('/proc/meminfo') as fp:\n        return fp.read()\n"
SWAPPED = MEMORY.replace("'/proc/meminfo'", "MEMINFO")
GUARDED = """\
def memory():
    try:
        fp = open('/proc/meminfo')
    except FileNotFoundError:
        return psutil.virtual_memory()
    with fp:
        return fp.read()
"""
DROPPED = "def memory():\n    return None\n"
CAPS = "def drop(self):\n    keep(True)\n    self.run()\n"
NOT_ON_ALL = CAPS.replace("    keep(True)", "    if has_caps():\n        keep(True)")
TYPES = "types = ('kvm', 'qemu')\n"
APART = "\n".join(f"LINE_{number} = {number}" for number in range(9))
CALL = f"{APART}\n\n\ndef cpus(self):\n    return self.conn.map()\n"
HELPED = f"""\
def _map(self):
    try:
        return self.conn.map()
    except NotSupported:
        return None


{APART}


def cpus(self):
    return self._map()
"""
CARELESS = HELPED.replace(
    "    try:\n        return self.conn.map()\n    except NotSupported:\n        return None\n",
    "    return None\n",
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MEMORY, SWAPPED),
        (MEMORY, DROPPED),
        (CAPS, CAPS.replace("    keep(True)\n", "")),
        (CAPS, CAPS.replace("    keep(True)", "    pass")),
        (CALL, CARELESS),
        (MEMORY, MEMORY.replace("/proc", "/compat/linux/proc")),
    ],
    ids=["another file", "nothing", "removed", "pass", "helper without a test", "another string"],
)
def test_code_that_linux_loses_is_flagged(old: str, new: str) -> None:
    assert "linux-changed" in rules(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MEMORY, GUARDED),
        (CAPS, NOT_ON_ALL),
        (TYPES, TYPES.replace("'qemu'", "'qemu', 'lxc'")),
        (CALL, HELPED),
        (f"import platform\n\n\n{CALL}", f"import os\n\n\n{CALL}"),
        (CALL, CALL.replace("    return", "    # The map is there on Linux\n    return")),
        ("def f():\n    return 'linux'\n", "def f():\n    return os.uname().sysname.lower()\n"),
        (
            'def f():\n    """Only works where there is a map of processors."""\n    g()\n',
            'def f():\n    """Works everywhere, with or without one of those maps."""\n    g()\n',
        ),
    ],
    ids=["try", "if", "grown", "helper", "import", "comment", "asked", "docstring"],
)
def test_code_that_linux_keeps_is_not(old: str, new: str) -> None:
    assert rules(old, new) == []


TEST = "nova/tests/unit/test_host.py"
BODY = "def test_it(self):\n    self.check()\n"


def test_a_changed_test_is_no_change_on_linux() -> None:
    assert rules(BODY, BODY.replace("self.check()", "self.look()"), TEST) == []
