"""The plugin of the checks: it chooses the platform, and which checks belong to it.

Run, with nothing but pytest and the target's packages beside them, from Python 3.8 up:

    PYTHONPATH=<directory of packages> python -m pytest tests/port/oslo_privsep \
        --profile=freebsd-14.5

The path comes first, or the option takes `=`: pytest 8 reads no conftest otherwise. Where pytest
is not installed beside the target's packages, set PYTEST_DISABLE_PLUGIN_AUTOLOAD=1, so that it
loads no plugin of one directory with the modules of another. One directory of checks a run.

Without --profile the checks run on the platform there is: FreeBSD natively, Linux as Linux.

Markers
    patch("oslo.privsep/privsep-posix-imports.patch")   required on every check: the patch it
                                                        proves, as `series` names it
    on_freebsd      only on FreeBSD, native or emulated
    on_linux        only on Linux as it is
    neither         everywhere
    on_amd64        not on arm64, because there bhyve has not what the check is about
    long            takes a minute or more: left out by `freebsd-port verify` without --long
    since("oslo.privsep", "3.3")    only with that version or a newer one, because what the check
                                    is about was not there before, or was otherwise upstream
A check for another platform, machine or a newer version is deselected and counted; a check without
`patch` is an error. With --patches-on=FILE, a list of patches, a check that names a patch not
in it is deselected too; with --patches-only=FILE, a check that names none of them.

Fixtures
    profile         the active Profile; None where nothing is emulated
    process_limit   how many seconds a process that a check starts may take: --process-limit
    fresh_import    fresh_import("oslo_privsep.daemon") imports that module anew and returns it;
                    sys.modules and the parent's attribute are restored afterwards

A check that takes longer than --limit=SECONDS ends the run with the stacks of all threads on
stderr; -v names it. So does whatever else takes that long: collecting, or the end of the process.

A check under tests/port/oslo_rootwrap may not import another of the patched distributions
(unless its own distribution needs it): the run fails if it did.
"""

import faulthandler
import gc
import importlib
import importlib.metadata
import importlib.util
import os
import sys
from pathlib import Path

import pytest
from packaging.version import Version  # pytest requires it

HERE = Path(__file__).resolve().parent

# Far longer than any check takes on a busy machine: what goes beyond it hangs.
LIMIT_SECONDS = 600

# New objects after which the garbage collector looks at them: nova's modules make very many.
GARBAGE = 50_000

# How long a process may take that a check starts, on a machine ten times slower than usual.
PROCESS_SECONDS = 300

# Directory of checks to the import packages of the distributions it may use, of those patched.
_OSLO = {"oslo_privsep", "oslo_messaging", "oslo_rootwrap", "oslo_utils"}
ALLOWED = {
    "oslo_utils": {"oslo_utils"},
    "oslo_privsep": {"oslo_privsep", "oslo_utils"},
    "oslo_rootwrap": {"oslo_rootwrap", "oslo_utils"},
    "oslo_messaging": {"oslo_messaging", "oslo_utils"},
    "nova": {"nova", "os_brick", "os_brick_freebsd", *_OSLO},
    "lives": {"nova", "os_brick", "os_brick_freebsd", *_OSLO},
    "os_brick": {"os_brick", "os_brick_freebsd", *_OSLO},
    "glance": {"glance", "os_brick", "os_brick_freebsd", *_OSLO},
    "neutron": {"neutron", *_OSLO},
    "neutron_bsdbridge": {"neutron_bsdbridge", "neutron", *_OSLO},
    "nova_bhyve": {"nova", "os_brick", "os_brick_freebsd", *_OSLO},
}
PATCHED = set().union(*ALLOWED.values())

MARKERS = (
    "patch(path): the patch that the check proves, as `series` names it",
    "on_freebsd: only on FreeBSD, native or emulated",
    "on_linux: only on Linux that is not emulated",
    "on_amd64: not on arm64",
    "long: takes a minute or more, and runs only where long checks are asked for",
    "since(distribution, version): only with that version of the distribution or a newer one",
)


def find_emulation():
    """The directory of the emulation package: in a checkout, or beside freebsd_port/data."""
    beside = ("in_target", "emulation")
    places = (
        HERE.parents[1].joinpath("freebsd_port", *beside),
        HERE.parents[2].joinpath(*beside),
    )
    for place in places:
        if (place / "emulation.py").is_file():
            return place
    raise pytest.UsageError("no emulation package in " + " or ".join(map(str, places)))


def load_emulation():
    """Import the emulation by its path, so that nothing else of its project is needed."""
    name = "freebsd_emulation"
    if name not in sys.modules:
        place = find_emulation()
        spec = importlib.util.spec_from_file_location(
            name, str(place / "__init__.py"), submodule_search_locations=[str(place)]
        )
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


class Platform:
    """Where this run happens, and what came of it."""

    def __init__(self, emulation):
        self.emulation = emulation
        self.deselected = 0
        self.patches = None
        self.only = None
        self.without_patch = 0
        self.not_asked = 0
        self.for_newer = 0

    @property
    def is_freebsd(self):
        """Whether the checks see FreeBSD."""
        return sys.platform.startswith("freebsd")

    def has_all(self, patches):
        """Whether all these patches are on, as far as that is known."""
        return self.patches is None or self.patches.issuperset(patches)

    def is_asked(self, patches):
        """Whether one of these patches was asked for, or none in particular was."""
        return self.only is None or not self.only.isdisjoint(patches)

    def summary(self):
        """The platform, and how many checks were left out for which reason."""
        return "{}; {}".format(self, self.left_out())

    def left_out(self):
        """How many checks were left out for which reason."""
        text = "{} checks for another platform".format(self.deselected)
        if self.patches is not None:
            text += ", {} for patches that are not on".format(self.without_patch)
        if self.only is not None:
            text += ", {} for other patches".format(self.not_asked)
        return text + ", {} for newer versions".format(self.for_newer)

    def __str__(self):
        if self.emulation is not None:
            return str(self.emulation)
        if self.is_freebsd:
            return "FreeBSD {}, native".format(os.uname().release)
        return "Linux (not emulated)"


def pytest_addoption(parser):
    parser.addoption(
        "--profile",
        metavar="NAME",
        help="emulate a FreeBSD host on Linux, for example freebsd-14.5",
    )
    parser.addoption(
        "--level",
        choices=("namespace", "python"),
        help="insist on one level of emulation; default: the best that is permitted",
    )
    parser.addoption(
        "--patches-on",
        metavar="FILE",
        help="the patches that are on, a line each; checks of others are left out",
    )
    parser.addoption(
        "--patches-only",
        metavar="FILE",
        help="patches, one on each line; checks that prove none of them are left out",
    )
    parser.addoption(
        "--limit",
        metavar="SECONDS",
        type=float,
        default=LIMIT_SECONDS,
        help="end the run when a check takes longer; default: {}".format(LIMIT_SECONDS),
    )
    parser.addoption(
        "--process-limit",
        metavar="SECONDS",
        type=float,
        default=PROCESS_SECONDS,
        help="end a process that a check starts after this time; default: {}".format(
            PROCESS_SECONDS
        ),
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    name = config.getoption("--profile")
    if name is not None and sys.platform.startswith("freebsd") and not _is_emulated():
        raise pytest.UsageError("--profile is for Linux; this is FreeBSD, run without it")
    config.stash[PLATFORM] = Platform(None if name is None else _activate(config, name))
    config.stash[PLATFORM].patches = _read_names(config, "--patches-on")
    config.stash[PLATFORM].only = _read_names(config, "--patches-only")
    config.stash[STDERR] = os.dup(2)  # during a check 2 is pytest's, which would keep the stacks
    _start_limit(config)
    # A fork has the clock's lock without its thread, and would wait for it at its end.
    os.register_at_fork(
        before=faulthandler.cancel_dump_traceback_later,
        after_in_parent=lambda: _start_limit(config),
    )


def _read_names(config, option):
    """The set of names in the file that an option names; None without the option."""
    listed = config.getoption(option)
    return None if listed is None else set(Path(listed).read_text("utf-8").splitlines())


PLATFORM = pytest.StashKey()
STDERR = pytest.StashKey()


def _start_limit(config):
    """Give what comes now its time. Never cancelled, as threads can hold the end of a process too.

    The clock runs in C, outside the interpreter's lock and eventlet's threads.
    """
    limit, stderr = config.getoption("--limit"), config.stash[STDERR]
    faulthandler.dump_traceback_later(limit, exit=True, file=stderr)


def _is_emulated():
    return "FREEBSD_PORT_PROFILE" in os.environ


def _activate(config, name):
    imported = sorted(PATCHED & set(sys.modules))
    if imported:
        raise pytest.UsageError("imported before the emulation: " + ", ".join(imported))
    emulation = load_emulation()
    levels = {"namespace": "mount namespace", "python": "Python level", None: None}
    try:
        profile = emulation.load_profile(name)
        return emulation.activate(profile, levels[config.getoption("--level")])
    except (LookupError, OSError) as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header(config):
    return "platform: {}".format(config.stash[PLATFORM])


def pytest_collection_modifyitems(config, items):
    unnamed = [item.nodeid for item in items if not _patches(item)]
    if unnamed:
        raise pytest.UsageError("checks without a patch marker:\n  " + "\n  ".join(unnamed))
    for item in items:
        item.user_properties.extend(("patch", name) for name in _patches(item))
    platform = config.stash[PLATFORM]
    elsewhere = {"on_linux" if platform.is_freebsd else "on_freebsd"}
    if os.uname().machine == "arm64":
        elsewhere.add("on_amd64")
    here = [item for item in items if elsewhere.isdisjoint(m.name for m in item.iter_markers())]
    proving = [item for item in here if platform.has_all(_patches(item))]
    asked = [item for item in proving if platform.is_asked(_patches(item))]
    kept = [item for item in asked if _is_new_enough(item)]
    platform.deselected += len(items) - len(here)
    platform.without_patch += len(here) - len(proving)
    platform.not_asked += len(proving) - len(asked)
    platform.for_newer += len(asked) - len(kept)
    chosen = set(kept)
    gone = [item for item in items if item not in chosen]
    if gone:
        config.hook.pytest_deselected(items=gone)
    items[:] = kept


def _patches(item):
    return [
        marker.args[0]
        for marker in item.iter_markers("patch")
        if len(marker.args) == 1 and str(marker.args[0]).endswith(".patch")
    ]


def _is_new_enough(item):
    return all(
        _version_of(marker) >= Version(marker.args[1]) for marker in item.iter_markers("since")
    )


def _version_of(marker):
    """The installed version of the distribution that a `since` names."""
    try:
        return Version(importlib.metadata.version(marker.args[0]))
    except importlib.metadata.PackageNotFoundError:
        raise pytest.UsageError("{} is not installed".format(marker.args[0])) from None


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """Keep the garbage collector from what was imported, which stays."""
    gc.freeze()
    gc.set_threshold(GARBAGE)


def pytest_report_collectionfinish(config):
    return "left out: " + config.stash[PLATFORM].left_out()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    before = set(sys.modules)
    _start_limit(item.config)
    result = yield
    if nextitem is None:
        _start_limit(item.config)
    _note_strangers(item, set(sys.modules) - before)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Tell the recorder, where one records this run, which check the lines belong to."""
    recorder = sys.modules.get("line_recorder")
    if recorder is None:
        return (yield)
    function = pyfuncitem.function
    recorder.current.enter("{}.{}".format(function.__module__, function.__qualname__))
    try:
        return (yield)
    finally:
        recorder.current.enter("")


STRANGERS = {}


def _directory(path):
    try:
        return Path(path).resolve().relative_to(HERE).parts[0]
    except (ValueError, IndexError):
        return None


def _note_strangers(node, modules):
    allowed = ALLOWED.get(_directory(node.path))
    strangers = PATCHED & {name.partition(".")[0] for name in modules}
    if allowed is not None and strangers - allowed:
        STRANGERS[node.nodeid] = sorted(strangers - allowed)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    before = set(sys.modules)
    report = yield
    _note_strangers(collector, set(sys.modules) - before)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    gc.freeze()  # pytest collects five times at its end, when everything goes anyway
    if STRANGERS and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.write_line("platform: " + config.stash[PLATFORM].summary())
    for node, names in sorted(STRANGERS.items()):
        terminalreporter.write_line(
            "ERROR {} imported {}, which is not of its distribution".format(node, names)
        )


@pytest.fixture(scope="session")
def profile(request):
    """The active Profile; None on a real FreeBSD and on Linux as it is."""
    emulation = request.config.stash[PLATFORM].emulation
    return None if emulation is None else emulation.profile


@pytest.fixture(scope="session")
def process_limit(request):
    """How many seconds a process that a check starts may take."""
    return request.config.getoption("--process-limit")


@pytest.fixture
def fresh_import():
    """A function that imports a module of the target anew; undone after the check."""
    saved = {}

    def load(name):
        parent, _, child = name.rpartition(".")
        if parent:
            package = importlib.import_module(parent)
        saved.setdefault(name, sys.modules.get(name))
        sys.modules.pop(name, None)
        module = importlib.import_module(name)
        if parent:
            setattr(package, child, module)
        return module

    yield load
    for name, module in saved.items():
        parent, _, child = name.rpartition(".")
        if module is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = module
        if parent and module is not None:
            setattr(sys.modules[parent], child, module)
        elif parent and hasattr(sys.modules.get(parent), child):
            delattr(sys.modules[parent], child)
