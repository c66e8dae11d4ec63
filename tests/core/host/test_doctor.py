"""The doctor's judgement of recorded hosts; the recordings are made by hand, of FreeBSD 14.3."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freebsd_port.core.host.answers import Answers, Database
from freebsd_port.core.host.diagnosis import Diagnosis
from freebsd_port.core.host.doctor.examine import all_questions, examine
from freebsd_port.core.host.recording import Ran, Recording, parse_recording, render_recording
from freebsd_port.core.host.verify import truth
from freebsd_port.errors import UsageError

HOSTS = Path(__file__).parents[2] / "data" / "hosts"
ANSWERS = Answers()
PYTHON = f"{ANSWERS.nova.environment}/bin/python"
DATABASE = ("127.0.0.1", 3306)


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


def find(host: Recording, what: str, answers: Answers = ANSWERS) -> Diagnosis:
    (found,) = (one for one in examine(host, answers) if one.what == what)
    return found


def test_a_ready_host_lacks_nothing() -> None:
    assert {one.state for one in examine(load("ready"), ANSWERS)} == {"good"}


def test_a_bare_host_gets_a_cure_for_everything_that_it_lacks() -> None:
    found = examine(load("bare"), ANSWERS)
    assert sum(one.state == "lacks" for one in found) > 25
    assert [one.what for one in found if one.state != "good" and not one.cure] == []
    assert {one.area for one in found} == {"system", "packages", "kernel", "libvirt", "network"}


def test_everything_judged_was_asked() -> None:
    questions = all_questions(ANSWERS) + truth.questions(ANSWERS)
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
    others = [one for one in examine(host, ANSWERS) if one.state == "lacks" and one.what != what]
    to_build = {"rust", "libxml2", "libxslt", "pkgconf", "libffi", "libyaml", "GNU make"}
    assert {one.what for one in others} <= (to_build if what == "environment" else set())


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
    answers = replace(ANSWERS, database=Database("postgresql+psycopg2://nova@10.0.0.5/"))
    assert find(READY, "psycopg2", answers).state == "lacks"
    assert find(READY, "database", answers).detail == "10.0.0.5:5432: not asked"


def test_the_version_of_libvirt_python_follows_libvirt() -> None:
    host = with_commands(
        READY,
        ((PYTHON, "-c", "import libvirt"), None),
        (("pkg", "query", "%v", "libvirt"), Ran(0, "11.6.0_1")),
    )
    assert find(host, "libvirt-python").cure.endswith("pip install libvirt-python==11.6.0")


def test_a_recording_survives_a_round_trip_with_the_same_bytes() -> None:
    data = (HOSTS / "ready.json").read_bytes()
    assert render_recording(parse_recording(data, "ready")) == data


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"commands": 1}', b"\xff"])
def test_what_is_no_recording_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(UsageError, match="no recording") as caught:
        parse_recording(data, "there.json")
    assert caught.value.where == "there.json"
