"""Random histories as git tells them: edits, renames, copies, modes, files made and removed.

All of a batch come from one `git fast-import`, so that a history costs no more than the
`git format-patch` that writes it down.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

File = tuple[bytes, int]
"""Content and permission bits."""

Files = dict[str, File]
NAMES = ("f", "g", "h.py", "d/a", "d/b", "d/e/c", "x y", "caf\udce9")
LINES = (b"a\n", b"b\n", b"c\n", b"\n", b"  a\n", b"-- x\n", b"++ y\n", b"@@ -1 +1 @@\n", b"x\r\n",
         b"y\r\n", b"\xff\xfe\n", b"caf\xe9\n", b"#c\n", b"\\ \n", b"\x0c\n",
         b"From x\n")  # fmt: skip

_MESSAGE = b"change\n\nThis is\n- a list\n+ and more\n"


@dataclass(frozen=True, slots=True)
class History:
    """Versions of a tree, the first one included."""

    versions: tuple[Files, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a history is written down."""

    history: History
    form: str
    """One patch, a series, or a diff."""

    options: tuple[str, ...]
    """Of `git format-patch` or `git diff`."""


@dataclass(frozen=True, slots=True)
class Case:
    """A tree and a series of patches for it."""

    files: Files
    patches: tuple[bytes, ...]
    wanted: Files | None = None
    """What git makes of it; None where the patches are no longer git's."""

    recipe: Recipe | None = None
    """Where the patches come from, as long as they are git's."""


def draw_history(draw: random.Random) -> History:
    """Draw a tree of a few files and one to six commits."""
    files = {name: (_content(draw), draw.choice((0o644, 0o644, 0o755))) for name in _names(draw)}
    versions = [files]
    for _ in range(draw.randint(1, 6)):
        files = dict(files)
        for _ in range(draw.randint(1, 3)):
            _commit(draw, files)
        versions.append(files)
    return History(tuple(versions))


def _names(draw: random.Random) -> list[str]:
    return draw.sample(NAMES, draw.randint(1, 4))


def _content(draw: random.Random) -> bytes:
    if draw.random() < 0.06:
        return b""
    numbered = [b"line %d\n" % number for number in range(draw.choice((6, 12, 30)))]
    odd = [draw.choice(LINES) for _ in range(draw.randint(1, 12))]
    lines = draw.choice((numbered, numbered, odd, [*numbered, *odd]))
    if draw.random() < 0.1:
        lines = [line.replace(b"\n", b"\r\n") for line in lines]
    content = b"".join(lines)
    return content[:-1] if draw.random() < 0.15 else content


def _commit(draw: random.Random, files: Files) -> None:
    """Make one change to the tree."""
    kind = draw.choice(
        ("edit",) * 6 + ("rename", "copy", "mode", "make", "remove", "swap", "again")
    )
    free = [name for name in NAMES if name not in files]
    if (kind == "make" and free) or not files:
        files[draw.choice(free)] = (_content(draw), draw.choice((0o644, 0o755)))
        return
    name = draw.choice(sorted(files))
    content, mode = files[name]
    if kind == "edit":
        files[name] = (_edited(draw, content), mode)
    elif kind in ("rename", "copy") and free:
        files[draw.choice(free)] = (draw.choice((content, _edited(draw, content))), mode)
        if kind == "rename":
            del files[name]
        elif draw.random() < 0.5:
            files[name] = (_edited(draw, content), mode)
    elif kind == "mode":
        files[name] = (content, mode ^ 0o111)
    elif kind == "remove" and len(files) > 1:
        del files[name]
    elif kind == "swap" and len(files) > 1:
        other = draw.choice([one for one in sorted(files) if one != name])
        files[name], files[other] = files[other], files[name]
    else:
        files[name] = (_content(draw), mode)


def _edited(draw: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    for _ in range(draw.randint(1, 3)):
        at = draw.randint(0, len(lines))
        lines[at : at + draw.randint(0, 2)] = [
            draw.choice(LINES) if draw.random() < 0.3 else b"new %d\n" % draw.randint(0, 9)
            for _ in range(draw.randint(0, 3))
        ]
    joined = [line if line.endswith(b"\n") else line + b"\n" for line in lines[:-1]]
    text = b"".join([*joined, *lines[-1:]])
    return text + b"\n" if text and draw.random() < 0.05 and not text.endswith(b"\n") else text


class Repository:
    """A bare repository with one branch a version."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._run("init", "-q", "--bare", str(root))
        (root / "info" / "attributes").write_text("* text diff\n")  # no content is binary
        self._count = 0

    def add(self, histories: list[History]) -> list[int]:
        """Take histories in, all at once; give the number of each."""
        first = self._count
        stream: list[bytes] = []
        for number, history in enumerate(histories, first):
            for index, files in enumerate(history.versions):
                stream += _commit_command(number, index, files)
        self._count += len(histories)
        self._run("fast-import", "--quiet", "--done", stdin=b"".join([*stream, b"done\n"]))
        return list(range(first, self._count))

    def mails(self, number: int, last: int, options: tuple[str, ...]) -> bytes:
        """Give every commit of a history as `git format-patch --stdout` does."""
        return self._run(
            *("-c", "core.quotePath=false", "format-patch", "--stdout", *options),
            f"h{number}-0..h{number}-{last}",
        )

    def diff(self, number: int, old: int, new: int, options: tuple[str, ...]) -> bytes:
        """Give one diff between two versions."""
        return self._run("diff", *options, f"h{number}-{old}", f"h{number}-{new}")

    def remove(self) -> None:
        """Take the repository off the disk."""
        shutil.rmtree(self._root)

    def _run(self, *words: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["git", "-C", str(self._root if self._root.exists() else self._root.parent), *words],
            input=stdin,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C"},
            capture_output=True,
            check=True,
        )
        return done.stdout


def _commit_command(number: int, index: int, files: Files) -> list[bytes]:
    who = b"A <a@example.org> %d +0000\n" % (1_700_000_000 + index)
    words = [b"commit refs/heads/h%d-%d\n" % (number, index), b"author " + who,
             b"committer " + who, b"data %d\n%b\n" % (len(_MESSAGE), _MESSAGE)]  # fmt: skip
    if index:
        words.append(b"from refs/heads/h%d-%d\n" % (number, index - 1))
    words.append(b"deleteall\n")
    for name, (content, mode) in sorted(files.items()):
        path = b'"' + name.encode("utf-8", "surrogateescape") + b'"'
        words.append(b"M 100%o inline %b\ndata %d\n%b\n" % (mode, path, len(content), content))
    return words
