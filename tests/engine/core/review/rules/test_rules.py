"""Each rule has patches that it flags, and others that it must not."""

from __future__ import annotations

import pytest
from memory_tree import MemoryTree
from small_overlay import diff

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.facts import Remark
from freebsd_port.engine.core.review.on_release import SeriesWalk
from freebsd_port.engine.core.review.rules.all import RULES, find_findings
from freebsd_port.engine.core.series.series import SeriesEntry

HEADER = """\
Subject: libvirt: do it otherwise
Origin: vendor
Forwarded: no
Drop-When: upstream does it by itself
Last-Update: 2026-11-21

On FreeBSD this went wrong in a way that takes more than ten words to tell.

"""


def found(data: bytes) -> list[Remark]:
    patch = parse_patch("nova/x.patch", data)
    laid = SeriesWalk(MemoryTree({})).lay(SeriesEntry("nova/x.patch", 1, False, "", 1), patch)
    return list(find_findings("patches/nova/x.patch", patch, laid.hunks))


def rules(old: str, new: str, path: str = "nova/host.py") -> list[str]:
    """The rules that a patch from one text to the other is flagged by."""
    text = HEADER.encode() + diff(path, old.encode(), new.encode())
    return [finding.rule for finding in found(text)]


MEMORY = "def memory():\n    with open('/proc/meminfo') as fp:\n        return fp.read()\n"
SWAPPED = MEMORY.replace("'/proc/meminfo'", "MEMINFO")
GUARDED = """\
def memory():
    try:
        fp = open('/proc/meminfo')
    except FileNotFoundError:
        return psutil.virtual_memory()
    with fp:
        return fp.read()
"""
DROPPED = "def memory():\n    return None\n"
CAPS = "def drop(self):\n    keep(True)\n    self.run()\n"
NOT_ON_ALL = CAPS.replace("    keep(True)", "    if has_caps():\n        keep(True)")
TYPES = "types = ('kvm', 'qemu')\n"
APART = "\n".join(f"LINE_{number} = {number}" for number in range(9))
CALL = f"{APART}\n\n\ndef cpus(self):\n    return self.conn.map()\n"
HELPED = f"""\
def _map(self):
    try:
        return self.conn.map()
    except NotSupported:
        return None


{APART}


def cpus(self):
    return self._map()
"""
CARELESS = HELPED.replace(
    "    try:\n        return self.conn.map()\n    except NotSupported:\n        return None\n",
    "    return None\n",
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MEMORY, SWAPPED),
        (MEMORY, DROPPED),
        (CAPS, CAPS.replace("    keep(True)\n", "")),
        (CAPS, CAPS.replace("    keep(True)", "    pass")),
        (CALL, CARELESS),
        (MEMORY, MEMORY.replace("/proc", "/compat/linux/proc")),
    ],
    ids=["another file", "nothing", "removed", "pass", "helper without a test", "another string"],
)
def test_code_that_linux_loses_is_flagged(old: str, new: str) -> None:
    assert "linux-changed" in rules(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MEMORY, GUARDED),
        (CAPS, NOT_ON_ALL),
        (TYPES, TYPES.replace("'qemu'", "'qemu', 'lxc'")),
        (CALL, HELPED),
        (f"import platform\n\n\n{CALL}", f"import os\n\n\n{CALL}"),
        (CALL, CALL.replace("    return", "    # The map is there on Linux\n    return")),
        ("def f():\n    return 'linux'\n", "def f():\n    return os.uname().sysname.lower()\n"),
        (
            'def f():\n    """Only works where there is a map of processors."""\n    g()\n',
            'def f():\n    """Works everywhere, with or without one of those maps."""\n    g()\n',
        ),
    ],
    ids=["try", "if", "grown", "helper", "import", "comment", "asked", "docstring"],
)
def test_code_that_linux_keeps_is_not(old: str, new: str) -> None:
    assert rules(old, new) == []


GATE = "def start():\n    go()\n"


@pytest.mark.parametrize(
    "condition",
    [
        "sys.platform.startswith('freebsd')",
        "platform.system() == 'FreeBSD'",
        "os.uname().sysname in NAMES",
        "(sys.platform != 'win32' and\n            ready)",
    ],
)
def test_a_condition_on_the_platforms_name_is_flagged(condition: str) -> None:
    assert rules(GATE, GATE.replace("    go()", f"    if {condition}:\n        go()")) == [
        "platform-test"
    ]


@pytest.mark.parametrize(
    "new",
    [
        GATE.replace("    go()", "    if hasattr(os, 'sched_getaffinity'):\n        go()"),
        GATE.replace("    go()", "    if CONF.libvirt.virt_type == 'bhyve':\n        go()"),
        GATE.replace("    go()", "    if os.name == 'posix':\n        go()"),
        GATE.replace(
            "    go()",
            "    if not sys.platform.startswith(('linux', 'freebsd')):\n"
            "        raise Unsupported()\n    go()",
        ),
        GATE.replace("    go()", "    LOG.info('on %s', platform.system())\n    go()"),
    ],
    ids=["feature", "virt_type", "posix", "refusal", "message"],
)
def test_a_condition_on_a_feature_is_not(new: str) -> None:
    assert rules(GATE, new) == []


def test_a_platform_test_that_only_moves_is_not_flagged() -> None:
    old = "if sys.platform == 'linux':\n    go()\n"
    new = "if True:\n    if sys.platform == 'linux':\n        go()\n"
    assert rules(old, new) == []


@pytest.mark.parametrize(
    "comment",
    [
        "#keep(True)",
        "# self.caps = set()",
        "# for cell in cells:",
        "#LOG.info(\n    #    'one',\n    #    {'two': 3})",
        "# return None",
    ],
)
def test_code_in_a_comment_is_flagged(comment: str) -> None:
    assert rules(GATE, GATE.replace("    go()", f"    {comment}\n    go()")) == [
        "commented-out-code"
    ]


@pytest.mark.parametrize(
    "comment",
    [
        "# Outside Linux, libvirt has no map.",
        "# NOTE(jdoe): the order matters",
        "# see nmdm(4)",
        "# sysctl(3)",
        "# e.g. /dev/nmdm0A",
        "# None",
        "# x = y is what the kernel does here",
    ],
)
def test_prose_in_a_comment_is_not(comment: str) -> None:
    assert rules(GATE, GATE.replace("    go()", f"    {comment}\n    go()")) == []


def test_a_comment_that_was_there_is_not_flagged() -> None:
    old = "def f():\n    # g()\n    h()\n"
    assert rules(old, old.replace("    h()", "    h()\n    i()")) == []


@pytest.mark.parametrize(
    "line",
    [
        "path = '/home/jdoe/nova'",
        "path = '/usr/home/freebsd/nova'",
        "path = '/root/creds'",
        "path = '/compat/linux/proc/meminfo'",
        "host = '10.0.2.2'",
        "mac = '58:9c:fc:01:02:03'",
        "device = '0000:03:00.0'",
        "user = pwd.getpwnam('jdoe')",
        "cpus = 16",
        "cpus, online = 16, [True, True]",
        "self.cpus, cpu_map = (\n    16,\n    [\n        True,\n    ],\n)",
        "total_memory_kb = 8388608",
    ],
)
def test_a_fact_of_one_machine_is_flagged(line: str) -> None:
    assert rules("a = 1\n", f"a = 1\n{line}\n") == ["machine-fact"]


@pytest.mark.parametrize(
    "line",
    [
        "host = '127.0.0.1'",
        "host = '0.0.0.0'",
        "host = '169.254.169.254'",
        "host = '192.0.2.7'",
        "version = '1.2.3'",
        "PROC_NO_NEW_PRIVS_CTL = 19",
        "cpus = self._get_hardware_info()[2]",
        "cpus = 0",
        "cpus = (\n    first(),\n    16,\n)",
        "run(\n    cpus=16,\n)",
        "source = '/dev/random'",
        "path = os.path.join(base, 'home')",
        "user = pwd.getpwnam('root')",
        "# by default below /home/USER",
    ],
)
def test_what_is_so_everywhere_is_not(line: str) -> None:
    assert rules("a = 1\n", f"a = 1\n{line}\n") == []


def test_a_file_named_by_its_place_on_one_machine_is_flagged() -> None:
    text = diff("x.py", b"a\n", b"a\nb\n").replace(b"a/x.py", b"/usr/home/me/x.py")
    (one,) = found(HEADER.encode() + text)
    assert (one.rule, one.hunk, one.line) == ("machine-fact", None, 10)
    assert "/usr/home/me/x.py" in one.message


@pytest.mark.parametrize("field", ["Subject", "Origin", "Forwarded", "Drop-When", "Last-Update"])
def test_a_missing_field_is_flagged_on_the_patch(field: str) -> None:
    lines = [line for line in HEADER.splitlines(keepends=True) if not line.startswith(field)]
    text = "".join(lines).encode() + diff("x.py", b"a = 1\n", b"a = 1\nb = f()\n")
    (one,) = found(text)
    assert (one.rule, one.level, one.line, one.hunk) == ("header-field", "error", 1, None)
    assert field in one.message


TEST = "nova/tests/unit/test_host.py"
BODY = "def test_it(self):\n    self.check()\n"


@pytest.mark.parametrize(
    "line",
    [
        "open('/home/jdoe/image.raw')",
        "subprocess.run(['sudo', 'kldload', 'vmm'])",
        "requests.get('http://glance.mycloud.net/images')",
        "connect('rabbit://openstack:password@rabbitmq:5672/')",
        "connect('10.0.2.2')",
        "token = os.environ['OS_PASSWORD']",
    ],
)
def test_a_test_that_needs_what_a_stranger_lacks_is_flagged(line: str) -> None:
    new = BODY.replace("    self.check()", f"    {line}\n    self.check()")
    assert "test-for-strangers" in rules(BODY, new, TEST)


@pytest.mark.parametrize(
    "line",
    [
        "open(os.path.join(self.tmp, 'image.raw'))",
        "requests.get('http://glance.example.com/images')",
        "connect('http://127.0.0.1:9292')",
        "connect('192.0.2.1')",
        "mock.patch('nova.privsep.fs.sudo_free')",
        "# what an operator does with sudo is not asked for here",
        "self.assertRaises(Refused, self.host.pause)",
    ],
)
def test_a_test_for_everybody_is_not(line: str) -> None:
    new = BODY.replace("    self.check()", f"    {line}\n    self.check()")
    assert rules(BODY, new, TEST) == []


def test_a_changed_test_is_no_change_on_linux() -> None:
    assert rules(BODY, BODY.replace("self.check()", "self.look()"), TEST) == []


def test_bidirectional_controls_are_flagged_where_they_stand() -> None:
    text = HEADER.encode() + diff("x.py", b"a = 1\n", "a = 1\nb = 'is\u202e\u2066'\n".encode())
    (one,) = found(text)
    assert (one.rule, one.level) == ("bidi-control", "error")
    assert "U+202E, U+2066" in one.message
    assert text.split(b"\n")[one.line - 1].startswith(b"+b")
    assert one.hunk is not None


def test_bidirectional_controls_in_the_prose_are_flagged_on_the_patch() -> None:
    text = HEADER.replace("ten words", "ten \u2067words").encode() + diff("x", b"a\n", b"a\nb\n")
    (one,) = found(text)
    assert (one.rule, one.line, one.hunk) == ("bidi-control", 7, None)


@pytest.mark.parametrize("text", ["b = 'é ü 漢字 😀'\n", "b = 'עברית'\n"])
def test_letters_of_any_language_are_not(text: str) -> None:
    assert rules("a = 1\n", f"a = 1\n{text}") == []


def test_a_finding_names_its_rule_and_its_line() -> None:
    (one,) = found(HEADER.encode() + diff("x.py", b"keep(True)\na()\n", b"a()\n"))
    assert one.file == "patches/nova/x.patch"
    assert (HEADER.encode() + diff("x.py", b"keep(True)\na()\n", b"a()\n")).split(b"\n")[
        one.line - 1
    ] == b"-keep(True)"
    assert one.rule in {rule.name for rule in RULES}


def test_a_large_file_that_is_no_program_takes_no_time_to_speak_of() -> None:
    rows = "".join(f'{{"cpu {number}": [1, 2,\n' for number in range(20_000))
    assert rules("a = 1\n", f"a = 1\n{rows}# {'x ' * 100_000}\n") == []


@pytest.mark.parametrize("text", ["a(", " ", "a = (", "/home", "1.", "'", "((", "x ", "aa:"])
def test_a_line_of_a_megabyte_takes_none_either(text: str) -> None:
    long = f"{text * (1_000_000 // len(text))})\n"
    assert len(rules("a = 1\n", f"a = 1\n{long}b = 2\n")) <= 1
