"""Checks of nova/host-cpumap-fallback.patch: the CPUs of a host whose libvirt has no CPU map."""

import any_release
import pytest

pytestmark = pytest.mark.patch("nova/host-cpumap-fallback.patch")

QUESTIONS = ["get_available_cpus", "get_online_cpus"]


def ask(host, question):
    """Ask nova's Host, where it knows the question."""
    any_release.require(type(host), question)
    return getattr(host, question)()


@pytest.mark.on_freebsd
@pytest.mark.parametrize("question", QUESTIONS)
def test_without_a_cpu_map_all_cpus_that_libvirt_counts_are_there(question, bhyve_host):
    assert ask(bhyve_host, question) == {0, 1, 2, 3, 4, 5, 6, 7}


@pytest.mark.on_freebsd
def test_libvirt_is_asked_for_the_cpu_map_first(bhyve_host, connection):
    bhyve_host.get_online_cpus()
    asked = [name for name in connection.calls if name in ("getCPUMap", "getInfo")]
    assert asked == ["getCPUMap", "getInfo"]


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("code", [1, 38, None])
def test_any_other_error_of_libvirt_reaches_the_caller(
    code, question, bhyve_host, connection, libvirt
):
    def fail():
        raise libvirt.libvirtError("not what the fallback is for", code=code)

    connection.getCPUMap = fail
    with pytest.raises(libvirt.libvirtError, match="not what the fallback is for"):
        ask(bhyve_host, question)
    assert "getInfo" not in connection.calls


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("question", "cpus"),
    [("get_available_cpus", {0, 1, 2, 3}), ("get_online_cpus", {0, 1, 3})],
)
def test_with_a_cpu_map_an_offline_cpu_is_available_but_not_online(
    question, cpus, bhyve_host, connection
):
    connection.getCPUMap = lambda: (4, [True, True, False, True], 3)
    assert ask(bhyve_host, question) == cpus
    assert "getInfo" not in connection.calls
