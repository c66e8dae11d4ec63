"""How nova's privileged helpers become root: sudo or doas, what lets them, and rootwrap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis, doubtful, good, lacks, unknown
from freebsd_port.host.core.recording import Questions, Recording

AREA = "privilege"
PROGRAMS = ("/usr/local/bin/sudo", "/usr/local/bin/doas")
_DOAS_RULES = "/usr/local/etc/doas.conf"
_SUDO_RULES = "/usr/local/etc/sudoers.d"
_USER = ("id", "-u")


def _rootwrap(answers: Answers) -> tuple[str, str]:
    nova = answers.nova
    return f"{nova.environment}/bin/nova-rootwrap", f"{nova.config}/rootwrap.conf"


def _list(answers: Answers) -> tuple[str, ...]:
    return (answers.nova.sudo, "-n", "-l", "-U", answers.nova.user)


def _is_doas(answers: Answers) -> bool:
    return PurePosixPath(answers.nova.sudo).name == "doas"


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    commands = (_USER,) if _is_doas(answers) else (_USER, _list(answers))
    files = (*PROGRAMS, answers.nova.sudo, _DOAS_RULES, *_rootwrap(answers))
    return Questions(commands, files)


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered."""
    program = answers.nova.sudo
    if host.has(program):
        yield good(AREA, "sudo or doas", program)
        yield _rule(host, answers)
    else:
        other = next((one for one in PROGRAMS if host.has(one)), None)
        package = "doas" if _is_doas(answers) else "sudo"
        cure = f'sudo = "{other}" in [nova] of host.toml' if other else f"pkg install {package}"
        yield lacks(AREA, "sudo or doas", f"no {program}, which starts nova's helpers", cure)
    missing = [path for path in _rootwrap(answers) if not host.has(path)]
    if missing:
        detail = f"no {', no '.join(missing)}"
        yield doubtful(AREA, "rootwrap", detail, "freebsd-port host config")
    else:
        yield good(AREA, "rootwrap", _rootwrap(answers)[1])


def _rule(host: Recording, answers: Answers) -> Diagnosis:
    """Judge whether the user of nova may start rootwrap as root without a password."""
    user, (program, settings) = answers.nova.user, _rootwrap(answers)
    what = f"root for {user}"
    if _is_doas(answers):
        text = host.files.get(_DOAS_RULES)
        is_known = text is None or bool(text) or host.value(*_USER) == "0"
        rule = rf"^\s*permit\b.*\bnopass\b.*\s{re.escape(user)}\b"
        may = text is not None and bool(re.search(rule, text, re.MULTILINE))
        ask = f"cat {_DOAS_RULES}"
        cure = f"echo 'permit nopass {user} as root cmd {program}' >> {_DOAS_RULES}"
    else:
        ran = host.run(*_list(answers))
        is_known = ran is not None and (ran.status == 0 or host.value(*_USER) == "0")
        allowed = rf"NOPASSWD:.*(?:{re.escape(program)} {re.escape(settings)} \*|\bALL)\s*$"
        may = ran is not None and bool(re.search(allowed, ran.output, re.MULTILINE))
        ask = " ".join(_list(answers))
        file, line = (
            f"{_SUDO_RULES}/{user}",
            f"{user} ALL = (root) NOPASSWD: {program} {settings} *",
        )
        cure = f"echo '{line}' > {file} && chmod 0440 {file}"
    if may:
        return good(AREA, what, f"by {answers.nova.sudo}")
    if not is_known:
        return unknown(AREA, what, "only root may ask", ask)
    return lacks(AREA, what, f"{user} may not start {program} without a password", cure)
