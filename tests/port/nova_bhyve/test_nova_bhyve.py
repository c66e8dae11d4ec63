"""nova-bhyve keeps secrets out of its log, and its root helper starts bhyve and nothing else."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

SECRETS = pytest.mark.patch("nova-bhyve/nova-bhyve-no-secrets-in-log.patch")
TRAITS = pytest.mark.patch("nova-bhyve/nova-bhyve-image-traits.patch")
PRIVSEP = pytest.mark.patch("nova-bhyve/nova-bhyve-privsep-argv.patch")

NAME = "12345678-1234-1234-1234-123456789abc"
ROM = "/usr/local/share/edk2-bhyve/BHYVE_UEFI_CODE.fd"


@SECRETS
@pytest.mark.parametrize(
    "secret",
    [
        "hunter2",
        b"hunter2",
        {"auth_password": "hunter2"},
        [{"data": {"auth_password": "hunter2"}}],
        ("hunter2", ["hunter2"]),
        SimpleNamespace(password="hunter2"),
    ],
)
def test_no_argument_shows_its_text_in_the_log(secret):
    from nova_bhyve import driver

    assert "hunter2" not in driver.describe(secret)


@SECRETS
def test_a_call_is_logged_with_what_it_is_about(caplog):
    from nova_bhyve import driver

    @driver.log_call
    def spawn(self, instance, admin_password, power_on=True):
        return "done"

    with caplog.at_level("INFO"):
        spawn(None, SimpleNamespace(uuid=NAME), "hunter2", power_on=False)

    assert f"spawn(SimpleNamespace<{NAME}>, str, power_on=False)" in caplog.text


@TRAITS
def test_the_host_says_that_it_takes_qcow2_images():
    from nova_bhyve import driver, images

    for name in images.SUPPORTED_FORMATS:
        assert driver.BhyveDriver.capabilities["supports_image_type_" + name]


@pytest.fixture
def privsep(monkeypatch, tmp_path):
    """The privileged module, running as itself, over a directory of its own for root."""
    from nova.virt.bhyve import privsep
    from nova_bhyve import conf

    conf.CONF.set_override("zfs_dataset", "zroot/nova", "bhyve")
    monkeypatch.setattr(privsep, "RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setattr(privsep, "iscsi_disks", lambda: {"da7"})
    privsep.nova.privsep.sys_admin_pctxt.set_client_mode(False)
    yield privsep
    privsep.nova.privsep.sys_admin_pctxt.set_client_mode(True)
    conf.CONF.clear_override("zfs_dataset", "bhyve")


@pytest.fixture
def state(tmp_path):
    """An instance's directory, which belongs to nova."""
    directory = tmp_path / NAME
    directory.mkdir()
    (directory / "nvram.fd").write_bytes(b"vars")
    (directory / "config.iso").write_bytes(b"iso")
    return directory


def command(state, *more):
    """The command line that the driver makes, and more options before the name."""
    return [
        "/usr/sbin/bhyve", "-c", "2", "-m", "1024", "-u", "-H", "-P",
        "-s", "0:0,hostbridge", "-l", f"bootrom,{ROM},{state}/nvram.fd", "-s", "1:0,lpc",
        "-s", f"2:0,ahci,cd:{state}/config.iso",
        "-s", "3:0,virtio-blk,/dev/zvol/zroot/nova/instances/" + NAME,
        "-s", "4:0,virtio-blk,/dev/da7",
        "-s", "5:0,virtio-net,tapdeadbeef-00,mac=fa:16:3e:00:00:01",
        "-s", "29:0,fbuf,tcp=0.0.0.0:5900", "-s", "30:0,xhci,tablet", "-l", "com1,stdio", "-w",
        *more, NAME,
    ]  # fmt: skip


@PRIVSEP
def test_the_drivers_own_command_line_is_taken(privsep, state):
    privsep.check_argv(command(state), str(state), NAME)


@PRIVSEP
def test_what_the_driver_builds_is_what_the_helper_takes(privsep, state, monkeypatch):
    from nova_bhyve import conf, machine
    from nova_bhyve.machine import direct

    conf.CONF.set_override("instances_path", str(state.parent))
    disk = machine.DiskSpec("/dev/zvol/zroot/nova/instances/" + NAME + ".eph0", "vdb")
    spec = machine.MachineSpec(
        uuid=NAME,
        title="guest",
        vcpus=2,
        mem_mib=1024,
        root_dev="/dev/zvol/zroot/nova/instances/" + NAME,
        iso_path=str(state / "config.iso"),
        local_disks=(disk,),
        nics=(machine.NicSpec("tapdeadbeef-00", "pb1", "fa:16:3e:00:00:01"),),
        vnc_port=5900,
    )
    try:
        argv = direct.DirectMachine()._build_argv(spec)
    finally:
        conf.CONF.clear_override("instances_path")

    privsep.check_argv(argv, str(state), NAME)


@PRIVSEP
@pytest.mark.parametrize(
    "more",
    [
        ["-S"],
        ["-s", "6:0,passthru,0/0/0"],
        ["-s", "6:0,virtio-9p,root=/"],
        ["-s", "6:0,virtio-blk,/etc/master.passwd"],
        ["-s", "6:0,virtio-blk,/dev/ada0"],
        ["-s", "6:0,virtio-blk,/dev/da0"],
        ["-s", "6:0,virtio-blk,/dev/zvol/../ada0"],
        ["-s", "6:0,virtio-net,em0,mac=fa:16:3e:00:00:01"],
        ["-s", "6:0,ahci,cd:/etc/master.passwd"],
        ["-s", "6:0,fbuf,tcp=0.0.0.0:5900,rom=/etc/x"],
        ["-l", "com1,/dev/mem"],
        ["-l", "bootrom,/etc/master.passwd"],
        ["-o", "console=/dev/mem"],
        ["-k", "/etc/x"],
        ["-c"],
    ],
)
def test_what_the_driver_does_not_ask_for_is_refused(privsep, state, more):
    with pytest.raises((ValueError, FileNotFoundError)):
        privsep.check_argv(command(state, *more), str(state), NAME)


@PRIVSEP
@pytest.mark.parametrize("argv", [["/bin/sh", "-c", "id"], [], ["/usr/sbin/bhyve", "other"]])
def test_only_bhyve_for_this_guest_is_started(privsep, state, argv, monkeypatch):
    monkeypatch.setattr(privsep.subprocess, "run", None)

    with pytest.raises(ValueError, match="refusing"):
        privsep.start_domain(str(state), NAME, argv)


@PRIVSEP
@pytest.mark.parametrize("file", ["nvram.fd", "config.iso"])
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_in_place_of_a_guests_file_is_refused(privsep, state, tmp_path, file, link):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (state / file).unlink()
    link(secret, state / file)

    with pytest.raises(ValueError, match="not a plain file"):
        privsep.check_argv(command(state), str(state), NAME)


@PRIVSEP
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_the_console_log_goes_through_no_link(privsep, state, tmp_path, link):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    link(precious, state / "console.log")

    with pytest.raises((OSError, ValueError)), privsep.console_log(str(state)) as log:
        os.write(log, b"from the guest")

    assert precious.read_text() == "precious"


@PRIVSEP
def test_a_linked_instance_directory_gets_no_log(privsep, state, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(state)

    with pytest.raises(OSError, match="elsewhere"), privsep.console_log(str(elsewhere)):
        pass

    assert not (state / "console.log").exists()


@PRIVSEP
def test_a_guest_starts_with_its_log_and_its_pid_files_where_only_root_writes(
    privsep, state, monkeypatch
):
    seen = {}

    def run(argv, **more):
        seen.update(more, argv=argv)
        os.write(more["stdout"], b"booting\n")

    monkeypatch.setattr(privsep.subprocess, "run", run)

    privsep.start_domain(str(state), NAME, command(state))

    assert (state / "console.log").read_text() == "booting\n"
    assert (seen["stdin"], seen["check"]) == (subprocess.DEVNULL, True)
    argv = seen["argv"]
    run_dir = Path(privsep.RUN_DIR) / NAME
    assert argv[:3] == ["/usr/sbin/daemon", "-p", str(run_dir / "supervisor.pid")]
    assert argv[argv.index("--state-dir") + 1] == str(run_dir)
    assert argv[-len(command(state)) :] == command(state)


@PRIVSEP
def test_a_pid_that_nova_wrote_is_not_signalled(privsep, state, monkeypatch):
    (state / "supervisor.pid").write_text("1")
    killed = []
    monkeypatch.setattr(privsep.os, "kill", lambda pid, signal: killed.append(pid))

    assert privsep.stop_domain(NAME) is False
    assert killed == []


@PRIVSEP
def test_what_root_keeps_of_a_guest_goes_with_it(privsep):
    run_dir = Path(privsep.RUN_DIR) / NAME
    run_dir.mkdir(parents=True)
    (run_dir / "exit.status").write_text("poweroff")

    privsep.forget_domain(NAME)

    assert not run_dir.exists()
