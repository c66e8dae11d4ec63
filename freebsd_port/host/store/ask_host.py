"""Asking this machine: commands that change nothing, files, and who listens."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from freebsd_port.engine.core.progress import counting
from freebsd_port.errors import system_words
from freebsd_port.host.core.recording import Questions, Ran, Recording
from freebsd_port.host.store.files import below

COMMAND_SECONDS = 20
CONNECT_SECONDS = 3
_MOST_BYTES = 64 * 1024
_PATH = "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


def ask_host(questions: Questions, root: Path, progress: Callable[[str], None]) -> Recording:
    """Ask everything, several things at a time; a command is ended after 20 seconds.

    Files are looked for below `root`.
    Nothing needs root: what this user may not do is an answer too.
    """
    progress(f"asking {len(questions.commands)} commands and {len(questions.addresses)} peers")
    with counting(progress, "asking the host"), ThreadPoolExecutor(max_workers=8) as pool:
        ran = list(pool.map(_run, questions.commands))
        refusals = list(pool.map(_connect, questions.addresses))
    return Recording(
        {w: one for w, one in zip(questions.commands, ran, strict=True) if one is not None},
        {path: text for path in questions.files if (text := _read(below(root, path))) is not None},
        dict(zip(questions.addresses, refusals, strict=True)),
    )


def _run(words: tuple[str, ...]) -> Ran | None:
    path = os.environ.get("PATH", "")
    env = {**os.environ, "PATH": f"{path}:{_PATH}" if path else _PATH, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            words,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Ran(124, f"no answer in {COMMAND_SECONDS} seconds")
    except OSError:
        return None
    return Ran(done.returncode, done.stdout[:_MOST_BYTES].decode("utf-8", "replace").strip())


def _read(path: Path) -> str | None:
    """Give a short text, nothing for what is there but no short text, None if it is not there."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return "" if path.exists() else None
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return "" if path.exists() else None


def _connect(address: tuple[str, int]) -> str:
    try:
        with socket.create_connection(address, timeout=CONNECT_SECONDS):
            return ""
    except TimeoutError:
        return f"no answer in {CONNECT_SECONDS} seconds"
    except OSError as error:
        return system_words(error)
