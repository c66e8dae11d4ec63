from __future__ import annotations

import os
from pathlib import Path

import pytest

from freebsd_port.host.store.console.log import ConsoleLog


def nova_reads(path: Path, wanted: int) -> bytes:
    """Read as nova's get_console_output does: the log, then .0, .1 and so on before it."""
    data, number, current = b"", 0, path
    while wanted > 0 and current.exists():
        part = current.read_bytes()[-wanted:]
        data, wanted = part + data, wanted - len(part)
        current = Path(f"{path}.{number}")
        number += 1
    return data


def test_a_log_is_continued_where_an_earlier_bridge_left_it(tmp_path: Path) -> None:
    for words in (b"before ", b"after"):
        log = ConsoleLog(tmp_path, 1000, 3)
        log.write(words)
        log.close()
    assert (tmp_path / "console.log").read_bytes() == b"before after"


def test_rotated_logs_are_read_by_nova_in_one_piece(tmp_path: Path) -> None:
    log = ConsoleLog(tmp_path, 100, 3)
    printed = b"".join(b"line %04d\n" % number for number in range(38))
    for start in range(0, len(printed), 10):
        log.write(printed[start : start + 10])
    log.close()
    assert sorted(os.listdir(tmp_path)) == [
        *("console.log", "console.log.0", "console.log.1", "console.log.2")
    ]
    assert nova_reads(tmp_path / "console.log", 10_000) == printed
    assert nova_reads(tmp_path / "console.log", 150) == printed[-150:]


def test_no_more_old_logs_are_kept_than_allowed(tmp_path: Path) -> None:
    log = ConsoleLog(tmp_path, 10, 2)
    for number in range(9):
        log.write(b"line %04d\n" % number)
    log.close()
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert kept == {
        "console.log": b"line 0008\n",
        "console.log.0": b"line 0007\n",
        "console.log.1": b"line 0006\n",
    }


@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "pipe"])
def test_a_log_that_leads_elsewhere_is_not_written_through(tmp_path: Path, kind: str) -> None:
    other, directory = tmp_path / "other", tmp_path / "instance"
    other.write_bytes(b"kept")
    directory.mkdir()
    if kind == "symbolic link":
        (directory / "console.log").symlink_to(other)
    elif kind == "hard link":
        os.link(other, directory / "console.log")
    else:
        os.mkfifo(directory / "console.log")
    with pytest.raises(OSError, match=r"it is (a symbolic link|no file of its own): 'console.log'"):
        ConsoleLog(directory, 100, 3)
    assert other.read_bytes() == b"kept"


def test_a_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "instance").symlink_to(tmp_path / "there")
    with pytest.raises(OSError, match="it is a symbolic link"):
        ConsoleLog(tmp_path / "instance", 100, 3)


def test_a_log_on_a_full_disk_counts_what_it_lost(tmp_path: Path) -> None:
    log = ConsoleLog(tmp_path, 1000, 3)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._file)
    os.close(full)
    log.write(b"lost")
    assert log.lost_bytes == 4
    log.close()


def test_the_log_is_for_its_owner_and_group_only(tmp_path: Path) -> None:
    ConsoleLog(tmp_path, 1000, 3).close()
    assert (tmp_path / "console.log").stat().st_mode & 0o007 == 0
