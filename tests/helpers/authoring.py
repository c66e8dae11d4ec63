"""One authoring session twice, with quilt and with us, compared after every step."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from beside_quilt import differences, snapshot

from freebsd_port.cli.main import main

PRINTING = ("top", "next", "previous", "files", "diff", "annotate", "header")
"""Verbs whose output is what was asked for, so that it is compared too."""

SWAP = """for f; do sed 's/{}/{}/' "$f" > "$f.new" && mv "$f.new" "$f"; done"""
"""An editor's script that any sed runs."""

REFRESH = "--no-index --no-timestamps -p ab"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: bytes
    err: bytes


@dataclass
class Both:
    """Two copies of a tree with a series, one for each program."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, files: Mapping[str, bytes | None]) -> None:
        """Write or remove these files of both trees, as an editor does."""
        for side in ("quilt", "ours"):
            for name, content in files.items():
                path = self.root / side / "tree" / name
                if content is None:
                    path.unlink()
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def save_patches(self, files: Mapping[str, bytes]) -> None:
        """Write these files of both directories of patches, `series` among them."""
        for side in ("quilt", "ours"):
            for name, content in files.items():
                path = self.root / side / "patches" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def run(self, *words: str, stdin: bytes = b"", status: int = 0, compared: bool = True) -> bytes:
        """Run a verb with both; all that it left must agree. Gives what ours printed.

        Without `compared`, for a documented difference, only the status must.
        """
        theirs = run_quilt(self.root / "quilt", words, stdin, self.environment)
        ours = run_ours(self.root / "ours", words, stdin, self.environment)
        told = f"{words}: {theirs.out!r} {theirs.err!r} / {ours.out!r} {ours.err!r}"
        assert theirs.status == status, told
        assert ours.status == status, told
        if words[0] in PRINTING and not {"-a", "-r", "-e"} & set(words):
            assert ours.out == theirs.out, told
        if compared:
            self.compare(told)
        return ours.out

    def compare(self, told: str = "") -> None:
        """Hold trees, patches and series against each other; an empty patch may be no file."""
        for part in ("tree", "patches"):
            found = [
                {
                    name: state
                    for name, state in snapshot(self.root / side / part).items()
                    if not state[0].startswith("d")  # quilt's pop leaves emptied directories
                    and (part == "tree" or (state[1] and not name.startswith(".")))
                }
                for side in ("quilt", "ours")
            ]
            assert differences(*found) == [], f"{told} {found}"

    def patch(self, name: str) -> bytes:
        """Give the text of a patch, the same on both sides."""
        return (self.root / "ours/patches" / name).read_bytes()

    def tree(self, name: str) -> Path:
        """Give a file of our tree."""
        return self.root / "ours/tree" / name


def begin(root: Path, files: Mapping[str, bytes], series: bytes | None = b"") -> Both:
    """Make both trees; a series of None is not there."""
    both = Both(root)
    both.write(files)
    for side in ("quilt", "ours"):
        (root / side / "patches").mkdir()
    if series is not None:
        both.save_patches({"series": series})
    return both


def run_quilt(
    root: Path, words: tuple[str, ...], stdin: bytes, more: Mapping[str, str] | None = None
) -> Ended:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "LC_ALL": "C",
        "QUILT_PATCHES": str(root / "patches"),
        "QUILT_SERIES": str(root / "patches/series"),
        "QUILT_DIFF_OPTS": "-p",
        "QUILT_REFRESH_ARGS": REFRESH,
        "QUILT_DIFF_ARGS": f"{REFRESH} --color=never",
        "QUILT_PAGER": "",
        **(more or {}),
    }
    return _run(["quilt", "--quiltrc", "-", *words], root / "tree", env, stdin)


def run_ours(
    root: Path, words: tuple[str, ...], stdin: bytes, more: Mapping[str, str] | None = None
) -> Ended:
    """Run in this process, which is what makes whole sessions affordable."""
    place = ["--tree", ".", "--patches", str(root / "patches")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root / "tree")
        for name, value in (more or {}).items():
            patch.setenv(name, value)
        streams = {name: io.TextIOWrapper(io.BytesIO()) for name in ("stdout", "stderr")}
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as left:
            main([words[0], *place, *words[1:]])
        said = []
        for stream in streams.values():
            stream.flush()
            said.append(stream.buffer.getvalue())  # type: ignore[attr-defined]
    assert isinstance(left.value.code, int)
    return Ended(left.value.code, *said)


def _run(command: list[str], cwd: Path, env: Mapping[str, str], stdin: bytes) -> Ended:
    done = subprocess.run(
        command, cwd=cwd, env=dict(env), input=stdin, capture_output=True, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def make_editor(path: Path, script: str) -> str:
    """Write a shell script that edits its arguments; give the command that runs it."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)
