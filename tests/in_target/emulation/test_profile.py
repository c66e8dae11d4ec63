from __future__ import annotations

import pytest

from freebsd_port.in_target.emulation import load_profile, profile_names

PROFILES = ["freebsd-13.1", "freebsd-14.5", "freebsd-15.0", "freebsd-15.0-arm64"]


def test_two_hosts_on_amd64_and_one_on_arm64_have_profiles():
    assert profile_names() == PROFILES


def test_an_unknown_profile_is_refused_with_the_known_names():
    with pytest.raises(
        LookupError, match=r"freebsd-9.*known: freebsd-13.1, freebsd-14.5, freebsd-15"
    ):
        load_profile("freebsd-9")


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize(
    ("module", "present"),
    [
        ("os", {"O_DIRECT", "O_PATH", "eventfd", "memfd_create", "copy_file_range"}),
        ("socket", {"SOCK_CLOEXEC", "SOCK_NONBLOCK", "AF_BLUETOOTH", "TCP_KEEPIDLE"}),
        ("resource", {"RLIMIT_NOFILE"}),
    ],
)
def test_what_freebsd_has_is_not_called_absent(name, module, present):
    assert not present & set(load_profile(name).absent_names(module, (3, 11)))


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("os", {"O_TMPFILE", "P_PIDFD", "getxattr", "pidfd_open", "splice", "unshare", "setns"}),
        ("socket", {"AF_PACKET", "AF_VSOCK", "TCP_USER_TIMEOUT", "SO_PEERCRED", "VMADDR_CID_ANY"}),
        ("select", {"epoll", "EPOLLIN"}),
        ("signal", {"pidfd_send_signal"}),
        ("resource", {"prlimit", "RLIMIT_NICE"}),
        ("fcntl", {"F_OFD_SETLK", "F_GETPIPE_SZ"}),
        ("errno", {"ENODATA"}),
    ],
)
def test_what_only_linux_has_is_called_absent(name, module, absent):
    assert absent <= set(load_profile(name).absent_names(module, (3, 11)))


def test_netlink_came_with_freebsd_14_and_cpython_3_12():
    def is_absent(name, python):
        return "AF_NETLINK" in load_profile(name).absent_names("socket", python)

    assert is_absent("freebsd-13.1", (3, 13))
    assert is_absent("freebsd-14.5", (3, 11))
    assert not is_absent("freebsd-14.5", (3, 12))


def test_the_user_timeout_option_is_unknown_to_13_and_in_14_number_68():
    assert "TCP_MAXUNACKTIME" not in load_profile("freebsd-13.1").tcp_options
    assert load_profile("freebsd-14.5").tcp_options["TCP_MAXUNACKTIME"] == 68


def test_a_sysctl_that_was_not_recorded_is_none():
    profile = load_profile("freebsd-13.1")
    assert profile.sysctl("hw.ncpu") == 2
    assert profile.sysctl("kern.ostype") == "FreeBSD"
    assert profile.sysctl("no.such.thing") is None
