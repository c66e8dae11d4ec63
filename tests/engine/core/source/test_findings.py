"""What lines do not say: a series on a release that is not the one that it was made for."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.source.findings import Findings, examine
from freebsd_port.engine.core.text.file import split_lines

PATH = "pkg/driver.py"
HOST = """\
class Host:
    def __init__(self, uri):
        self._uri = uri
        self.caps = None

    def get_guest(self, name, *, flags=0):
        return Guest(name)

    def has_version(self, version, kind=None):
        return True


class Guest:
    def __init__(self, name):
        self.name = name

    def pause(self):
        return 1

    @property
    def state(self):
        return 2
"""
BASE = """\
class ComputeDriver:
    capabilities = {'a': 1}

    def init_host(self, host):
        self.host_name = host

    @staticmethod
    def plain(value):
        return value
"""
UTILS = """\
def check(path, kind='raw'):
    return path


class Failed(Exception):
    def __init__(self, message=None, **rest):
        pass
"""
DRIVER = """\
import threading
from pkg import base
from pkg import utils
from pkg import host as libvirt_host

LEVELS = {
    'low': 1,
    'high': 2,
}


class Driver(base.ComputeDriver):
    def __init__(self):
        self._host = libvirt_host.Host('uri')

    def start(self, instance, virt_type):
        guest = self._host.get_guest(instance)
        size = 1
        return guest, size

    def helper(self, value):
        return value


class Worker(threading.Thread):
    def setup(self):
        self.queue = []

    def work(self):
        return 1
"""
OTHERS = {
    "pkg/__init__.py": "",
    "pkg/base.py": BASE,
    "pkg/host.py": HOST,
    "pkg/utils.py": UTILS,
}
Change = tuple[str, str]


def patched(text: str, *changes: Change) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def look(
    ours: tuple[Change, ...],
    theirs: tuple[Change, ...] = (),
    *,
    is_rebase: bool = True,
    **other: str,
) -> list[str]:
    """Put our changes on DRIVER as a release has it, and tell what is found there.

    `theirs` are what the release changed in it, `other` its other files by module.
    """
    before = patched(DRIVER, *theirs)
    after = patched(before, *ours)
    base = {path: split_lines(text.encode()) for path, text in OTHERS.items()}
    here = base | {f"pkg/{name}.py": split_lines(text.encode()) for name, text in other.items()}
    here[PATH] = split_lines(after.encode())
    base[PATH] = split_lines(patched(DRIVER, *ours).encode())
    files = {PATH: (split_lines(before.encode()), here[PATH])}
    found = examine(files, here.get, base.get if is_rebase else None)
    assert examine({PATH: (split_lines(DRIVER.encode()), base[PATH])}, base.get) == Findings()
    for one in (*found.missing, *found.faults):
        assert one.text == (here[PATH][one.line - 1] if one.text in here[PATH] else one.text)
    return [
        *(f"missing {one.name}" for one in found.missing),
        *(f"{one.kind} {one.line}: {one.reason}" for one in found.faults),
    ]


def in_start(line: str) -> Change:
    return ("        size = 1\n", f"        size = 1\n        {line}\n")


@pytest.mark.parametrize("is_rebase", [True, False])
@pytest.mark.parametrize(
    ("line", "module", "change", "told"),
    [
        ("utils.check(instance)", "utils", ("path, kind='raw'", "path, kind"),
         "pkg.utils.check() does not take this call: it needs the argument 'kind'"),
        ("utils.check(instance, kind='x')", "utils", ("path, kind='raw'", "path"),
         "pkg.utils.check() does not take this call: it takes no argument 'kind'"),
        ("self._host.has_version((1, 2))", "host", ("version, kind=None", "version, kind"),
         "pkg.host.Host.has_version() does not take this call: it needs the argument 'kind'"),
        ("guest.pause()", "host", ("def pause(self)", "def pause(self, timeout)"),
         "pkg.host.Guest.pause() does not take this call: it needs the argument 'timeout'"),
        ("self.init_host(instance)", "base", ("(self, host)", "(self, host, *, now)"),
         "pkg.base.ComputeDriver.init_host() does not take this call: it needs the argument 'now'"),
        ("self.plain(1)", "base", ("plain(value)", "plain(value, more)"),
         "pkg.base.ComputeDriver.plain() does not take this call: it needs the argument 'more'"),
        ("utils.Failed('x', path=size)", "utils", ("message=None, **rest", "message=None"),
         "pkg.utils.Failed() does not take this call: it takes no argument 'path'"),
        ("libvirt_host.Host(size)", "host", ("self, uri)", "self, uri, read_only)"),
         "pkg.host.Host() does not take this call: it needs the argument 'read_only'"),
    ],
)  # fmt: skip
def test_a_call_of_ours_that_the_release_does_not_take_is_told(
    line: str, module: str, change: Change, told: str, is_rebase: bool
) -> None:
    theirs = patched(OTHERS[f"pkg/{module}.py"], change)
    found = look((in_start(line),), is_rebase=is_rebase, **{module: theirs})
    assert found == [f"call 19: {told}"]


def test_an_object_that_is_called_as_its_module_is_judged_by_what_its_methods_were() -> None:
    ours = (("instance, virt_type", "instance, host"), in_start("host.get_guest(instance)"))
    changed = patched(HOST, ("name, *, flags=0", "name, flags"))
    (told,) = look(ours, host=changed)
    assert told.startswith("call 19: pkg.host.Host.get_guest() does not take this call")
    gone = patched(HOST, ("def get_guest(", "def find_guest("))
    assert look(ours, host=gone) == ["missing pkg.host.Host.get_guest"]


def test_arguments_on_lines_of_their_own_are_of_the_call_too() -> None:
    ours = ("        size = 1\n", "        size = utils.check(\n            instance,\n        )\n")
    changed = patched(UTILS, ("path, kind='raw'", "path, kind"))
    assert look((ours,), utils=changed)[0].startswith("call 18: pkg.utils.check()")


def test_a_name_that_the_function_binds_itself_is_not_the_module() -> None:
    changed = patched(UTILS, ("path, kind='raw'", "path, kind"))
    covered = (("instance, virt_type", "instance, utils"), in_start("utils.check(1)"))
    assert look(covered, utils=changed, is_rebase=False) == []


@pytest.mark.parametrize("is_rebase", [True, False])
@pytest.mark.parametrize(
    ("line", "module", "change", "name"),
    [
        ("self.helper(1)", "driver", ("def helper(", "def assist("), "pkg.driver.Driver.helper"),
        ("self.init_host(1)", "base", ("def init_host", "def start_host"),
         "pkg.driver.Driver.init_host"),
        ("size = self.host_name", "base", ("self.host_name", "self._name"),
         "pkg.driver.Driver.host_name"),
        ("self._host.has_version(1)", "host", ("def has_version", "def has_min_version"),
         "pkg.host.Host.has_version"),
        ("size = guest.state", "host", ("def state", "def power_state"), "pkg.host.Guest.state"),
        ("utils.check(1)", "utils", ("def check", "def verify"), "pkg.utils.check"),
    ],
)  # fmt: skip
def test_what_the_release_took_from_a_class_or_module_is_missing(
    line: str, module: str, change: Change, name: str, is_rebase: bool
) -> None:
    if module == "driver":
        found = look((in_start(line),), (change,), is_rebase=is_rebase)
    else:
        theirs = patched(OTHERS[f"pkg/{module}.py"], change)
        found = look((in_start(line),), is_rebase=is_rebase, **{module: theirs})
    assert found == [f"missing {name}"]


def test_a_branch_of_ours_may_never_run_if_the_release_leaves_on_the_same_condition() -> None:
    ours = in_start("guest.pause()\n        if guest.name == 'x':\n            size = 2")
    early = (
        "        size = 1\n",
        "        if guest.name == 'x':\n            return 1\n        size = 1\n",
    )
    assert look((ours,), (early,)) == [
        "unreached 22: may never be reached: line 18 tests the same before and leaves"
    ]
    passing = (early[0], early[1].replace("return 1", "size = 3"))
    assert look((ours,), (passing,)) == []


CHECKED = """\
for one in size:
            if virt_type == 'x' and isinstance(one, libvirt_host.Guest):
                one.pause()
                print(one.name)
            elif isinstance(one, libvirt_host.Host):
                print(one.caps)"""


def test_what_an_object_lacks_that_was_found_to_be_of_a_class_is_missing() -> None:
    ours = in_start(CHECKED)
    without = patched(HOST, ("self.name = name", "self.title = name"))
    assert look((ours,), host=without) == ["missing pkg.host.Guest.name"]
    assert look((ours,), host=without, is_rebase=False) == ["missing pkg.host.Guest.name"]
    again = in_start(CHECKED.replace("one.pause()", "one = self.find(one.pause())", 1))
    helped = ("    def helper(", "    def find(self, one):\n        return one\n\n    def helper(")
    assert look((again, helped), host=without) == []


def test_a_class_with_a_base_from_elsewhere_lacks_only_what_it_had() -> None:
    ours = ("        return 1\n", "        return self.queue, self.name\n")
    assert look((ours,)) == []
    assert look((ours,), (("self.queue = []", "self.jobs = []"),)) == [
        "missing pkg.driver.Worker.queue"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "if hasattr(self, 'gone'): self.gone()",
        "print('self.gone')  # self.gone",
        "self.gone = 1",
        "virt_type.gone()",
    ],
)
def test_what_may_be_missing_is_not_told(line: str) -> None:
    assert look((in_start(line),)) == []


def test_a_name_that_the_series_takes_away_and_the_release_reads_is_missing() -> None:
    ours = ("import threading\n", "import threading as threads\n")
    base = ("class Worker(threading.Thread)", "class Worker(threads.Thread)")
    read = ("        size = 1\n", "        size = threading.active_count()\n")
    assert look((ours, base)) == []
    assert look((ours, base), (read,)) == ["missing threading"]


def test_a_key_that_both_sides_add_is_told() -> None:
    ours = ("    'low': 1,\n", "    'low': 1,\n    'middle': 3,\n")
    theirs = ("    'high': 2,\n", "    'high': 2,\n    'middle': 4,\n")
    for is_rebase in (True, False):
        assert look((ours,), (theirs,), is_rebase=is_rebase) == [
            "repeated 8: the key 'middle' stands twice, also in line 10"
        ]


def test_a_method_or_import_that_both_sides_add_is_told() -> None:
    ours = ("    def helper(", "    def extra(self):\n        return 1\n\n    def helper(")
    theirs = ("\n\nclass Worker(", "\n    def extra(self):\n        return 2\n\n\nclass Worker(")
    assert look((ours,), (theirs,)) == [
        "repeated 21: the name extra is bound twice, also in line 27"
    ]
    ours, theirs = (
        ("import threading\n", "import errno\nimport threading\n"),
        ("from pkg import base\n", "import errno\nfrom pkg import base\n"),
    )
    assert look((ours,), (theirs,)) == ["repeated 1: the name errno is bound twice, also in line 3"]


OURS = (
    "        size = 1\n",
    "        if virt_type == 'kvm':\n            size = 1\n"
    "        elif virt_type == 'bhyve':\n            size = 2\n",
)


@pytest.mark.parametrize("is_rebase", [True, False])
def test_a_branch_of_ours_that_the_release_takes_before_is_told(is_rebase: bool) -> None:
    theirs = (
        "        guest = ",
        "        if virt_type == 'bhyve':\n            return None\n        guest = ",
    )
    assert look((OURS,), (theirs,), is_rebase=is_rebase) == [
        "unreached 22: never reached: line 17 tests the same before"
    ]


def test_a_branch_of_the_release_that_ours_takes_before_is_told() -> None:
    ours = (
        "        guest = ",
        "        if virt_type == 'bhyve':\n            return None\n        guest = ",
    )
    theirs = (
        "        return guest, size\n",
        "        if virt_type == 'bhyve':\n            size = 3\n        return guest, size\n",
    )
    assert look((ours,), (theirs,)) == [
        "unreached 17: line 21 is never reached any more: this tests the same before"
    ]


@pytest.mark.parametrize(
    "source",
    [
        b"class A(\xe4):\n    def f(self):\n        return self.x\n",
        b"from a import \xe4\nclass A(b):\n    def f(self):\n        return \xe4.x(self.y)\n",
        b"def \xe4(self):\n    return 1\n",
        b"def f(x):\n" + b"".join(b"    %sif x == %d:\n        a()\n" % (b"el" * (n > 0), n)
                                 for n in range(300)),
        b"class\n    def\n",
        b"\0def f():\n    a()\n",
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_no_findings_of_its_own(source: bytes) -> None:
    lines = split_lines(source)
    found = examine({PATH: ([], lines)}, {PATH: lines}.get)
    assert [one for one in found.faults if one.kind != "unreached"] == []


def test_a_function_that_is_the_same_on_the_release_before_is_not_looked_at_again() -> None:
    twice = ("    'low': 1,\n", "    'low': 1,\n    'low': 1,\n")
    before, after = (split_lines(text.encode()) for text in (DRIVER, patched(DRIVER, twice)))
    files, read = {PATH: (before, after)}, {PATH: after}.get
    assert len(examine(files, read).faults) == 1
    assert examine(files, read, read) == Findings()
