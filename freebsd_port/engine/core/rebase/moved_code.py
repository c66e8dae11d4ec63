"""Finding code that moved: a scope of one version that has another name or file in the other."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from freebsd_port.engine.core.rebase.merge import Clash, Present, find_region, merge_splices
from freebsd_port.engine.core.rebase.tree_version import SHORT, Version
from freebsd_port.engine.core.source.scope import UNPARSED, Scope
from freebsd_port.engine.core.text.align import Chunk, align_lines
from freebsd_port.engine.core.text.splice import Splice, apply_splices, find_splices

if TYPE_CHECKING:
    from freebsd_port.engine.core.rebase.structure import Merged

_ALIKE = 0.5
"""At least this share of the lines of the longer one must be the same in both."""

_MARGIN = 0.1
"""The best candidate must be better than the next by this much, or nobody can tell."""


_LONGEST = 3000
"""A longer scope, which is a class, is not merged by its statements: that would take seconds."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a scope went, and the splices carried to it."""

    path: str
    scope: str
    results: tuple[Splice | Present, ...]
    """What is to be done, in lines of the other version's file; or what is there already."""

    region: Chunk
    """What of both versions' files a person has to look at."""

    reason: str | None = None
    """How it was merged there, where not by its lines."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: str
    lines: Sequence[bytes]
    scope: Scope
    likeness: float


def find_move(
    base: Sequence[bytes],
    scope: Scope,
    splices: Sequence[Splice],
    files: Iterable[tuple[str, Sequence[bytes]]],
    scopes_of: Callable[[str], Sequence[Scope]],
    is_old: Callable[[str, str], bool],
) -> Move | None:
    """Find the one scope among the files that the base's scope became, and move splices there.

    `scopes_of` gives a file's scopes, and is asked only where they may matter. `is_old` tells of
    path and name whether the base has that scope too, which then did not come of another. The
    splices lie inside the scope. None when no scope is alike enough, when two are about equally
    alike, when the merge clashes there too, or when a splice puts lines behind the scope's last.
    """
    if splices[0].start < scope.start or splices[-1].stop > scope.stop:
        return None
    text = list(base[scope.start : scope.stop])
    bare = _bare(text)
    telling = _telling(bare)
    found = sorted(
        (
            candidate
            for path, lines in files
            for candidate in _candidates(path, lines, scope, bare, telling, scopes_of)
            if candidate.likeness >= _ALIKE and not is_old(path, candidate.scope.name)
        ),
        key=lambda candidate: -candidate.likeness,
    )
    if not found or (len(found) > 1 and found[0].likeness - found[1].likeness < _MARGIN):
        return None
    return _follow_to(found[0], text, scope, splices)


def _follow_to(
    best: _Candidate, text: Sequence[bytes], scope: Scope, splices: Sequence[Splice]
) -> Move | None:
    """Merge the splices into what the scope became; None where they clash."""
    there = best.lines[best.scope.start : best.scope.stop]
    text = _rename_head(text, scope.name, best.scope.name)
    shifted = [Splice(s.start - scope.start, s.stop - scope.start, s.lines) for s in splices]
    results: list[Splice | Present] = []
    blocks = align_lines(text, there)
    reason = None
    moved = merge_splices(text, there, blocks, shifted)
    if any(isinstance(result, Clash) for result in moved):
        merged = _merge_statements(text, apply_splices(text, shifted), there)
        if merged is None:
            return None
        moved, reason = find_splices(there, merged.lines), merged.reason
        if not moved:
            moved = (Present(0),)
    for result in moved:
        if isinstance(result, Clash):
            return None
        at = best.scope.start + result.start
        results.append(
            Present(at)
            if isinstance(result, Present)
            else Splice(at, best.scope.start + result.stop, result.lines)
        )
    inner = find_region(blocks, len(text), len(there), shifted[0].start, shifted[-1].stop)
    region = Chunk(
        scope.start + inner.start,
        scope.start + inner.stop,
        best.scope.start + inner.other_start,
        best.scope.start + inner.other_stop,
    )
    return Move(best.path, best.scope.name, tuple(results), region, reason)


def _merge_statements(
    base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]
) -> Merged | None:
    from freebsd_port.engine.core.rebase.structure import merge_structure

    return merge_structure(base, ours, theirs) if len(theirs) <= _LONGEST else None


def find_likely_files(
    version: Version, beside: str, text: Sequence[bytes]
) -> Iterator[tuple[str, Sequence[bytes]]]:
    """Give the modules of a path's package that share enough lines with a text for `find_move`."""
    telling = _telling(_bare(text))
    hashes = {hash(line) for line in telling}
    for path in version.source_paths(beside):
        if len(hashes.intersection(version.line_hashes(path))) >= _fewest(telling):
            lines = version.lines(path)
            if lines is not None:
                yield path, lines


def _fewest(telling: set[bytes]) -> float:
    """Give how many telling lines a file must have of a scope's."""
    return max(_ALIKE * len(telling) / 2, 1)


def _candidates(
    path: str,
    lines: Sequence[bytes],
    scope: Scope,
    text: Sequence[bytes],
    telling: set[bytes],
    scopes_of: Callable[[str], Sequence[Scope]],
) -> list[_Candidate]:
    """Give the scopes of a file that share enough lines to be looked at.

    `text` is the scope's, without indentation, and `telling` those of its lines that count.
    """
    whole, fewest = lines, _fewest(telling)
    lines = _bare(lines)
    if len(telling.intersection(lines)) < fewest:
        return []
    found = []
    for other in scopes_of(path):
        there = lines[other.start : other.stop]
        longer = max(len(there), len(text))
        if min(len(there), len(text)) < _ALIKE * longer:
            continue
        if len(telling.intersection(there)) < fewest:
            continue
        same = sum(block.count for block in align_lines(text, there))
        likeness = same / longer
        if other.name.rpartition(".")[2] == scope.name.rpartition(".")[2]:
            likeness += _MARGIN  # its own name speaks for it
        found.append(_Candidate(path, whole, other, likeness))
    return found


def is_wrapper(
    base: Sequence[bytes], old: Scope, other: Sequence[bytes], kept: Scope, moved: str
) -> bool:
    """Tell whether a function that kept its name only calls the one to which its body moved.

    One that still has half of its lines does more than that, whatever it calls.
    """
    text, there = base[old.start : old.stop], other[kept.start : kept.stop]
    name = re.escape(moved.rpartition(".")[2].encode())
    if not re.search(rb"(?<!def )\b%s\s*\(" % name, b"".join(there)):
        return False
    before, behind = _bare(text), _bare(there)
    same = sum(block.count for block in align_lines(before, behind))
    return same < _ALIKE * len(before)


def find_renamed_file(
    path: str, base: Sequence[bytes], files: Iterable[tuple[str, Sequence[bytes]]]
) -> str | None:
    """Find the file that a file of the base became: most of its telling lines are in it.

    None when none has half of them, or two have about as many.
    """
    telling = _telling(base)
    scores = []
    for other, lines in files:
        if other != path:
            shared = len(telling.intersection(lines))
            scores.append((shared / max(len(telling), 1), other))
    scores.sort(reverse=True)
    if not scores or scores[0][0] < _ALIKE:
        return None
    if len(scores) > 1 and scores[0][0] - scores[1][0] < _MARGIN:
        return None
    return scores[0][1]


def _bare(lines: Sequence[bytes]) -> list[bytes]:
    """Give the lines without indentation, which code may lose or gain where it goes."""
    return [line.strip() for line in lines]


def find_behind_shim(path: str, base: Version, other: Version) -> str | None:
    """Find the new file whose names a file now only imports, so that its old name goes on working.

    None where the file defines anything itself, or where no new file that it imports has most of
    its content.
    """
    lines, there = base.lines(path), other.lines(path)
    if not path.endswith(".py") or not lines or not there or len(there) * 2 > len(lines):
        return None
    try:
        body = ast.parse(b"".join(there)).body
    except UNPARSED:
        return None
    if any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in body
    ):
        return None
    package = path.rpartition("/")[0].split("/")
    files: dict[str, list[bytes]] = {}
    for node in body:
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name.replace(".", "/") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = "/".join((*above, *(node.module or "").split("."))).rstrip("/")
            modules = [module, *(f"{module}/{alias.name}" for alias in node.names)]
        for one in modules:
            for file in (f"{one}.py", f"{one}/__init__.py"):
                text = other.lines(file) if not base.exists(file) else None
                if text is not None:
                    files[file] = text
    return find_renamed_file(path, lines, files.items())


def _rename_head(text: Sequence[bytes], old: str, new: str) -> list[bytes]:
    """Give the scope's lines with the new name in its first line, which is no edit of its own."""
    head = re.compile(rb"(\s*(?:async def|def|class) )%s\b" % old.rpartition(".")[2].encode())
    made = list(text)
    at = next((n for n, line in enumerate(made) if head.match(line)), None)
    if at is not None:
        made[at] = head.sub(rb"\g<1>" + new.rpartition(".")[2].encode(), made[at], count=1)
    return made


def _telling(lines: Sequence[bytes]) -> set[bytes]:
    """Give the lines that are not to be found in any file."""
    return {line for line in lines if len(line.strip()) > SHORT}
