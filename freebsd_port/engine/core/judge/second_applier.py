"""A second applier: what a series makes of files, computed without any of the planner's code.

It judges the planner's result where neither GNU patch nor git is there, so it shares nothing with
`core.patch` and `core.apply`: it knows git's and diff's unified form and no more, finds a place
by comparing whole blocks, and refuses what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NAME = rb"([^\s\"]+|\"(?:[^\"\\]|\\.)*\")"
_GIT = re.compile(rb"diff --git " + _NAME + rb" " + _NAME + rb"\s*$")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPED = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))
_COMMIT = re.compile(rb"From [0-9a-f]{40} ")
_MODE = re.compile(rb"(?:new mode|new file mode) 100([0-7]{3})\s*$")
NO_NEWLINE = b"\\ No newline at end of file"


class CannotJudgeError(Exception):
    """A patch in a form that this applier does not know, or that it finds no place for."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """One file."""

    content: bytes
    is_executable: bool = False


@dataclass(frozen=True, slots=True)
class SeriesPatch:
    """One patch of the series."""

    name: str
    data: bytes
    strip: int = 1
    is_reversed: bool = False


@dataclass(slots=True)
class _Block:
    """A hunk: two sides and where the old one is said to start."""

    start: int
    old: list[bytes]
    new: list[bytes]
    before: int
    behind: int


@dataclass(slots=True)
class _Diff:
    """A diff of one file."""

    old: bytes | None = None
    new: bytes | None = None
    is_git: bool = False
    begins_commit: bool = False
    is_move: bool = False
    is_copy: bool = False
    mode: int | None = None
    makes: bool = False
    removes: bool = False
    blocks: list[_Block] = field(default_factory=list)


def apply_series(
    files: Mapping[str, TextFile], patches: Sequence[SeriesPatch]
) -> dict[str, TextFile]:
    """Give the files as the series leaves them. Raises CannotJudgeError, naming the patch."""
    now = dict(files)
    for patch in patches:
        try:
            for group in _groups(list(_read(patch.data)), patch.strip):
                _apply_group(now, group, patch)
        except CannotJudgeError as error:
            raise CannotJudgeError(f"{patch.name}: {error}") from error
    return now


def _groups(diffs: list[_Diff], strip: int) -> Iterator[list[_Diff]]:
    """Give runs of diffs that all read the files as they were before the run.

    Such a run ends with a commit, with a diff that is not git's, and before a file comes again.
    """
    group: list[_Diff] = []
    seen: set[str] = set()
    for diff in diffs:
        path = _path(diff.new or diff.old, strip)
        if group and (diff.begins_commit or path in seen or not (diff.is_git and group[0].is_git)):
            yield group
            group, seen = [], set()
        group.append(diff)
        seen.add(path)
    if group:
        yield group


def _apply_group(now: dict[str, TextFile], group: list[_Diff], patch: SeriesPatch) -> None:
    before = dict(now)
    made: dict[str, TextFile] = {}
    gone: set[str] = set()
    for diff in group:
        old = _path(diff.old or diff.new, patch.strip)
        new = _path(diff.new or diff.old, patch.strip)
        if patch.is_reversed:
            old, new, diff = new, old, _turned(diff)
        file = before.get(old)
        if file is None and not diff.makes:
            raise CannotJudgeError(f"{old} is not there")
        if file is not None and file.content and diff.makes:
            raise CannotJudgeError(f"{old} is there already")
        content = _apply_blocks(file.content if file else b"", diff.blocks)
        if diff.removes:
            if content:
                raise CannotJudgeError(f"{old} is not empty after its removal")
            gone.add(old)
            continue
        is_executable = file.is_executable if file else False
        if diff.mode is not None:
            is_executable = bool(diff.mode & 0o111)
        made[new] = TextFile(content, is_executable)
        if diff.is_move:
            gone.add(old)
    for path in gone:
        now.pop(path, None)
    now.update(made)


def _turned(diff: _Diff) -> _Diff:
    if diff.is_move or diff.is_copy or diff.mode is not None:
        raise CannotJudgeError("a reversed change of names or modes")
    blocks = [
        _Block(block.start, block.new, block.old, block.before, block.behind)
        for block in diff.blocks
    ]
    return _Diff(makes=diff.removes, removes=diff.makes, blocks=blocks)


def _apply_blocks(content: bytes, blocks: Sequence[_Block]) -> bytes:
    lines = content.split(b"\n")
    is_cut = lines[-1] != b""
    lines = [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if is_cut else [])
    out: list[bytes] = []
    done = shift = 0
    for block in blocks:
        at = _find(lines, block, done, block.start - bool(block.old) + shift)
        shift = at - (block.start - bool(block.old))
        out += [*lines[done : at + block.before], *block.new[block.before : _stop(block)]]
        done = at + len(block.old) - block.behind
    result = [*out, *lines[done:]]
    return b"".join(
        line if line.endswith(b"\n") or line is result[-1] else line + b"\n" for line in result
    )


def _stop(block: _Block) -> int:
    return len(block.new) - block.behind


def _find(lines: list[bytes], block: _Block, done: int, expected: int) -> int:
    """Give the index at which the block's old side stands, the nearest to the expected one."""
    size = len(block.old)
    if not size:
        if done <= expected <= len(lines):
            return expected
        raise CannotJudgeError("a hunk without context has no place")
    places = [
        at
        for at in range(max(done - block.before, 0), len(lines) - size + 1)
        if lines[at : at + size] == block.old and at + block.before >= done
    ]
    if block.before < block.behind and block.start <= 1:
        places = [at for at in places if at == 0]
    elif block.behind < block.before:
        places = [at for at in places if at + size == len(lines)]
    if not places:
        raise CannotJudgeError(f"the hunk at line {block.start} has no place")
    return min(places, key=lambda at: (abs(at - expected), at < expected))


def _read(data: bytes) -> Iterator[_Diff]:
    """Read the diffs of a patch in order."""
    lines = data.split(b"\n")
    diff: _Diff | None = None
    begins_commit = False
    index = 0
    while index < len(lines):
        line = lines[index]
        following = lines[index + 1] if index + 1 < len(lines) else b""
        if _COMMIT.match(line):
            begins_commit = True
        elif line.startswith(b"diff --git "):
            if diff is not None:
                yield diff
            names = _GIT.match(line)
            diff = _Diff(is_git=True, begins_commit=begins_commit)
            begins_commit = False
            if names:
                diff.old, diff.new = _unquote(names[1]), _unquote(names[2])
        elif line.startswith(b"--- ") and following.startswith(b"+++ "):
            if diff is None or diff.blocks or not diff.is_git:
                if diff is not None:
                    yield diff
                diff = _Diff(begins_commit=begins_commit)
                begins_commit = False
            _name(diff, line, following)
            index += 1
        elif diff is not None and (match := _HUNK.match(line)):
            index = _read_block(diff, match, lines, index)
            continue
        elif diff is not None and diff.is_git and not diff.blocks:
            _extend(diff, line)
        index += 1
    if diff is not None:
        yield diff


def _name(diff: _Diff, old: bytes, new: bytes) -> None:
    names = []
    for line in (old, new):
        name, tab, _ = line[4:].rstrip(b"\r").partition(b"\t")
        names.append(_unquote(name if tab or b" " not in name else name.split(b" ")[0]))
    diff.makes |= names[0] == b"/dev/null"
    diff.removes |= names[1] == b"/dev/null"
    diff.old = names[1] if names[0] == b"/dev/null" else names[0]
    diff.new = names[0] if names[1] == b"/dev/null" else names[1]


def _unquote(name: bytes) -> bytes:
    """Read a name in quotes as C has it; any other stays."""

    def escaped(match: re.Match[bytes]) -> bytes:
        text = match[1]
        return bytes([int(text, 8) if len(text) == 3 else _ESCAPED.get(text[0], text[0])])

    return _ESCAPE.sub(escaped, name[1:-1]) if name.startswith(b'"') else name


def _extend(diff: _Diff, line: bytes) -> None:
    if mode := _MODE.match(line):
        diff.mode = int(mode[1], 8)
    diff.makes |= line.startswith(b"new file mode ")
    diff.removes |= line.startswith(b"deleted file mode ")
    diff.is_move |= line.startswith(b"rename to ")
    diff.is_copy |= line.startswith(b"copy to ")
    if line.startswith(b"GIT binary patch"):
        raise CannotJudgeError("a binary patch")


def _read_block(diff: _Diff, match: re.Match[bytes], lines: list[bytes], index: int) -> int:
    """Read a hunk whose header is at the index; give the index behind it."""
    left_old, left_new = (1 if match[group] is None else int(match[group]) for group in (2, 4))
    block = _Block(int(match[1]), [], [], 0, 0)
    is_changed = False
    index += 1
    while left_old or left_new:
        line = lines[index] if index < len(lines) - 1 else None
        if line is None:
            raise CannotJudgeError("a hunk is cut off")
        marker, text = line[:1] or b" ", line[1:] + b"\n"
        if marker not in b"+- ":
            raise CannotJudgeError(f"{marker!r} is no mark of a line")
        if lines[index + 1].startswith(NO_NEWLINE[:2]):
            text = text[:-1]
            index += 1
        if marker != b"+":
            block.old.append(text)
            left_old -= 1
        if marker != b"-":
            block.new.append(text)
            left_new -= 1
        if marker == b" ":
            block.before += not is_changed
            block.behind += 1
        else:
            is_changed, block.behind = True, 0
        if left_old < 0 or left_new < 0:
            raise CannotJudgeError("a hunk has other lines than its header counts")
        index += 1
    diff.blocks.append(block)
    return index


def _path(name: bytes | None, strip: int) -> str:
    if name is None:
        raise CannotJudgeError("a diff without a name")
    parts = [part for part in name.split(b"/") if part]
    if len(parts) <= strip:
        raise CannotJudgeError(f"{name!r} has too few components")
    return b"/".join(parts[strip:]).decode("utf-8", "surrogateescape")
