"""Checks of nova/disk-extend-missing-e2fs.patch: a raw image grows with and without e2fsprogs."""

import os

import pytest

pytestmark = pytest.mark.patch("nova/disk-extend-missing-e2fs.patch")

MIB = 1024**2
E2FSPROGS = ("e2label", "e2fsck", "resize2fs")

# What nova asks of qemu-img here: `info`, and `resize [-f raw] PATH SIZE`.
QEMU_IMG = """PATH=/bin:/usr/bin
case $1 in
info) printf '{"virtual-size": %d, "format": "raw"}' $(wc -c <"$2") ;;
resize) test "$2" = -f && shift 2; dd if=/dev/null of="$2" bs=1 seek="$3" 2>/dev/null ;;
esac"""


@pytest.fixture
def disk(tmp_path):
    """A raw image of one MiB."""
    path = tmp_path / "disk"
    path.write_bytes(bytes(MIB))
    return path


@pytest.fixture
def programs(command, tmp_path, monkeypatch):
    """Have only qemu-img and these of e2fsprogs: programs(name=exit_status); returns the log."""
    log = tmp_path / "log"
    log.write_text("")
    command("env", 'exec /usr/bin/env "$@"')
    directory = command("qemu-img", QEMU_IMG).parent
    monkeypatch.setenv("PATH", str(directory))

    def install(**statuses):
        for name, status in statuses.items():
            command(name, 'echo {} >>"{}"; exit {}'.format(name, log, status))
        return lambda: log.read_text().split()

    return install


def extend(path, size):
    from nova.virt.disk import api
    from nova.virt.image import model

    api.extend(model.LocalFileImage(str(path), model.FORMAT_RAW), size)


@pytest.mark.on_freebsd
@pytest.mark.parametrize("there", [(), ("e2label",), ("e2label", "e2fsck")])
def test_the_image_grows_although_commands_are_missing(there, programs, disk):
    ran = programs(**dict.fromkeys(there, 0))
    extend(disk, 8 * MIB)
    assert os.stat(str(disk)).st_size == 8 * MIB
    assert ran() == list(there)


@pytest.mark.on_freebsd
def test_without_e2label_nothing_else_is_tried(programs, disk):
    ran = programs(e2fsck=0, resize2fs=0)
    extend(disk, 8 * MIB)
    assert ran() == []


@pytest.mark.parametrize("name", E2FSPROGS)
def test_a_command_that_is_there_and_cannot_be_run_is_an_error(name, programs, disk, command):
    programs(**dict.fromkeys(E2FSPROGS, 0))
    command(name, "").chmod(0o644)
    with pytest.raises(PermissionError):
        extend(disk, 8 * MIB)


@pytest.mark.on_freebsd
def test_an_image_that_cannot_be_resized_is_still_an_error(programs, disk, command):
    from oslo_concurrency import processutils

    programs()
    command("qemu-img", QEMU_IMG.replace("resize)", "resize) exit 1;"))
    with pytest.raises(processutils.ProcessExecutionError):
        extend(disk, 8 * MIB)


def test_a_file_system_is_grown_where_e2fsprogs_is_installed(programs, disk):
    ran = programs(**dict.fromkeys(E2FSPROGS, 0))
    extend(disk, 8 * MIB)
    assert os.stat(str(disk)).st_size == 8 * MIB
    assert ran() == list(E2FSPROGS)


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({"e2label": 1, "e2fsck": 0, "resize2fs": 0}, ["e2label"]),
        ({"e2label": 0, "e2fsck": 4, "resize2fs": 0}, ["e2label", "e2fsck"]),
        ({"e2label": 0, "e2fsck": 0, "resize2fs": 1}, ["e2label", "e2fsck", "resize2fs"]),
    ],
)
def test_a_command_that_fails_is_tolerated_as_before(statuses, expected, programs, disk):
    ran = programs(**statuses)
    extend(disk, 8 * MIB)
    assert os.stat(str(disk)).st_size == 8 * MIB
    assert ran() == expected
