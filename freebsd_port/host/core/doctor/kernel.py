"""The kernel: what is loaded now, what at boot, and how taps come up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.diagnosis import Diagnosis, doubtful, good, lacks
from freebsd_port.host.core.recording import Questions, Recording

AREA = "kernel"
MODULES = {
    "vmm": "vmm",
    "nmdm": "nmdm",
    "if_bridge": "if_bridge",
    "if_tap": "if_tuntap",
}
"""What kldload(8) takes, and the name that the module has in the kernel."""

_OF_BHYVE = ("vmm", "nmdm")
"""What QEMU does not need."""

_IN_GENERIC = ("if_tap",)
"""What FreeBSD's own kernel holds, so that boot needs not load it."""

_KLD_LIST = ("sysrc", "-n", "kld_list")
_LOADER = "/boot/loader.conf"
_UP = "net.link.tap.up_on_open"
_SYSCTL = ("sysctl", "-n", _UP)
_AT_BOOT = "/etc/sysctl.conf"
_UNRESTRICTED = ("sysctl", "-n", "hw.vmm.vmx.cap.unrestricted_guest")


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    loaded = tuple(("kldstat", "-q", "-m", name) for name in MODULES.values())
    return Questions((*loaded, _KLD_LIST, _SYSCTL, _UNRESTRICTED), (_LOADER, _AT_BOOT))


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered."""
    at_boot = (host.value(*_KLD_LIST) or "").split()
    loader = host.files.get(_LOADER, "")
    is_bhyve = answers.libvirt.is_bhyve
    for name, inside in MODULES.items():
        if name in _OF_BHYVE and not is_bhyve:
            continue
        ran = host.run("kldstat", "-q", "-m", inside)
        is_loaded = ran is not None and ran.status == 0
        if is_loaded:
            yield good(AREA, f"module {name}", "loaded")
        else:
            yield lacks(AREA, f"module {name}", "not loaded", f"kldload {name}")
        by_loader = re.search(rf'^\s*{name}_load="?YES', loader, re.MULTILINE | re.IGNORECASE)
        if name in at_boot or by_loader:
            yield good(AREA, f"module {name} at boot", "loaded")
        elif not (is_loaded and name in _IN_GENERIC):
            cure = f"sysrc kld_list+={name}"
            yield lacks(AREA, f"module {name} at boot", "neither kld_list nor loader.conf", cure)
    yield from _taps(host)
    if is_bhyve and host.value(*_UNRESTRICTED) == "0":
        detail = "this processor cannot run guests with UEFI, those by bhyveload only"
        yield doubtful(AREA, "unrestricted guests", detail, "another processor")


def _taps(host: Recording) -> Iterator[Diagnosis]:
    if host.value(*_SYSCTL) == "1":
        yield good(AREA, _UP, "1")
    else:
        yield lacks(AREA, _UP, "a guest's interface stays down", f"sysctl {_UP}=1")
    lines = host.files.get(_AT_BOOT, "").splitlines()
    if any(re.fullmatch(rf"\s*{re.escape(_UP)}\s*=\s*1\s*(#.*)?", line) for line in lines):
        yield good(AREA, f"{_UP} at boot", "1")
    else:
        cure = f"echo {_UP}=1 >> {_AT_BOOT}"  # sysrc(8) refuses a name with dots
        yield lacks(AREA, f"{_UP} at boot", f"not in {_AT_BOOT}", cure)
