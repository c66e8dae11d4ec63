"""What the rule about conditions on the platform's name flags, and what it must not."""

from __future__ import annotations

import pytest
from judged_patch import rules

GATE = "def start():\n    go()\n"


@pytest.mark.parametrize(
    "condition",
    [
        "sys.platform.startswith('freebsd')",
        "platform.system() == 'FreeBSD'",
        "os.uname().sysname in NAMES",
        "(sys.platform != 'win32' and\n            ready)",
    ],
)
def test_a_condition_on_the_platforms_name_is_flagged(condition: str) -> None:
    assert rules(GATE, GATE.replace("    go()", f"    if {condition}:\n        go()")) == [
        "platform-test"
    ]


@pytest.mark.parametrize(
    "new",
    [
        GATE.replace("    go()", "    if hasattr(os, 'sched_getaffinity'):\n        go()"),
        GATE.replace("    go()", "    if CONF.libvirt.virt_type == 'bhyve':\n        go()"),
        GATE.replace("    go()", "    if os.name == 'posix':\n        go()"),
        GATE.replace(
            "    go()",
            "    if not sys.platform.startswith(('linux', 'freebsd')):\n"
            "        raise Unsupported()\n    go()",
        ),
        GATE.replace("    go()", "    LOG.info('on %s', platform.system())\n    go()"),
    ],
    ids=["feature", "virt_type", "posix", "refusal", "message"],
)
def test_a_condition_on_a_feature_is_not(new: str) -> None:
    assert rules(GATE, new) == []


def test_a_platform_test_that_only_moves_is_not_flagged() -> None:
    old = "if sys.platform == 'linux':\n    go()\n"
    new = "if True:\n    if sys.platform == 'linux':\n        go()\n"
    assert rules(old, new) == []
