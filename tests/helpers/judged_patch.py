"""What the rules of a review remark on in a patch that a test makes."""

from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.facts import Remark
from freebsd_port.engine.core.review.on_release import SeriesWalk
from freebsd_port.engine.core.review.rules.all import find_findings
from freebsd_port.engine.core.series.series import SeriesEntry

HEADER = """\
Subject: libvirt: do it otherwise
Origin: vendor
Forwarded: no
Drop-When: upstream does it by itself
Last-Update: 2026-11-21

On FreeBSD this went wrong in a way that takes more than ten words to tell.

"""


def found(data: bytes) -> list[Remark]:
    patch = parse_patch("nova/x.patch", data)
    laid = SeriesWalk(MemoryTree({})).lay(SeriesEntry("nova/x.patch", 1, False, "", 1), patch)
    return list(find_findings("patches/nova/x.patch", patch, laid.hunks))


def rules(old: str, new: str, path: str = "nova/host.py") -> list[str]:
    """The rules that a patch from one text to the other is flagged by."""
    text = HEADER.encode() + diff(path, old.encode(), new.encode())
    return [finding.rule for finding in found(text)]
