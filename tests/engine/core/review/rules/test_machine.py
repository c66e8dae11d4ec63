"""What the rule about facts of one machine flags, and what it must not."""

from __future__ import annotations

import pytest
from judged_patch import HEADER, found, rules
from small_overlay import diff


@pytest.mark.parametrize(
    "line",
    [
        "path = '/home/jdoe/nova'",
        "path = '/usr/home/freebsd/nova'",
        "path = '/root/creds'",
        "path = '/compat/linux/proc/meminfo'",
        "host = '10.0.2.2'",
        "mac = '58:9c:fc:01:02:03'",
        "device = '0000:03:00.0'",
        "user = pwd.getpwnam('jdoe')",
        "cpus = 16",
        "cpus, online = 16, [True, True]",
        "self.cpus, cpu_map = (\n    16,\n    [\n        True,\n    ],\n)",
        "total_memory_kb = 8388608",
    ],
)
def test_a_fact_of_one_machine_is_flagged(line: str) -> None:
    assert rules("a = 1\n", f"a = 1\n{line}\n") == ["machine-fact"]


@pytest.mark.parametrize(
    "line",
    [
        "host = '127.0.0.1'",
        "host = '0.0.0.0'",
        "host = '169.254.169.254'",
        "host = '192.0.2.7'",
        "version = '1.2.3'",
        "PROC_NO_NEW_PRIVS_CTL = 19",
        "cpus = self._get_hardware_info()[2]",
        "cpus = 0",
        "cpus = (\n    first(),\n    16,\n)",
        "run(\n    cpus=16,\n)",
        "source = '/dev/random'",
        "path = os.path.join(base, 'home')",
        "user = pwd.getpwnam('root')",
        "# by default below /home/USER",
    ],
)
def test_what_is_so_everywhere_is_not(line: str) -> None:
    assert rules("a = 1\n", f"a = 1\n{line}\n") == []


def test_a_file_named_by_its_place_on_one_machine_is_flagged() -> None:
    text = diff("x.py", b"a\n", b"a\nb\n").replace(b"a/x.py", b"/usr/home/me/x.py")
    (one,) = found(HEADER.encode() + text)
    assert (one.rule, one.hunk, one.line) == ("machine-fact", None, 10)
    assert "/usr/home/me/x.py" in one.message
