"""libvirt: whether the daemon runs, starts at boot, and answers for bhyve or QEMU."""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis, doubtful, good, lacks, unknown
from freebsd_port.host.core.recording import Questions, Recording

AREA = "libvirt"
_AT_BOOT = ("sysrc", "-n", "libvirtd_enable")
_RUNS = ("pgrep", "-x", "libvirtd")
_USER = ("id", "-u")


def _version(answers: Answers) -> tuple[str, ...]:
    return (answers.libvirt.virsh, "--connect", answers.libvirt.uri, "--readonly", "version")


def _hook_file(answers: Answers) -> str:
    return f"{answers.libvirt.hooks}/bhyve"


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    return Questions((_AT_BOOT, _RUNS, _USER, _version(answers)), (_hook_file(answers),))


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered."""
    if (host.value(*_AT_BOOT) or "").upper() in ("YES", "TRUE", "ON", "1"):
        yield good(AREA, "libvirtd at boot", "enabled")
    else:
        yield lacks(AREA, "libvirtd at boot", "not enabled", "sysrc libvirtd_enable=YES")
    runs = host.run(*_RUNS)
    if runs is not None and runs.status == 0:
        yield good(AREA, "libvirtd", "runs")
    else:
        yield lacks(AREA, "libvirtd", "does not run", "service libvirtd start")
    yield _answer(host, answers)
    if answers.libvirt.is_bhyve:
        yield _hook(host, answers)


def _hook(host: Recording, answers: Answers) -> Diagnosis:
    what, path = "libvirt's hook", _hook_file(answers)
    text = host.files.get(path)
    if text is not None and answers.console.socket in text:
        return good(AREA, what, path)
    state = "is not there" if text is None else "does not inform the console bridge"
    return doubtful(
        AREA,
        what,
        f"{path} {state}; the console bridge loses what a guest prints first",
        "freebsd-port host services install && service libvirtd restart",
    )


def _answer(host: Recording, answers: Answers) -> Diagnosis:
    uri, words = answers.libvirt.uri, _version(answers)
    ran = host.run(*words)
    if ran is None:
        return lacks(AREA, uri, f"no {answers.libvirt.virsh}", "pkg install libvirt")
    if ran.status == 0:
        lines = [line for line in ran.output.splitlines() if ":" in line]
        return good(AREA, uri, lines[-1].strip() if lines else "answers")
    detail = ran.output.splitlines()[-1] if ran.output else f"exit status {ran.status}"
    if host.value(*_USER) != "0":
        return unknown(AREA, uri, f"{detail}; this user may not ask", " ".join(words))
    return lacks(AREA, uri, detail, "service libvirtd restart, then see /var/log/libvirt")
