"""The command as a process on a terminal of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

COMMAND = [sys.executable, "-m", "freebsd_port"]


def on_terminal(words: list[str], *, module: bool = True, **environment: str) -> str:
    """Run on a terminal of its own; what it shows, errors included.

    With `module` False the words are those of the interpreter.
    """
    leader, follower = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **environment}
    process = subprocess.Popen(
        [*(COMMAND if module else COMMAND[:1]), *words],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=env,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # Linux: the other side is closed
            part = b""
        if not part:
            break
        shown += part
    os.close(leader)
    process.wait()
    return shown.decode().replace("\r\n", "\n")
