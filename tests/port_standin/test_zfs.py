"""The stand-in for zfs(8) and the real one, where there is one, answer the same words alike."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from zfs_pool import ZfsPool

GIB = 1 << 30
MIB = 1 << 20

Zfs = Callable[..., tuple[int, str]]
"""Runs zfs(8) on the data set SET; gives its status, and what it printed, SET for its name."""


def why_no_pool() -> str | None:
    """Why no pool of the real OpenZFS can be made here."""
    if not os.path.exists("/dev/zfs"):
        return "no /dev/zfs: the module of OpenZFS is not loaded"
    if shutil.which("zpool") is None or shutil.which("zfs") is None:
        return "no zfs(8) and zpool(8)"
    return None if os.geteuid() == 0 else "only root makes a pool"


@pytest.fixture(params=["stand-in", "real"])
def zfs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Zfs]:
    """zfs(8) on a pool of a GiB."""
    environment = dict(os.environ, LC_ALL="C")
    if request.param == "stand-in":
        pool = ZfsPool(tmp_path / "pool", size=GIB)
        program, name = ["sh", "-c", pool.script, "zfs"], "zroot/nova"
        yield _runner(program, name, environment)
        return
    why = why_no_pool()
    if why:
        pytest.skip(why)
    disk = tmp_path / "disk"
    with disk.open("wb") as content:
        content.truncate(GIB)
    pool_name = f"fp{os.getpid()}"
    subprocess.run(["zpool", "create", "-m", "none", pool_name, str(disk)], check=True)
    try:
        subprocess.run(["zfs", "create", "-o", "mountpoint=none", f"{pool_name}/nova"], check=True)
        yield _runner(["zfs"], f"{pool_name}/nova", environment)
    finally:
        subprocess.run(["zpool", "destroy", "-f", pool_name], check=True)


def _runner(program: list[str], name: str, environment: dict[str, str]) -> Zfs:
    pool = name.partition("/")[0]

    def run(*words: str) -> tuple[int, str]:
        words = tuple(word.replace("SET", name) for word in words)
        ran = subprocess.run(
            [*program, *words], env=environment, capture_output=True, text=True, check=False
        )
        said = (ran.stdout + ran.stderr).strip()
        return ran.returncode, said.replace(name, "SET").replace(f"'{pool}'", "'POOL'")

    return run


def make(zfs: Zfs, *commands: str) -> None:
    """Run commands that succeed and say nothing."""
    for command in commands:
        assert zfs(*command.split()) == (0, ""), command


def test_a_volume_has_the_properties_that_it_was_made_with(zfs: Zfs) -> None:
    make(zfs, f"create -s -V {MIB} SET/a", f"create -V {16 * MIB} SET/b")
    wanted = "type,volsize,origin,clones,volmode,snapdev"
    assert zfs("get", "-Hp", "-o", "value", wanted, "SET/a") == (
        0,
        f"volume\n{MIB}\n-\n-\ndefault\nhidden",
    )
    assert zfs("get", "-Hp", "-o", "value", "refreservation", "SET/a") == (0, "0")
    status, reserved = zfs("get", "-Hp", "-o", "value", "refreservation", "SET/b")
    assert status == 0
    assert 16 * MIB < int(reserved) < 20 * MIB


def test_names_are_listed_to_their_depth(zfs: Zfs) -> None:
    make(zfs, f"create -s -V {MIB} SET/a", "snapshot SET/a@x", "clone SET/a@x SET/b")
    listed = ("list", "-H", "-o", "name", "-t", "volume,snapshot", "-d")
    assert zfs(*listed, "1", "SET") == (0, "SET/a\nSET/b")
    assert zfs(*listed, "2", "SET") == (0, "SET/a\nSET/a@x\nSET/b")
    assert zfs("get", "-Hp", "-o", "value", "clones", "SET/a@x") == (0, "SET/b")
    assert zfs("get", "-Hp", "-o", "value", "origin", "SET/b") == (0, "SET/a@x")


def test_a_snapshot_has_the_user_properties_of_its_volume(zfs: Zfs) -> None:
    make(zfs, f"create -s -V {MIB} SET/a", "snapshot SET/a@x", "set org.openstack.nova:t=1 SET/a")
    assert zfs("get", "-Hp", "-o", "value", "org.openstack.nova:t,org:no", "SET/a@x") == (0, "1\n-")


def test_a_rollback_gives_the_size_back(zfs: Zfs) -> None:
    make(zfs, f"create -s -V {MIB} SET/a", "snapshot SET/a@x", f"set volsize={2 * MIB} SET/a")
    make(zfs, "snapshot SET/a@y", "rollback -r SET/a@x")
    assert zfs("get", "-Hp", "-o", "value", "volsize", "SET/a") == (0, str(MIB))
    assert zfs("list", "-H", "-o", "name", "-t", "snapshot", "-d", "1", "SET/a") == (0, "SET/a@x")


def test_a_reserved_volume_reserves_its_new_size(zfs: Zfs) -> None:
    make(zfs, f"create -V {MIB} SET/a", f"set volsize={32 * MIB} SET/a")
    _, reserved = zfs("get", "-Hp", "-o", "value", "refreservation", "SET/a")
    assert int(reserved) > 32 * MIB
    make(zfs, "snapshot SET/a@x", "clone -o refreservation=auto SET/a@x SET/b")
    assert zfs("get", "-Hp", "-o", "value", "refreservation", "SET/b") == (0, reserved)


REFUSED = {
    "open what is not there": ("get -Hp -o value volsize SET/no", "cannot open 'SET/no': "
                               "dataset does not exist"),
    "create it twice": (f"create -s -V {MIB} SET/a", "cannot create 'SET/a': "
                        "dataset already exists"),
    "create it below a volume": (f"create -s -V {MIB} SET/a/b", "cannot create 'SET/a/b': "
                                 "parent is not a filesystem"),
    "create it below nothing": (f"create -s -V {MIB} SET/no/b", "cannot create 'SET/no/b': "
                                "parent does not exist"),
    "create nothing": ("create -s -V 0 SET/b", "cannot create 'SET/b': volume size cannot be zero"),
    "reserve too much": (f"create -V {4 * GIB} SET/b", "cannot create 'SET/b': out of space"),
    "snapshot it twice": ("snapshot SET/a@x", "cannot create snapshot 'SET/a@x': "
                          "dataset already exists"),
    "clone onto what is there": ("clone SET/a@x SET/a", "cannot create 'SET/a': "
                                 "dataset already exists"),
    "clone what is not there": ("clone SET/a@no SET/b", "cannot open 'SET/a@no': "
                                "dataset does not exist"),
    "destroy a snapshot that is not there": ("destroy SET/a@no", "could not find any snapshots to "
                                             "destroy; check snapshot names."),
    "destroy what is not there": ("destroy -r SET/no", "cannot open 'SET/no': "
                                  "dataset does not exist"),
    "destroy what has snapshots": ("destroy SET/a", "cannot destroy 'SET/a': volume has children\n"
                                   "use '-r' to destroy the following datasets:\nSET/a@x"),
    "destroy what has clones": ("destroy -r SET/a", "cannot destroy 'SET/a': volume has dependent "
                                "clones\nuse '-R' to destroy the following datasets:\nSET/c"),
    "set an odd size": ("set volsize=1000 SET/a", "cannot set property for 'SET/a': 'volsize' must "
                        "be a multiple of volume block size (16K)"),
    "set no size": ("set volsize=0 SET/a", "cannot set property for 'SET/a': 'volsize' cannot be "
                    "zero"),
    "set what is only read": ("set used=1 SET/a", "cannot set property for 'SET/a': 'used' is "
                              "readonly"),
    "set what is unknown": ("set nosuch=1 SET/a", "cannot set property for 'SET/a': "
                            "invalid property 'nosuch'"),
    "roll back to what is not there": ("rollback SET/a@no", "cannot open 'SET/a@no': "
                                       "dataset does not exist"),
    "reserve more than there is": (f"set refreservation={4 * GIB} SET/a", "cannot set property for "
                                   "'SET/a': size is greater than available space"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_real_one_refuses_is_refused_in_its_words(what: str, zfs: Zfs) -> None:
    make(zfs, f"create -s -V {MIB} SET/a", "snapshot SET/a@x", "clone SET/a@x SET/c")
    command, message = REFUSED[what]
    assert zfs(*command.split()) == (1, message)


def test_an_unknown_property_is_a_usage_error(zfs: Zfs) -> None:
    status, said = zfs("get", "-Hp", "-o", "value", "nosuch", "SET")
    assert (status, said.splitlines()[0]) == (2, "bad property list: invalid property 'nosuch'")


def test_a_younger_snapshot_keeps_from_rolling_back(zfs: Zfs) -> None:
    make(zfs, f"create -s -V {MIB} SET/a", "snapshot SET/a@x", "snapshot SET/a@y")
    assert zfs("rollback", "SET/a@x") == (
        1,
        "cannot rollback to 'SET/a@x': more recent snapshots or bookmarks exist\n"
        "use '-r' to force deletion of the following snapshots and bookmarks:\nSET/a@y",
    )


def test_what_was_not_delegated_is_refused_and_devices_follow_their_properties(
    tmp_path: Path,
) -> None:
    pool = ZfsPool(tmp_path / "pool")
    pool.run("create", "-s", "-V", str(MIB), "zroot/nova/a")
    pool.run("snapshot", "zroot/nova/a@x")
    devices = Path(pool.devices, "zroot/nova")
    assert sorted(path.name for path in devices.iterdir()) == ["a"]
    pool.run("set", "snapdev=visible", "zroot/nova/a")
    assert sorted(path.name for path in devices.iterdir()) == ["a", "a@x"]
    pool.change(allow=["create", "mount"])
    with pytest.raises(AssertionError, match="permission denied"):
        pool.run("snapshot", "zroot/nova/a@y")
    pool.change(allow=None, busy=["zroot/nova/a"])
    with pytest.raises(AssertionError, match="dataset is busy"):
        pool.run("destroy", "-r", "zroot/nova/a")
    assert pool.names() == ["zroot/nova/a", "zroot/nova/a@x"]


def test_a_snapshot_keeps_what_a_volume_had(tmp_path: Path) -> None:
    pool = ZfsPool(tmp_path / "pool")
    pool.run("create", "-s", "-V", str(64 * MIB), "zroot/nova/a")
    with pool.content("zroot/nova/a").open("r+b") as disk:
        disk.seek(40 * MIB)
        disk.write(b"before")
    pool.run("snapshot", "zroot/nova/a@x")
    with pool.content("zroot/nova/a").open("r+b") as disk:
        disk.write(b"after")
    pool.run("clone", "zroot/nova/a@x", "zroot/nova/b")
    copy = pool.content("zroot/nova/b")
    assert (copy.stat().st_size, copy.stat().st_blocks * 512 < MIB) == (64 * MIB, True)
    data = copy.read_bytes()
    assert (data[:5], data[40 * MIB : 40 * MIB + 6]) == (bytes(5), b"before")
