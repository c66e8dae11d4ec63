"""oslo-rootwrap runs, and closes descriptors beyond its limit, without /proc/self/fd."""

import os
import resource

import pytest
from oslo_rootwrap import cmd

PATCH = pytest.mark.patch("oslo.rootwrap/rootwrap-close-fds.patch")
LIMIT = 1024


@pytest.fixture
def run_main(monkeypatch, config_file):
    """Function (limits) that runs main() and returns its calls about descriptors, in order.

    Nothing is closed or limited for real: that would hit the process of the checks.
    """

    def run(limits):
        calls = []
        list_directory = os.listdir

        def listdir(path="."):
            if str(path).startswith(("/proc", "/dev")):
                calls.append(("listdir", path))
            return list_directory(path)

        monkeypatch.setattr(os, "listdir", listdir)
        monkeypatch.setattr(os, "closerange", lambda *args: calls.append(("closerange", *args)))
        monkeypatch.setattr(resource, "getrlimit", lambda number: limits)
        monkeypatch.setattr(
            resource, "setrlimit", lambda number, new: calls.append(("setrlimit", new))
        )
        monkeypatch.setattr(cmd, "run_one_command", lambda *args: calls.append(("run", args[-1])))
        monkeypatch.setattr("sys.argv", ["oslo-rootwrap", config_file, "echo"])
        cmd.main()
        return calls

    return run


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("limits", "end"),
    [
        ((117000, 117000), 117000),
        ((58590, 117000), 117000),
        ((58590, resource.RLIM_INFINITY), 58590),
    ],
)
def test_closes_what_the_limits_allow_to_be_open_and_then_lowers_the_limit(run_main, limits, end):
    assert run_main(limits) == [
        ("listdir", "/proc/self/fd"),
        ("closerange", LIMIT, end),
        ("setrlimit", (LIMIT, limits[1])),
        ("run", ["echo"]),
    ]


@PATCH
@pytest.mark.on_freebsd
def test_closes_nothing_when_the_limit_is_low_already(run_main):
    assert run_main((LIMIT, 117000)) == [("run", ["echo"])]


@PATCH
@pytest.mark.on_freebsd
def test_a_real_descriptor_beyond_the_limit_is_closed_and_others_stay(run_rootwrap):
    printed, answer = run_rootwrap(900, 1024, 1500)

    assert printed == "from the command"
    assert answer["status"] == 0
    assert answer["open"] == [900]
    assert answer["limits"] == [LIMIT, answer["hard"]]


@PATCH
@pytest.mark.on_linux
def test_linux_closes_what_proc_lists_beyond_the_limit(run_rootwrap):
    printed, answer = run_rootwrap(900, 1024, 1500)

    assert printed == "from the command"
    assert answer["status"] == 0
    assert answer["open"] == [900]
    assert answer["limits"] == [LIMIT, answer["hard"]]
