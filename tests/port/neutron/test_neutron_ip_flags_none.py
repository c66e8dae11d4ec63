"""Addresses as pyroute2 gives them on FreeBSD and on Linux."""

import pytest
from neutron.agent.linux import ip_lib
from pyroute2.netlink.rtnl import ifaddrmsg

pytestmark = pytest.mark.patch("neutron/neutron-ip-flags-none.patch")

ADDRESS = {
    "prefixlen": 24,
    "scope": 0,
    "attrs": [("IFA_ADDRESS", "192.0.2.7"), ("IFA_BROADCAST", "192.0.2.255")],
}


def parse(attributes=(), **header):
    message = {**ADDRESS, **header, "attrs": [*ADDRESS["attrs"], *attributes]}
    return ip_lib._parse_ip_address(message, "ix0")


def test_an_address_without_flags_is_read():
    found = parse()
    assert (found["cidr"], found["name"]) == ("192.0.2.7/24", "ix0")
    assert (found["tentative"], found["dadfailed"]) == (False, False)


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        (ifaddrmsg.IFA_F_PERMANENT, (False, False, False)),
        (ifaddrmsg.IFA_F_TENTATIVE, (True, True, False)),
        (ifaddrmsg.IFA_F_DADFAILED, (True, False, True)),
        (0, (True, False, False)),
    ],
)
def test_the_flags_of_the_header_stand_for_those_of_the_attribute(flag, told):
    found = parse(flags=flag)
    assert (found["dynamic"], found["tentative"], found["dadfailed"]) == told


@pytest.mark.on_linux
def test_the_attribute_counts_where_it_is():
    attribute = ("IFA_FLAGS", ifaddrmsg.IFA_F_PERMANENT)
    found = parse([attribute], flags=ifaddrmsg.IFA_F_TENTATIVE)
    assert (found["dynamic"], found["tentative"]) == (False, False)
