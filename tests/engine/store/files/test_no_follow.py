from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from freebsd_port.engine.core.apply.overlay import STATE_FILE
from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.store.files.tree import open_itself

ROOT = Path(__file__).resolve().parents[4]
ON_FREEBSD = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from freebsd_port.in_target.emulation import activate, load_profile
if sys.platform == "linux":
    activate(load_profile("freebsd-13.1"), "Python level")
from freebsd_port.host.store.console.log import ConsoleLog
from freebsd_port.engine.store.overlay.state import load_state

def said(call, *words):
    try:
        call(*words)
    except Exception as error:
        return str(error)

here = Path({here!r})
print(json.dumps([
    said(os.open, here / "i/console.log", os.O_RDONLY | os.O_NOFOLLOW).partition("]")[2],
    said(ConsoleLog, here / "i", 100, 3).partition("]")[2],
    said(load_state, here),
]))
"""


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDONLY | os.O_DIRECTORY, os.O_WRONLY])
@pytest.mark.parametrize("target", ["file", "directory", "nothing"])
def test_a_link_is_said_to_be_one_whatever_it_leads_to(
    tmp_path: Path, flags: int, target: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to(target)
    here = os.open(tmp_path, os.O_RDONLY)
    for path, dir_fd in ((tmp_path / "link", None), ("link", here)):
        with pytest.raises(OSError, match="it is a symbolic link") as caught:
            open_itself(path, flags, dir_fd=dir_fd)
        assert (caught.value.errno, caught.value.filename) == (errno.ELOOP, str(path))
    os.close(here)


def test_what_is_no_link_fails_in_the_words_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"read")
    file = open_itself(tmp_path / "file", os.O_RDONLY)
    assert os.read(file, 10) == b"read"
    os.close(file)
    with pytest.raises(FileNotFoundError):
        open_itself(tmp_path / "nothing", os.O_RDONLY)
    with pytest.raises(NotADirectoryError):
        open_itself(tmp_path / "file", os.O_RDONLY | os.O_DIRECTORY)


def test_the_too_many_links_of_freebsd_is_a_symbolic_link_to_whoever_reads_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "i").mkdir()
    (tmp_path / "i/console.log").symlink_to("/etc/passwd")
    (tmp_path / STATE_DIRECTORY).mkdir()
    (tmp_path / STATE_FILE).symlink_to("/etc/passwd")
    script = ON_FREEBSD.format(root=str(ROOT), here=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    by_system, by_log, by_state = json.loads(done.stdout)
    assert by_system.startswith(" Too many links: ")
    assert by_log == " it is a symbolic link: 'console.log'"
    assert by_state.startswith("the overlay's state cannot be read: it is a symbolic link")
