"""The doctor's judgement of recorded hosts; the recordings are made by hand, of FreeBSD 14.3."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_answers import answer

from freebsd_port.errors import UsageError
from freebsd_port.host.core import verify as truth
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis
from freebsd_port.host.core.doctor.building import Compiled
from freebsd_port.host.core.doctor.examine import all_questions, examine
from freebsd_port.host.core.recording import Ran, Recording, parse_recording, render_recording

HOSTS = Path(__file__).parents[2] / "data" / "hosts"
ANSWERS = Answers()
PYTHON = f"{ANSWERS.nova.environment}/bin/python"
DATABASE = ("127.0.0.1", 3306)
COMPILED = Compiled(
    "2026.2",
    ("3.11", "3.12"),
    {
        "bcrypt": "5.0.0",
        "cffi": "2.1.1",
        "lxml": "6.1.1",
        "numpy": "2.4.6",
        "pyyaml": "6.0.3",
        "markupsafe": "3.0.3",
    },
)
SUDO = ("/usr/local/bin/sudo", "-n", "-l", "-U", "nova")


def load(name: str) -> Recording:
    return parse_recording((HOSTS / f"{name}.json").read_bytes(), name)


def with_commands(host: Recording, *changed: tuple[tuple[str, ...], Ran | None]) -> Recording:
    commands = {**host.commands, **{words: ran for words, ran in changed if ran is not None}}
    for words, ran in changed:
        if ran is None:
            commands.pop(words, None)
    return replace(host, commands=commands)


def with_files(host: Recording, without: str = "", **texts: str) -> Recording:
    files = {path: text for path, text in host.files.items() if path != without}
    return replace(host, files={**files, **texts})


def diagnose(
    host: Recording, answers: Answers = ANSWERS, compiled: Compiled = COMPILED
) -> tuple[Diagnosis, ...]:
    return examine(host, answers, compiled)


def find(host: Recording, what: str, answers: Answers = ANSWERS) -> Diagnosis:
    (found,) = (one for one in diagnose(host, answers) if one.what == what)
    return found


def test_a_ready_host_lacks_nothing() -> None:
    assert {one.state for one in diagnose(load("ready"))} == {"good"}


def test_a_bare_host_gets_a_cure_for_everything_that_it_lacks() -> None:
    found = diagnose(load("bare"))
    assert sum(one.state == "lacks" for one in found) > 25
    assert [one.what for one in found if one.state != "good" and not one.cure] == []
    assert {one.area for one in found} == {
        *("system", "packages", "kernel", "libvirt", "privilege", "network", "building")
    }
    assert not any("socat" in one.cure for one in found)  # the console bridge does its work


CURES = {one.what: one.cure for one in diagnose(load("bare"))}


@pytest.mark.parametrize(
    ("what", "cure"),
    {
        "user nova": "pw useradd nova -d /var/db/nova -s /usr/sbin/nologin -c 'OpenStack Compute'",
        "pkg": "pkg bootstrap -y",
        "libvirt": "pkg install libvirt",
        "qemu-img": "pkg install qemu-tools",
        "mkisofs": "pkg install cdrtools",
        "firmware of bhyve": "pkg install edk2-bhyve",
        "Open vSwitch": "pkg install openvswitch",
        "noVNC": "pkg install novnc",
        "RabbitMQ": "pkg install rabbitmq",
        "database client": "pkg install mariadb114-client",
        "environment": "make patch VENV=/usr/local/nova",
        **{f"module {name}": f"kldload {name}" for name in ("vmm", "nmdm", "if_bridge")},
        **{
            f"module {name} at boot": f"sysrc kld_list+={name}"
            for name in ("vmm", "nmdm", "if_bridge")
        },
        "net.link.tap.up_on_open": "sysctl net.link.tap.up_on_open=1",
        "net.link.tap.up_on_open at boot": "echo net.link.tap.up_on_open=1 >> /etc/sysctl.conf",
        "libvirtd at boot": "sysrc libvirtd_enable=YES",
        "libvirtd": "service libvirtd start",
        "bhyve:///system": "pkg install libvirt",
        "libvirt's hook": "freebsd-port host services install && service libvirtd restart",
        "sudo or doas": "pkg install sudo",
        "rootwrap": "freebsd-port host config",
        "broker": "sysrc rabbitmq_enable=YES && service rabbitmq start, "
        "or change [broker] url in host.toml",
        "database": "sysrc mysql_enable=YES && service mysql-server start, "
        "or change [database] url in host.toml",
        **{
            name: f"sockstat -4 -6 -l -p {port}; start it, or change {key} in host.toml"
            for name, port, key in (
                ("identity", 5000, "[identity] url"),
                ("image", 9292, "[endpoints] image"),
                ("placement", 8778, "[endpoints] placement"),
                ("network", 9696, "[endpoints] network"),
            )
        },
        "rust": "pkg install rust",
        "libxml2": "pkg install libxml2",
        "libxslt": "pkg install libxslt",
        "libffi": "pkg install libffi",
        "pkgconf": "pkg install pkgconf",
        "ninja": "pkg install ninja",
        "libyaml": "pkg install libyaml",
    }.items(),
)
def test_what_a_bare_host_lacks_has_this_cure(what: str, cure: str) -> None:
    assert CURES[what] == cure


def test_no_other_cure_is_needed_by_a_bare_host_than_those_tested() -> None:
    marks = test_what_a_bare_host_lacks_has_this_cure.pytestmark  # type: ignore[attr-defined]
    assert {what for what, cure in CURES.items() if cure} == {what for what, _ in marks[0].args[1]}


def test_everything_judged_was_asked() -> None:
    questions = all_questions(ANSWERS, COMPILED) + truth.questions(ANSWERS)
    assert set(load("ready").commands) == set(questions.commands)
    assert set(load("ready").files) <= set(questions.files)
    assert set(load("ready").addresses) == set(questions.addresses)


READY = load("ready")
SPOILED = {
    "FreeBSD": (with_commands(READY, (("uname", "-sr"), Ran(0, "Linux 6.1.0"))), "lacks"),
    "processor": (with_commands(READY, (("uname", "-m"), Ran(0, "arm64"))), "doubtful"),
    "user nova": (with_commands(READY, (("id", "-u", "nova"), Ran(1, "no such user"))), "lacks"),
    "open files": (with_commands(READY, (("sh", "-c", "ulimit -Hn"), Ran(0, "1024"))), "doubtful"),
    "pkg": (with_commands(READY, (("pkg", "-N"), None)), "lacks"),
    "libvirt": (with_files(READY, "/usr/local/sbin/libvirtd"), "lacks"),
    "mkisofs": (with_files(READY, "/usr/local/bin/mkisofs"), "lacks"),
    "noVNC": (with_files(READY, "/usr/local/libexec/novnc"), "doubtful"),
    "environment": (with_files(READY, PYTHON), "lacks"),
    "root for nova": (
        with_commands(READY, (SUDO, Ran(0, "User nova is not allowed to run sudo"))), "lacks"
    ),
    "sudo or doas": (with_files(READY, "/usr/local/bin/sudo"), "lacks"),
    "rootwrap": (with_files(READY, "/usr/local/etc/nova/rootwrap.conf"), "doubtful"),
    "libvirt-python": (with_commands(READY, ((PYTHON, "-c", "import libvirt"), None)), "lacks"),
    "sqlite3": (with_commands(READY, ((PYTHON, "-c", "import sqlite3"), Ran(1, "")))
    , "doubtful"),
    "module vmm": (with_commands(READY, (("kldstat", "-q", "-m", "vmm"), Ran(1, ""))), "lacks"),
    "module nmdm at boot": (
        with_commands(READY, (("sysrc", "-n", "kld_list"), Ran(0, "vmm if_bridge"))), "lacks"
    ),
    "net.link.tap.up_on_open": (
        with_commands(READY, (("sysctl", "-n", "net.link.tap.up_on_open"), Ran(0, "0"))), "lacks"
    ),
    "net.link.tap.up_on_open at boot": (
        with_files(READY, **{"/etc/sysctl.conf": "#net.link.tap.up_on_open=1\n"}), "lacks"
    ),
    "unrestricted guests": (
        with_commands(
            READY, (("sysctl", "-n", "hw.vmm.vmx.cap.unrestricted_guest"), Ran(0, "0"))
        ),
        "doubtful",
    ),
    "libvirtd at boot": (
        with_commands(READY, (("sysrc", "-n", "libvirtd_enable"), Ran(0, "NO"))), "lacks"
    ),
    "libvirtd": (with_commands(READY, (("pgrep", "-x", "libvirtd"), Ran(1, ""))), "lacks"),
    "database": (replace(READY, addresses={**READY.addresses, DATABASE: "refused"}), "lacks"),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_one_thing_amiss_is_found_and_nothing_else(what: str) -> None:
    host, state = SPOILED[what]
    found = find(host, what)
    assert found.state == state
    assert found.cure
    others = [one for one in diagnose(host) if one.state == "lacks" and one.what != what]
    assert {one.what for one in others} <= set()


def test_a_long_tmpdir_is_told_before_a_socket_fails() -> None:
    words = ("sh", "-c", 'printf %s "${TMPDIR:-/tmp}"')
    assert find(with_commands(READY, (words, Ran(0, "/" + "t" * 70))), "TMPDIR").state == "good"
    assert find(with_commands(READY, (words, Ran(0, "/" + "t" * 71))), "TMPDIR").state == "lacks"


def test_modules_may_be_loaded_by_the_boot_loader() -> None:
    none = with_commands(READY, (("sysrc", "-n", "kld_list"), Ran(0, "")))
    host = with_files(none, **{"/boot/loader.conf": 'vmm_load="YES"\n#nmdm_load="YES"\n'})
    assert find(host, "module vmm at boot").state == "good"
    assert find(host, "module nmdm at boot").state == "lacks"


def test_libvirt_that_a_plain_user_may_not_ask_is_unknown() -> None:
    words = ("/usr/local/bin/virsh", "--connect", "bhyve:///system", "--readonly", "version")
    refused = (words, Ran(1, "error: failed to connect\nerror: Permission denied"))
    as_user = with_commands(READY, refused, (("id", "-u"), Ran(0, "1002")))
    assert find(as_user, "bhyve:///system").state == "unknown"
    assert find(with_commands(READY, refused), "bhyve:///system").state == "lacks"


def test_the_driver_is_that_of_the_database_that_is_named() -> None:
    answers = answer(database={"url": "postgresql+psycopg2://nova@10.0.0.5/"})
    assert find(READY, "psycopg2", answers).state == "lacks"
    assert find(READY, "database", answers).detail == "10.0.0.5:5432: not asked"


def test_the_version_of_libvirt_python_follows_libvirt() -> None:
    host = with_commands(
        READY,
        ((PYTHON, "-c", "import libvirt"), None),
        (("pkg", "query", "%v", "libvirt"), Ran(0, "11.6.0_1")),
    )
    assert find(host, "libvirt-python").cure.endswith("pip install libvirt-python==11.6.0")


def test_an_older_freebsd_is_doubtful() -> None:
    found = find(
        with_commands(READY, (("uname", "-sr"), Ran(0, "FreeBSD 13.5-RELEASE"))), "FreeBSD"
    )
    assert (found.state, "upgrade" in found.cure) == ("doubtful", True)


def test_a_module_that_the_kernel_holds_is_not_loaded_at_boot_but_one_that_it_lacks_is() -> None:
    none = with_commands(READY, (("sysrc", "-n", "kld_list"), Ran(0, "vmm nmdm if_bridge")))
    assert not [one for one in diagnose(none) if one.what == "module if_tap at boot"]
    without = with_commands(none, (("kldstat", "-q", "-m", "if_tuntap"), Ran(1, "")))
    assert find(without, "module if_tap").cure == "kldload if_tap"
    assert find(without, "module if_tap at boot").cure == "sysrc kld_list+=if_tap"


def test_genisoimage_will_do_where_the_answers_name_it() -> None:
    host = with_files(READY, "/usr/local/bin/mkisofs", **{"/usr/local/bin/genisoimage": ""})
    found = find(host, "mkisofs")
    assert found.state == "lacks"
    assert found.cure == 'mkisofs = "/usr/local/bin/genisoimage" in [nova] of host.toml'
    answers = answer(nova={"mkisofs": "/usr/local/bin/genisoimage"})
    assert find(host, "mkisofs", answers).state == "good"


def test_a_peer_on_another_host_is_looked_for_from_here() -> None:
    answers = answer(broker={"url": "rabbit://mq.example:5673/"})
    cure = "nc -vz mq.example 5673; start it, or change [broker] url in host.toml"
    assert find(READY, "broker", answers).cure == cure


def test_what_only_root_may_ask_of_sudo_is_unknown_to_others() -> None:
    refused = (SUDO, Ran(1, "sudo: a password is required"))
    as_user = with_commands(READY, refused, (("id", "-u"), Ran(0, "1002")))
    assert find(as_user, "root for nova").state == "unknown"
    assert find(as_user, "root for nova").cure == "/usr/local/bin/sudo -n -l -U nova"
    found = find(with_commands(READY, refused), "root for nova")
    assert found.state == "lacks"
    assert found.cure == (
        "echo 'nova ALL = (root) NOPASSWD: /usr/local/nova/bin/nova-rootwrap "
        "/usr/local/etc/nova/rootwrap.conf *' > /usr/local/etc/sudoers.d/nova && "
        "chmod 0440 /usr/local/etc/sudoers.d/nova"
    )


@pytest.mark.parametrize(
    ("allowed", "state"),
    [
        ("(ALL) NOPASSWD: ALL", "good"),
        ("(ALL) ALL", "lacks"),
        ("(root) /usr/local/nova/bin/nova-rootwrap /usr/local/etc/nova/rootwrap.conf *", "lacks"),
        ("(root) NOPASSWD: /usr/local/nova/bin/nova-rootwrap /etc/nova/rootwrap.conf *", "lacks"),
    ],
)
def test_sudo_must_let_nova_start_this_rootwrap_without_a_password(
    allowed: str, state: str
) -> None:
    assert (
        find(with_commands(READY, (SUDO, Ran(0, f"    {allowed}"))), "root for nova").state == state
    )


def test_doas_is_judged_by_its_rules_where_the_answers_name_it() -> None:
    doas, rules = "/usr/local/bin/doas", "/usr/local/etc/doas.conf"
    answers = answer(nova={"sudo": doas})
    assert find(READY, "sudo or doas", answers).cure == (
        'sudo = "/usr/local/bin/sudo" in [nova] of host.toml'
    )

    def state(text: str, user: str = "0") -> str:
        host = with_commands(
            with_files(READY, **{doas: "", rules: text}), (("id", "-u"), Ran(0, user))
        )
        return find(host, "root for nova", answers).state

    assert state("permit nopass nova as root cmd /usr/local/nova/bin/nova-rootwrap\n") == "good"
    assert state("# permit nopass nova\npermit nova as root\n") == "lacks"
    assert (state("", "1002"), state("")) == ("unknown", "lacks")
    assert find(with_files(READY, **{doas: ""}), "root for nova", answers).cure == (
        "echo 'permit nopass nova as root cmd /usr/local/nova/bin/nova-rootwrap' "
        ">> /usr/local/etc/doas.conf"
    )


WORDS = [words for words in READY.commands if words[0] == "pkg" and len(words) > 4]
INSTALLED, OFFERED = (next(one for one in WORDS if one[1] == verb) for verb in ("query", "rquery"))
UNBUILT = with_files(READY, PYTHON)


def test_a_package_for_python_with_the_locked_version_spares_a_build() -> None:
    offered = "py311-lxml 6.1.1\npy311-numpy 1.26.4_6,1\npy312-lxml 6.1.1\n"
    host = with_commands(UNBUILT, (OFFERED, Ran(69, offered)))
    found = {one.what: one for one in diagnose(host) if one.area == "building"}
    assert found["py311-lxml"].state == "doubtful"
    assert found["py311-lxml"].cure == (
        "pkg install py311-lxml, then VIRTUALENV_SYSTEM_SITE_PACKAGES=yes "
        "make patch VENV=/usr/local/nova"
    )
    assert "py311-numpy" not in found  # of another version
    assert not [what for what in found if what.startswith("py312")]  # no such Python here
    have = with_commands(UNBUILT, (INSTALLED, Ran(69, "py311-lxml 6.1.1_2,1\n")))
    spared = {one.what: one.state for one in diagnose(have) if one.area == "building"}
    assert spared["py311-lxml"] == "good"
    assert not {"libxml2", "libxslt"} & set(spared)
    assert spared["pkgconf"] == "good"  # cffi needs it too


def test_a_release_needs_the_tools_of_what_its_lock_has_and_no_others() -> None:
    old = Compiled("xena", ("3.9",), {"numpy": "1.23.4", "bcrypt": "4.0.1"})
    none = with_files(load("bare"))
    found = [one.what for one in diagnose(none, compiled=old) if one.area == "building"]
    assert found == ["rust"]
    assert diagnose(none, compiled=old)[-1].detail == "compiles bcrypt of xena"


def test_a_recording_survives_a_round_trip_with_the_same_bytes() -> None:
    data = (HOSTS / "ready.json").read_bytes()
    assert render_recording(parse_recording(data, "ready")) == data


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"commands": 1}', b"\xff"])
def test_what_is_no_recording_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(UsageError, match="not a recording") as caught:
        parse_recording(data, "there.json")
    assert caught.value.where == "there.json"


@pytest.mark.parametrize(
    ("text", "detail"),
    [(None, "is not there"), ("#!/bin/sh\n", "does not inform the console bridge")],
)
def test_without_libvirts_hook_the_bridge_loses_the_first_output_and_that_is_said(
    text: str | None, detail: str
) -> None:
    path = "/usr/local/etc/libvirt/hooks/bhyve"
    host = with_files(load("ready"), without=path, **({path: text} if text is not None else {}))
    found = find(host, "libvirt's hook")
    assert found.state == "doubtful"
    assert found.detail == f"{path} {detail}; the console bridge loses what a guest prints first"
    assert found.cure == "freebsd-port host services install && service libvirtd restart"


ON_ZFS = answer(disks={"dataset": "zroot/nova"})
ASKED = ("zfs", "get", "-Hp", "-o", "value", "type,volmode,available", "zroot/nova")


@pytest.mark.parametrize(
    ("ran", "what", "state", "detail", "cure"),
    [
        (
            None,
            "zfs",
            "lacks",
            "no zfs(8)",
            'dataset = "" in [disks] of host.toml',
        ),
        (
            Ran(1, "cannot open 'zroot/nova': dataset does not exist"),
            "dataset zroot/nova",
            "lacks",
            "cannot open 'zroot/nova': dataset does not exist",
            "zfs create -o mountpoint=none -o volmode=dev zroot/nova",
        ),
        (
            Ran(0, "volume\ndev\n1099511627776"),
            "dataset zroot/nova",
            "wrong",
            "a volume can hold no volumes",
            "another dataset in [disks] of host.toml",
        ),
        (
            Ran(0, "filesystem\ndev\n0"),
            "dataset zroot/nova",
            "lacks",
            "it is full",
            "zfs list -o space -r zroot/nova",
        ),
        (
            Ran(0, "filesystem\nnone\n1099511627776"),
            "volmode",
            "wrong",
            "none: volumes have no devices",
            "zfs set volmode=dev zroot/nova",
        ),
        (
            Ran(0, "filesystem\ndefault\n1099511627776"),
            "volmode",
            "doubtful",
            "default: the host looks for partitions and labels in the disks of guests",
            "zfs set volmode=dev zroot/nova",
        ),
    ],
)
def test_a_dataset_that_cannot_take_disks_is_told(
    ran: Ran | None, what: str, state: str, detail: str, cure: str
) -> None:
    host = with_commands(load("ready"), (ASKED, ran))
    assert find(host, what, ON_ZFS) == Diagnosis("disks", what, state, detail, cure)


def test_a_dataset_for_disks_is_asked_for_only_where_one_is_named() -> None:
    host = with_commands(load("ready"), (ASKED, Ran(0, "filesystem\ndev\n1099511627776")))
    assert {one.state for one in diagnose(host, ON_ZFS)} == {"good"}
    assert find(host, "dataset zroot/nova", ON_ZFS).detail == "1024 GiB free"
    assert ASKED in all_questions(ON_ZFS, COMPILED).commands
    assert ASKED not in all_questions(ANSWERS, COMPILED).commands


QEMU = answer(libvirt={"virt_type": "qemu", "uri": "qemu:///system"})


def test_a_host_of_qemu_needs_qemu_and_nothing_of_bhyve() -> None:
    found = {one.what: one for one in diagnose(load("bare"), QEMU)}
    assert found["QEMU"].cure == "pkg install qemu"
    assert found["qemu:///system"].state == "lacks"
    assert not {"firmware of bhyve", "module vmm", "module nmdm", "bhyve:///system"} & set(found)
    assert "libvirt's hook" not in found
    assert found["module if_bridge"].cure == "kldload if_bridge"
    ready = with_files(load("ready"), **{"/usr/local/bin/qemu-system-x86_64": ""})
    assert find(ready, "QEMU", QEMU).state == "good"
    words = ("/usr/local/bin/virsh", "--connect", "qemu:///system", "--readonly", "version")
    answers = with_commands(ready, (words, Ran(0, "Running hypervisor: QEMU 9.1.0")))
    assert {one.state for one in diagnose(answers, QEMU)} == {"good"}
    assert words in all_questions(QEMU, COMPILED).commands


def test_a_processor_without_unrestricted_guests_is_no_matter_for_qemu() -> None:
    old = with_commands(
        load("ready"), (("sysctl", "-n", "hw.vmm.vmx.cap.unrestricted_guest"), Ran(0, "0"))
    )
    assert find(old, "unrestricted guests").state == "doubtful"
    assert "unrestricted guests" not in {one.what for one in diagnose(old, QEMU)}
