"""What a host says of itself, read from its commands."""

from __future__ import annotations

import pytest
from made_answers import answer

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.recording import Ran, Recording
from freebsd_port.host.core.verify import Truth, questions, read_truth

ANSWERS = Answers()
DF = ("df", "-kP", "/var/db/nova/instances")
HEAD = "Filesystem 1024-blocks Used Avail Capacity Mounted on"


def host(**told: str) -> Recording:
    words = {"name": ("hostname",), "cpus": ("sysctl", "-n", "hw.ncpu"),
             "memory": ("sysctl", "-n", "hw.physmem"), "disk": DF}  # fmt: skip
    return Recording({words[key]: Ran(0, text) for key, text in told.items()})


def test_the_numbers_of_a_host_are_read_from_what_it_printed() -> None:
    told = host(
        name="b1", cpus="8", memory="17179869184", disk=f"{HEAD}\nzroot 2097152 9 9 1% /var"
    )
    assert read_truth(told, ANSWERS) == Truth("b1", 8, 17179869184, 2 << 30)
    assert set(told.commands) == set(questions(ANSWERS).commands)


def test_what_was_not_told_is_none() -> None:
    assert read_truth(Recording(), ANSWERS) == Truth(None, None, None, None)
    failed = Recording({("hostname",): Ran(1, "no"), DF: Ran(1, "df: no such file")})
    assert read_truth(failed, ANSWERS) == Truth(None, None, None, None)


@pytest.mark.parametrize("row", [
    "a name with blanks 1024 9 9 1% /var",
    "zroot/nova 1024 9 9 1% /var",
])  # fmt: skip
def test_the_size_of_a_disk_is_counted_from_the_end_of_the_line(row: str) -> None:
    assert read_truth(host(disk=f"{HEAD}\n{row}"), ANSWERS).disk_bytes == 1 << 20


@pytest.mark.parametrize("text", ["", HEAD, f"{HEAD}\nshort 9", f"{HEAD}\nz - - - - /var"])
def test_what_is_no_table_of_df_tells_nothing(text: str) -> None:
    assert read_truth(host(disk=text), ANSWERS).disk_bytes is None


def test_with_volumes_the_size_is_that_of_their_dataset() -> None:
    answers = answer(disks={"dataset": "zroot/nova"})
    words = ("zfs", "get", "-Hp", "-o", "value", "used,available", "zroot/nova")
    assert words in questions(answers).commands
    told = Recording({words: Ran(0, "1024\n2048")})
    assert read_truth(told, answers).disk_bytes == 3072
