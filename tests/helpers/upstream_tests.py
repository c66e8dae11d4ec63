"""A small project whose wheels bring tests of their own, as upstream's do, and a ready patch."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_overlay import diff
from small_project import WHO, SmallProject, link_upstream_tools, small_project

TEST_WHO = """\
import os, unittest
from oslo_privsep import who


class WhoTestCase(unittest.TestCase):
    def test_who_is_said(self):
        self.assertTrue(who.who())

    def test_who_on_linux(self):
        self.assertEqual(who.who(), "linux")

    def test_that_is_flaky(self):
        if os.path.exists({flag!r}) and who.who() != "linux":
            os.remove({flag!r})
            self.fail("this time")

    def test_of_freebsd(self):
        self.assertEqual(who.who(), "anybody")
"""
TEST_CONF = """\
import unittest


class ConfTestCase(unittest.TestCase):
    def test_conf(self):
        pass

    def test_that_is_skipped(self):
        self.skipTest("never here")
"""

READY_HEADER = """\
Subject: who: say who it is on every system
Origin: vendor
Forwarded: no
Upstream: ready
Drop-When: upstream does it by itself
Last-Update: 2026-11-21

On FreeBSD this went wrong in a way that takes some words to tell.

It must be a patch because no option changes the answer.

"""
NOTE_NAME = "releasenotes/notes/who-on-every-system-0123456789abcdef.yaml"
NOTE = b"---\nfixes:\n  - |\n    who() now answers on every system.\n"
ADDED_TEST = """
    def test_is_not_only_linux(self):
        self.assertEqual(who.who(), "anybody")
"""


def upstream_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """Make one; a file `flag` beside it makes a test fail once on the patched side."""
    text = TEST_WHO.format(flag=str(tmp_path / "flag"))
    more = {
        "oslo.privsep": {
            "oslo_privsep/tests/__init__.py": b"",
            "oslo_privsep/tests/test_who.py": text.encode(),
        },
        "nova": {
            f"nova/tests/{path}": data
            for path, data in {
                "__init__.py": b"",
                "unit/__init__.py": b"",
                "unit/conf/__init__.py": b"",
                "unit/conf/test_base.py": TEST_CONF.encode(),
            }.items()
        },
    }
    made = small_project(tmp_path, monkeypatch, more)
    link_upstream_tools(made, tmp_path / "cache")
    monkeypatch.setattr("freebsd_port.openstack.ops.proof.upstream.own_system", lambda: "Linux")
    return made


def make_ready(made: SmallProject, tmp_path: Path, added: str = ADDED_TEST) -> Path:
    """Make the patch WHO ready, with a test and a note; gives its directory of upstream files."""
    patch = made.patch(WHO)
    _, _, body = patch.read_bytes().partition(b"--- ")
    patch.write_bytes(READY_HEADER.encode() + b"--- " + body)
    directory = made.root / "patches" / f"{WHO.removesuffix('.patch')}.upstream"
    (directory / "releasenotes/notes").mkdir(parents=True)
    (directory / NOTE_NAME).write_bytes(NOTE)
    text = TEST_WHO.format(flag=str(tmp_path / "flag"))
    tests = diff("oslo_privsep/tests/test_who.py", text.encode(), (text + added).encode())
    (directory / "tests.patch").write_bytes(tests)
    return directory
