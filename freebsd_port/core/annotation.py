"""An annotation: for each line of a file, which of the versions before it brought it."""

from __future__ import annotations

from collections.abc import Sequence

from freebsd_port.core.align import align_lines


def annotate_lines(versions: Sequence[Sequence[bytes]]) -> list[int]:
    """Give for each line of the last version the index of the first that has it.

    A line that comes, goes and comes again counts from its last coming.
    """
    origins = [0] * len(versions[0])
    for number in range(1, len(versions)):
        old, new = versions[number - 1], versions[number]
        now = [number] * len(new)
        for block in align_lines(old, new):
            now[block.other : block.other + block.count] = origins[
                block.base : block.base + block.count
            ]
        origins = now
    return origins
