"""What is proved of each patch, brought together."""

from __future__ import annotations

from freebsd_port.engine.core.apply.provenance import HunkLines
from freebsd_port.openstack.core.proof.coverage import HunkCoverage
from freebsd_port.openstack.core.proof.patch_report import report_patches

CLOSE, GREET = "oslo.rootwrap/close.patch", "nova/greet.patch"


def hunk(patch: str, *missed: int, excused: tuple[int, ...] = ()) -> HunkCoverage:
    lines = HunkLines(patch, "m.py", 1, 1, (1, 2, 3), 1)
    return HunkCoverage(lines, 3, 3 - len(missed) - len(excused), missed, (), excused)


def test_checks_lines_and_suites_stand_with_their_patch() -> None:
    close, greet = report_patches(
        (CLOSE, GREET),
        {"linux": {GREET: (2, 1)}, "freebsd-14.5": {GREET: (3, 0), CLOSE: (1, 0)}},
        [hunk(GREET, 2), hunk(CLOSE, excused=(3,)), hunk(GREET)],
        {"oslo.rootwrap": True, "nova.conf": True, "nova.virt.disk": False},
    )
    assert close.checks == {"freebsd-14.5": (1, 0)}
    assert (close.added, close.executed, close.missed, close.excused) == (3, 2, (), (("m.py", 3),))
    assert (close.unchanged, close.changed, close.not_compared) == (("oslo.rootwrap",), (), ())
    assert greet.checks == {"linux": (2, 1), "freebsd-14.5": (3, 0)}
    assert (len(greet.hunks), greet.added, greet.executed, greet.missed) == (
        2,
        6,
        5,
        (("m.py", 2),),
    )
    assert (greet.unchanged, greet.changed) == (("nova.conf",), ("nova.virt.disk",))
    assert "nova.virt.libvirt" in greet.not_compared
    assert "oslo.rootwrap" not in greet.not_compared
