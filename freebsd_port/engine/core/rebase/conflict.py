"""Conflict markers: writing a file with its clashes, and reading what a person made of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from freebsd_port.engine.core.rebase.merge import Clash, locate
from freebsd_port.engine.core.rebase.outcome import Labels, WorkFile
from freebsd_port.engine.core.text.align import align_lines
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.engine.core.text.splice import Splice, apply_splices

_MARKER = re.compile(rb"<{7} ours: |\|{7} base: |>{7} theirs: ")


def render_conflict(
    before: Sequence[bytes],
    splices: Iterable[Splice],
    clashes: Iterable[Clash],
    labels: Callable[[Clash], Labels],
) -> bytes:
    """Give the file with the splices made and diff3-style markers around every clash.

    Source: git-merge-file(1), --diff3.
    """
    marked = [Splice(c.start, c.stop, tuple(_mark(c, labels(c)))) for c in clashes]
    every = sorted((*splices, *marked), key=lambda splice: (splice.start, splice.stop))
    return b"".join(apply_splices(before, every))


def _mark(clash: Clash, labels: Labels) -> list[bytes]:
    return [
        f"<<<<<<< ours: {labels.ours}\n".encode(),
        *_closed(clash.ours),
        f"||||||| base: {labels.base}\n".encode(),
        *_closed(clash.base),
        b"=======\n",
        *_closed(clash.theirs),
        f">>>>>>> theirs: {labels.theirs}\n".encode(),
    ]


def _closed(lines: Sequence[bytes]) -> list[bytes]:
    """End the last line with a newline, so that the marker stands on a line of its own."""
    return [line if line.endswith(b"\n") else line + b"\n" for line in lines]


def make_work_files(
    read: Callable[[str], Sequence[bytes] | None],
    spliced: Mapping[str, Sequence[Splice]],
    clashed: Mapping[str, Sequence[Clash]],
    labels: Labels,
    chosen: Mapping[str, Sequence[Clash]] | None = None,
    choice_labels: Labels | None = None,
) -> tuple[WorkFile, ...]:
    """Give every file of a patch in conflict, as far as it is merged.

    `chosen` has what a person has to choose from, with labels of its own.
    """
    found = []
    choices = chosen or {}
    for path in dict.fromkeys((*spliced, *clashed, *choices)):
        lines = read(path)
        clashes = sorted(
            (*clashed.get(path, ()), *choices.get(path, ())), key=lambda clash: clash.start
        )
        before = None if lines is None else b"".join(lines)
        file = WorkFile(
            path, b"", before, tuple(clashes), labels, frozenset(choices.get(path, ())),
            choice_labels,
        )  # fmt: skip
        content = render_conflict(lines or (), spliced.get(path, ()), clashes, file.labels_of)
        found.append(replace(file, content=content))
    return tuple(found)


def find_marker(lines: Sequence[bytes]) -> int | None:
    """Give the 1-based line of the first conflict marker, or None.

    A line of seven equal signs alone is none: it may underline a title.
    """
    return next((n for n, line in enumerate(lines, 1) if _MARKER.match(line)), None)


def find_breakage(file: WorkFile, finished: bytes) -> str | None:
    """Say where a finished Python file does not parse, or None; nor has one that never did."""
    if file.path.endswith(".py") and _find_syntax_error(file.before or b"") is None:
        return _find_syntax_error(finished)
    return None


def _find_syntax_error(source: bytes) -> str | None:
    try:
        ast.parse(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or "it is nested too deep"
    return None


def read_resolutions(
    file: WorkFile, finished: bytes
) -> tuple[tuple[Clash, tuple[bytes, ...]], ...]:
    """Give what each clash became, for those whose surroundings are as they were."""
    marked, resolved = split_lines(file.content), split_lines(finished)
    blocks = align_lines(marked, resolved)
    found = []
    at = 0
    for clash in file.clashes:
        text = _mark(clash, file.labels_of(clash))
        start = next(n for n in range(at, len(marked)) if marked[n : n + len(text)] == text)
        at = stop = start + len(text)
        try:
            first = locate(blocks, start - 1) + 1 if start else 0
            last = locate(blocks, stop) if stop < len(marked) else len(resolved)
        except ValueError:
            continue
        found.append((clash, tuple(resolved[first:last])))
    return tuple(found)
