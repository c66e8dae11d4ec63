"""Damage to a patch: what editors, mailers and hands do to one."""

from __future__ import annotations

import random
import re

_HUNK = re.compile(rb"^@@ .*?(?=^@@ |^diff |^--- |^From |^-- |\Z)", re.MULTILINE | re.DOTALL)
_DIFF = re.compile(rb"^diff --git .*?(?=^diff --git |^From |\Z)", re.MULTILINE | re.DOTALL)
_HEADER = (b"diff ", b"index ", b"--- ", b"+++ ", b"@@ ", b"old mode", b"new mode", b"rename ",
           b"copy ", b"new file", b"deleted file", b"similarity")  # fmt: skip
_PROSE = (b"prose\n", b"\n", b"- a list\n", b"# comment\n", b"Index: f\n", b"12d\n", b"-- \n",
          b"Subject: x\n", b"Binary files a/f and b/f differ\n", b"--- a/f\n+++ b/f\n",
          b"\\ No newline at end of file\n", b"*** a/f\n", b"Only in b: x\n", b" \n",
          b"diff -u a/f b/f\n")  # fmt: skip


def mutate(draw: random.Random, patch: bytes) -> bytes:
    """Damage a patch in one to three ways."""
    for _ in range(draw.choice((1, 1, 2, 3))):
        patch = draw.choice(_WAYS)(draw, patch)
    return patch


def make_plain(draw: random.Random, patch: bytes, share: float) -> bytes:
    """Take git's header lines off a share of the diffs, where lines say the same."""

    def plain(match: re.Match[bytes]) -> bytes:
        diff = match[0]
        says_more = re.search(rb"^(?:rename|copy|old mode) ", diff, re.MULTILINE)
        if says_more or b"\n--- " not in diff or draw.random() >= share:
            return diff
        return diff[diff.index(b"\n--- ") + 1 :]

    return _DIFF.sub(plain, patch)


def _drop_line(draw: random.Random, patch: bytes) -> bytes:
    lines = patch.splitlines(keepends=True)
    if lines:
        del lines[draw.randrange(len(lines))]
    return b"".join(lines)


def _double_line(draw: random.Random, patch: bytes) -> bytes:
    lines = patch.splitlines(keepends=True)
    if lines:
        at = draw.randrange(len(lines))
        lines.insert(at, lines[at])
    return b"".join(lines)


def _drop_header(draw: random.Random, patch: bytes) -> bytes:
    lines = patch.splitlines(keepends=True)
    headers = [index for index, line in enumerate(lines) if line.startswith(_HEADER)]
    if headers:
        del lines[draw.choice(headers)]
    return b"".join(lines)


def _edit_number(draw: random.Random, patch: bytes) -> bytes:
    lines = patch.splitlines(keepends=True)
    headers = [index for index, line in enumerate(lines) if line.startswith((b"@@ ", b"index "))]
    if headers:
        at = draw.choice(headers)
        numbers = list(re.finditer(rb"\d+", lines[at].split(b" @@", 1)[0]))
        if numbers:
            one = draw.choice(numbers)
            new = max(int(one[0]) + draw.choice((-2, -1, 1, 2, 10)), 0)
            lines[at] = lines[at][: one.start()] + b"%d" % new + lines[at][one.end() :]
    return b"".join(lines)


def _edit_name(draw: random.Random, patch: bytes) -> bytes:
    lines = patch.splitlines(keepends=True)
    headers = [index for index, line in enumerate(lines) if line.startswith((b"--- ", b"+++ "))]
    if headers:
        at = draw.choice(headers)
        name = draw.choice((b"a/f", b"b/g", b"/dev/null", b"a/d/a", b"a/new", b"f"))
        lines[at] = lines[at][:4] + name + b"\n"
    return b"".join(lines)


def _swap_hunks(draw: random.Random, patch: bytes) -> bytes:
    return _swap(draw, patch, _HUNK)


def _swap_diffs(draw: random.Random, patch: bytes) -> bytes:
    return _swap(draw, patch, _DIFF)


def _swap(draw: random.Random, patch: bytes, pattern: re.Pattern[bytes]) -> bytes:
    found = list(pattern.finditer(patch))
    if len(found) < 2:
        return patch
    one, other = sorted(draw.sample(found, 2), key=lambda match: match.start())
    return (patch[: one.start()] + other[0] + patch[one.end() : other.start()] + one[0]
            + patch[other.end() :])  # fmt: skip


def _insert_prose(draw: random.Random, patch: bytes) -> bytes:
    lines = patch.splitlines(keepends=True)
    lines.insert(draw.randint(0, len(lines)), draw.choice(_PROSE))
    return b"".join(lines)


def _double_diff(draw: random.Random, patch: bytes) -> bytes:
    found = _DIFF.findall(patch)
    return patch + draw.choice(found) if found else patch


def _drop_diff(draw: random.Random, patch: bytes) -> bytes:
    found = list(_DIFF.finditer(patch))
    if len(found) < 2:
        return patch
    one = draw.choice(found)
    return patch[: one.start()] + patch[one.end() :]


def _cut_end(draw: random.Random, patch: bytes) -> bytes:
    return patch[: -draw.randint(1, min(len(patch), 60))] if patch else patch


def _edit_marker(draw: random.Random, patch: bytes) -> bytes:
    lines = patch.splitlines(keepends=True)
    body = [index for index, line in enumerate(lines) if line[:1] in (b"+", b"-", b" ")]
    if body:
        at = draw.choice(body)
        lines[at] = draw.choice((b"+", b"-", b" ", b"")) + lines[at][1:]
    return b"".join(lines)


def _crlf(draw: random.Random, patch: bytes) -> bytes:
    return patch.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if draw.random() < 0.3 else patch


_WAYS = (_drop_line, _double_line, _drop_header, _edit_number, _edit_name, _swap_hunks, _swap_diffs,
         _insert_prose, _insert_prose, _double_diff, _drop_diff, _cut_end, _edit_marker,
         _crlf)  # fmt: skip
