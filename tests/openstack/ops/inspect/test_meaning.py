"""What lines do not say, on the real releases: no false alarm, and what upstream may do is found.

pyflakes judges the files too. Whatever it newly finds in a file with the series on it would be a
mistake of the series.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pytest
from pyflakes.checker import Checker
from pyflakes.messages import (
    MultiValueRepeatedKeyLiteral,
    MultiValueRepeatedKeyVariable,
    RedefinedWhileUnused,
    UndefinedName,
)

from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.source.findings import Findings, examine
from freebsd_port.engine.core.text.file import FileState, Tree, split_lines
from freebsd_port.openstack.ops.inspect.plan_on_wheels import read_patches, read_sources
from freebsd_port.openstack.store.project.project import find_project

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
NAMES = find_project().release_names()
KINDS = (
    MultiValueRepeatedKeyLiteral,
    MultiValueRepeatedKeyVariable,
    RedefinedWhileUnused,
    UndefinedName,
)


@dataclass
class Patched:
    """A release with the series on it."""

    files: dict[str, tuple[list[bytes], list[bytes]]]
    tree: Tree
    known: dict[str, Sequence[bytes] | None]

    def read(self, path: str) -> Sequence[bytes] | None:
        if path not in self.known:
            state = self.tree.read(path)
            self.known[path] = split_lines(state.content) if state else None
        return self.known[path]


def lines(state: FileState | None) -> list[bytes]:
    return split_lines(state.content) if state else []


@cache
def patched(release: str) -> Patched:
    project = find_project()
    pins = project.load_release(release)
    tree, texts = read_sources(project, pins, frozenset(), is_offline=False, progress=print)
    plan = plan_series(tree, read_patches(texts))
    files = {edit.path: (lines(edit.before), lines(edit.after)) for edit in plan.edits}
    return Patched(files, tree, {path: after for path, (_, after) in files.items()})


@pytest.mark.parametrize("release", NAMES)
def test_no_release_has_a_finding_wherever_the_series_comes_from(release: str) -> None:
    here = patched(release)
    assert examine(here.files, here.read) == Findings()
    for other in NAMES:
        if other != release:
            assert examine(here.files, here.read, patched(other).read) == Findings(), other


def flakes(source: Sequence[bytes]) -> set[tuple[str, str]]:
    checker = Checker(ast.parse(b"".join(source)), builtins={"_"})
    return {
        (type(one).__name__, str(one.message_args[0]))
        for one in checker.messages
        if isinstance(one, KINDS)
    }


@pytest.mark.parametrize("release", ["xena", NAMES[-1]])
def test_pyflakes_finds_nothing_that_the_series_brings(release: str) -> None:
    for path, (before, after) in patched(release).files.items():
        if path.endswith(".py"):
            assert flakes(after) <= flakes(before), path


DRIVER, HOST = "nova/virt/libvirt/driver.py", "nova/virt/libvirt/host.py"


def changed(path: str, old: str, new: str, *, is_known: bool) -> list[str]:
    """Let upstream change a line of the newest release; tell what is found."""
    here = patched(NAMES[-1])
    before = {**here.files}
    text = [split_lines(b"".join(here.read(path) or ()).replace(old.encode(), new.encode(), 1))]
    assert text[0] != here.read(path)
    if path in before:
        released = b"".join(before[path][0]).replace(old.encode(), new.encode(), 1)
        before[path] = (split_lines(released), text[0])

    def read(one: str) -> Sequence[bytes] | None:
        return text[0] if one == path else here.read(one)

    found = examine(before, read, here.read if is_known else None)
    return [
        *(f"missing {one.name}" for one in found.missing),
        *(f"{one.kind}: {one.reason}" for one in found.faults),
    ]


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        (DRIVER, "def _add_rng_device(self, ", "def _add_rng_device(self, context, ",
         "call: nova.virt.libvirt.driver.LibvirtDriver._add_rng_device() does not take this call"),
        (DRIVER, "def _guest_needs_usb(", "def _needs_usb(",
         "missing nova.virt.libvirt.driver.LibvirtDriver._guest_needs_usb"),
        (HOST, "def has_min_version(self, ", "def has_min_version(self, context, *, ",
         "call: nova.virt.libvirt.host.Host.has_min_version() does not take this call"),
        (HOST, "def get_guest(self, instance", "def get_guest(self, context, instance",
         "call: nova.virt.libvirt.host.Host.get_guest() does not take this call"),
        ("nova/virt/hardware.py", "def get_number_of_serial_ports(",
         "def get_number_of_serial_ports(context, ",
         "call: nova.virt.hardware.get_number_of_serial_ports() does not take this call"),
        ("nova/exception.py", "class InvalidDiskFormat(", "class WrongDiskFormat(",
         "missing nova.exception.InvalidDiskFormat"),
    ],
)  # fmt: skip
def test_what_upstream_may_change_about_what_our_lines_use_is_found(
    path: str, old: str, new: str, told: str, is_known: bool
) -> None:
    found = changed(path, old, new, is_known=is_known)
    assert found
    assert all(one.startswith(told) for one in found)
