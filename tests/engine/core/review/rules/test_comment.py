"""What the rule about code in comments flags, and what it must not."""

from __future__ import annotations

import pytest
from judged_patch import rules

GATE = "def start():\n    go()\n"


@pytest.mark.parametrize(
    "comment",
    [
        "#keep(True)",
        "# self.caps = set()",
        "# for cell in cells:",
        "#LOG.info(\n    #    'one',\n    #    {'two': 3})",
        "# return None",
    ],
)
def test_code_in_a_comment_is_flagged(comment: str) -> None:
    assert rules(GATE, GATE.replace("    go()", f"    {comment}\n    go()")) == [
        "commented-out-code"
    ]


@pytest.mark.parametrize(
    "comment",
    [
        "# Outside Linux, libvirt has no map.",
        "# NOTE(jdoe): the order matters",
        "# see nmdm(4)",
        "# sysctl(3)",
        "# e.g. /dev/nmdm0A",
        "# None",
        "# x = y is what the kernel does here",
    ],
)
def test_prose_in_a_comment_is_not(comment: str) -> None:
    assert rules(GATE, GATE.replace("    go()", f"    {comment}\n    go()")) == []


def test_a_comment_that_was_there_is_not_flagged() -> None:
    old = "def f():\n    # g()\n    h()\n"
    assert rules(old, old.replace("    h()", "    h()\n    i()")) == []
