"""Checks of nova/host-no-topology.patch: whether the host has SMT, where libvirt does not say."""

import os

import pytest

pytestmark = pytest.mark.patch("nova/host-no-topology.patch")

SYSCTL = """
test "$*" = "-n kern.smp.threads_per_core" || exit 64
echo asked >> "$0.log"
echo %d
"""


@pytest.fixture
def no_commands(monkeypatch):
    """Make running any command an error."""
    from oslo_concurrency import processutils

    def refuse(*words, **options):
        raise AssertionError("ran " + " ".join(words))

    monkeypatch.setattr(processutils, "execute", refuse)


@pytest.mark.on_freebsd
@pytest.mark.parametrize(("threads", "smt"), [(1, False), (2, True), (4, True)])
def test_without_a_topology_the_kernel_says_whether_there_is_smt(threads, smt, bhyve_host, command):
    command("sysctl", SYSCTL % threads)
    assert bhyve_host.has_hyperthreading is smt


@pytest.mark.on_freebsd
def test_the_kernel_is_asked_once_and_the_answer_does_not_change(bhyve_host, command):
    path = command("sysctl", SYSCTL % 2)
    assert [bhyve_host.has_hyperthreading for _ in range(3)] == [True, True, True]
    assert path.with_name("sysctl.log").read_text() == "asked\n"


@pytest.mark.on_freebsd
def test_the_kernel_of_this_host_answers(profile):
    from nova.virt.libvirt import host

    if profile is not None:
        pytest.skip("an emulated host has no kernel to ask; this one is for FreeBSD itself")
    assert os.cpu_count() % host.Host._get_threads_per_core() == 0


@pytest.mark.on_freebsd
def test_a_kernel_that_does_not_know_the_sysctl_has_no_smt(bhyve_host, command):
    command("sysctl", 'echo "sysctl: unknown oid" >&2; exit 1')
    assert bhyve_host.has_hyperthreading is False


@pytest.mark.on_freebsd
def test_a_host_without_the_command_has_no_smt(bhyve_host, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bhyve_host.has_hyperthreading is False


@pytest.mark.on_freebsd
def test_a_command_that_cannot_be_run_is_an_error_and_the_next_call_asks_again(
    bhyve_host, command, tmp_path, monkeypatch
):
    program = command("sysctl", SYSCTL % 2)
    monkeypatch.setenv("PATH", str(program.parent))
    program.chmod(0o644)
    for _ in range(2):
        with pytest.raises(PermissionError):
            _ = bhyve_host.has_hyperthreading
    program.chmod(0o755)
    assert bhyve_host.has_hyperthreading is True


@pytest.mark.on_freebsd
@pytest.mark.parametrize("smt", [True, False])
def test_where_there_is_a_topology_it_comes_before_the_kernel(
    smt, bhyve_host, two_threads, no_commands
):
    two_threads(of_one_core=smt)
    assert bhyve_host.has_hyperthreading is smt


@pytest.mark.on_linux
@pytest.mark.parametrize("smt", [True, False])
def test_on_linux_the_topology_decides_and_no_command_is_run(
    smt, bhyve_host, two_threads, no_commands
):
    two_threads(of_one_core=smt)
    assert [bhyve_host.has_hyperthreading for _ in range(2)] == [smt, smt]
