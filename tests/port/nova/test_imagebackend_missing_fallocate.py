"""Checks of nova/imagebackend-missing-fallocate.patch: preallocation without its command."""

import logging

import pytest

pytestmark = pytest.mark.patch("nova/imagebackend-missing-fallocate.patch")

MIB = 1024**2


@pytest.fixture
def spawn_disk(option, command, tmp_path, monkeypatch):
    """Make an empty disk with preallocation, as a spawn does: spawn_disk(name)."""
    from nova.virt.libvirt import imagebackend

    option(None, "instances_path", str(tmp_path))
    option(None, "preallocate_images", "space")
    monkeypatch.delattr(imagebackend.Flat, "can_fallocate", raising=False)
    command("env", 'exec /usr/bin/env "$@"')
    command("qemu-img", """echo '{"virtual-size": %d, "format": "raw"}'""" % MIB)
    monkeypatch.setenv("PATH", str(tmp_path / "commands"))
    guest = tmp_path / "guest"
    guest.mkdir()

    def make(name):
        def fetch(target):
            with open(target, "wb") as disk:
                disk.truncate(MIB)

        image = imagebackend.Flat(path=str(guest / name))
        image.cache(fetch, "template of " + name, size=MIB)
        return guest / name

    yield make
    if "can_fallocate" in vars(imagebackend.Flat):
        del imagebackend.Flat.can_fallocate


@pytest.mark.on_freebsd
def test_without_fallocate_the_disk_is_made_and_a_warning_is_logged_once(spawn_disk, caplog):
    with caplog.at_level(logging.WARNING):
        for name in ("disk", "disk.eph0"):
            assert spawn_disk(name).stat().st_size == MIB
    assert caplog.text.count("Unable to preallocate image") == 1
    assert not list(spawn_disk("disk.swap").parent.glob("*.fallocate_test"))


def test_a_fallocate_that_cannot_be_run_is_an_error_that_is_not_remembered(spawn_disk, command):
    program = command("fallocate", "exit 0")
    program.chmod(0o644)
    with pytest.raises(PermissionError):
        spawn_disk("disk")
    program.chmod(0o755)
    assert spawn_disk("disk.eph0").stat().st_size == MIB


def test_with_fallocate_the_space_is_reserved(spawn_disk, command, tmp_path):
    log = tmp_path / "log"
    command("fallocate", 'printf "%s\\n" "$*" >>"{}"'.format(log))
    disk = spawn_disk("disk")
    assert log.read_text().splitlines() == [
        "-l 1 {}.fallocate_test".format(disk),
        "-n -l {} {}".format(MIB, disk),
    ]


@pytest.mark.on_linux
def test_a_fallocate_that_fails_is_tolerated_as_before(spawn_disk, command, caplog):
    command("fallocate", "echo not supported >&2; exit 1")
    with caplog.at_level(logging.WARNING):
        assert spawn_disk("disk").stat().st_size == MIB
    assert caplog.text.count("Unable to preallocate image") == 1
