"""The system itself: FreeBSD, its release, its limits, the user of nova's services."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis, doubtful, good, lacks, unknown
from freebsd_port.host.core.recording import Questions, Recording

AREA = "system"
_UNAME = ("uname", "-sr")
_TYPE = ("uname", "-m")
_FILES = ("sh", "-c", "ulimit -Hn")
_TEMPORARY = ("sh", "-c", 'printf %s "${TMPDIR:-/tmp}"')

LEAST_FILES = 4096
"""nova-compute and libvirtd have a few descriptors for each guest and request."""

LONGEST_TEMPORARY = 71
"""Bytes of TMPDIR with which the sockets of the privileged daemons have a name of at most 103."""


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    user = ("id", "-u", answers.nova.user)
    return Questions((_UNAME, _TYPE, _FILES, _TEMPORARY, user))


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered."""
    yield _release(host)
    machine = host.value(*_TYPE)
    if machine == "amd64":
        yield good(AREA, "processor", machine)
    else:
        detail = f"{machine or 'unknown'}: nothing of this was tried there"
        yield doubtful(AREA, "processor", detail, "a host of amd64")
    yield _user(host, answers)
    yield _descriptors(host)
    place = host.value(*_TEMPORARY) or "/tmp"  # noqa: S108 - as the shell has it
    size = len(place.encode())
    if size <= LONGEST_TEMPORARY:
        yield good(AREA, "TMPDIR", f"{place}, {size} bytes")
    else:
        what = f"{size} bytes; with more than {LONGEST_TEMPORARY} a socket's name is too long"
        yield lacks(AREA, "TMPDIR", what, "export TMPDIR=/tmp")


def _release(host: Recording) -> Diagnosis:
    name = host.value(*_UNAME) or ""
    found = re.fullmatch(r"FreeBSD (\d+)\.(\d+)-(\S+)", name)
    if found is None:
        detail = f"{name or 'unknown'}: this is for FreeBSD"
        return lacks(AREA, "FreeBSD", detail, "run it on the host, or give a recording: --host")
    if int(found[1]) < 14:
        detail = f"{name}: no longer supported by the FreeBSD project; the checks know 13.1"
        return doubtful(AREA, "FreeBSD", detail, "freebsd-update -r 14.3-RELEASE upgrade")
    return good(AREA, "FreeBSD", name.partition(" ")[2])


def _user(host: Recording, answers: Answers) -> Diagnosis:
    user = answers.nova.user
    ran = host.run("id", "-u", user)
    if ran is not None and ran.status == 0:
        return good(AREA, f"user {user}", f"uid {ran.output}")
    cure = f"pw useradd {user} -d {answers.nova.state} -s /usr/sbin/nologin -c 'OpenStack Compute'"
    return lacks(AREA, f"user {user}", "nova's services run as this user", cure)


def _descriptors(host: Recording) -> Diagnosis:
    limit = host.value(*_FILES)
    if limit is None or not (limit == "unlimited" or limit.isdecimal()):
        return unknown(AREA, "open files", "the shell did not tell", "ulimit -Hn")
    if limit == "unlimited" or int(limit) >= LEAST_FILES:
        return good(AREA, "open files", f"at most {limit}")
    detail = f"at most {limit}; {LEAST_FILES} are wanted"
    return doubtful(AREA, "open files", detail, "limits -n 65536, or openfiles in login.conf(5)")
