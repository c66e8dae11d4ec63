"""Agents that are not root have their commands run by a daemon that refuses all others."""

import os
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.patch("neutron-bsdbridge/bsdbridge-privsep.patch")

CONF = SimpleNamespace(
    state_path="/var/db/neutron-bsdbridge",
    dnsmasq_path="/usr/local/sbin/dnsmasq",
    haproxy_path="/usr/local/sbin/haproxy",
)
JAIL = "qdhcp-333333334444"
NETWORK = "33333333-4444-5555-6666-777777777777"


@pytest.fixture
def privileged():
    from neutron_bsdbridge import privileged

    return privileged


@pytest.mark.parametrize(
    "argv",
    [
        ("/sbin/ifconfig", "tap", "create", "name", "tap1", "descr", "neutron port x", "up"),
        ("/sbin/pfctl", "-a", "l2-neutron/port/tap1111eeee-00", "-f", "-"),
        ("/sbin/pfctl", "-a", "l2-neutron/port/t", "-t", "own", "-T", "replace", "192.0.2.1"),
        (
            "/sbin/pfctl",
            "-a",
            "l2-neutron/port/t",
            "-t",
            "own",
            "-T",
            "replace",
            "::1",
            "10.0.0.0/8",
        ),
        ("/usr/sbin/jail", "-c", "name=" + JAIL, "vnet", "persist", "path=/"),
        ("/usr/sbin/jexec", JAIL, "/sbin/ifconfig", "dhcp0", "inet", "192.0.2.2/24", "up"),
        (
            "/usr/sbin/jexec",
            JAIL,
            "/usr/local/sbin/dnsmasq",
            "--conf-file=/dev/null",
            "--no-hosts",
            f"--pid-file=/var/db/neutron-bsdbridge/dhcp/{NETWORK}/pid",
            "--dhcp-range=set:sub,192.0.2.0,static,255.255.255.0,86400s",
        ),
        (
            "/usr/sbin/jexec",
            "qrouter-333333334444",
            "/sbin/pfctl",
            "-f",
            f"/var/db/neutron-bsdbridge/l3/{NETWORK}/pf.conf",
        ),
    ],
)
def test_the_agents_commands_are_let_through(privileged, argv):
    privileged.check(argv, CONF)


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("/bin/sh", "-c", "id"),
        ("/sbin/pfctl", "-d"),
        ("/sbin/pfctl", "-f", "-"),
        ("/sbin/pfctl", "-F", "all"),
        ("/sbin/pfctl", "-a", "other/anchor", "-f", "-"),
        ("/sbin/pfctl", "-a", "l2-neutron/port/t", "-f", "/etc/master.passwd"),
        ("/usr/sbin/jail", "-c", "name=x", "exec.start=id", "path=/"),
        ("/usr/sbin/jail", "-r", "other"),
        ("/usr/sbin/jexec", "other", "/sbin/ifconfig"),
        ("/usr/sbin/jexec", JAIL, "/bin/sh"),
        ("/usr/sbin/jexec", JAIL, "/usr/sbin/jexec", JAIL, "/sbin/ifconfig"),
        ("/usr/sbin/jexec", JAIL, "/sbin/pfctl", "-f", "/etc/master.passwd"),
        (
            "/usr/sbin/jexec",
            JAIL,
            "/sbin/pfctl",
            "-f",
            f"/var/db/neutron-bsdbridge/l3/{NETWORK}/../../pf.conf",
        ),
        ("/usr/sbin/jexec", JAIL, "/usr/local/sbin/dnsmasq", "--conf-file=/tmp/x"),
        (
            "/usr/sbin/jexec",
            JAIL,
            "/usr/local/sbin/dnsmasq",
            "--conf-file=/dev/null",
            "--dhcp-script=/tmp/x",
        ),
        ("/sbin/sysctl", "kern.securelevel=-1"),
        ("/sbin/route", "-n", "delete", "default"),
    ],
)
def test_everything_else_is_refused(privileged, argv):
    with pytest.raises(privileged.Refused):
        privileged.check(argv, CONF)


def test_every_command_of_a_whole_life_is_let_through(privileged, kernel, sync, cloud, tmp_path):
    from neutron_bsdbridge.dhcp_agent import reconcile as dhcp
    from neutron_bsdbridge.l2_agent import host
    from neutron_bsdbridge.l3_agent import reconcile as l3
    from neutron_bsdbridge.l3_agent import router as router_module
    from test_agents import network, router

    host.faults(kernel.run)
    sync(cloud)
    cloud.ports[0].groups = []
    sync(cloud)
    cloud.ports.clear()
    sync(cloud)
    spec = router_module.from_rpc(router())
    for wanted in ([network(False)], []):
        dhcp.reconcile(wanted, str(tmp_path), run=kernel.run)
    for wanted in ([spec], []):
        l3.reconcile(wanted, str(tmp_path), run=kernel.run)

    conf = SimpleNamespace(**{**vars(CONF), "state_path": str(tmp_path)})
    set_up = {("/sbin/sysctl", "net.link.bridge.pfil_member=1"), ("/sbin/pfctl", "-e")}
    for argv in kernel.calls:
        if argv in set_up or argv == ("/sbin/pfctl", "-f", "-") or argv[0].endswith("kill"):
            continue
        privileged.check(argv, conf)


def test_signals_go_only_into_the_agents_own_jails(privileged, kernel, tmp_path):
    from neutron_bsdbridge.dhcp_agent import reconcile as dhcp
    from test_agents import network

    dhcp.reconcile([network(False)], str(tmp_path), run=kernel.run)
    kernel.run(("/usr/sbin/jail", "-c", "name=other", "vnet", "persist", "path=/"))
    (pid,) = kernel.processes

    privileged.check_signal(("/bin/kill", "-HUP", str(pid)), kernel.run)
    privileged.check_signal(("/bin/pkill", "-j", str(kernel.jails[JAIL])), kernel.run)
    for argv in (
        ("/bin/kill", "1"),
        ("/bin/kill", "-KILL", str(pid)),
        ("/bin/pkill", "-j", str(kernel.jails["other"])),
        ("/bin/pkill", "-j", "0"),
        ("/bin/pkill", "-u", "root"),
    ):
        with pytest.raises(privileged.Refused):
            privileged.check_signal(argv, kernel.run)


def test_an_agent_that_is_not_root_asks_the_daemon(monkeypatch, privileged):
    from neutron_bsdbridge import utils

    asked = []
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        privileged, "run", lambda argv, timeout, input: asked.append((argv, timeout, input))
    )

    utils.default_run(("/sbin/ifconfig", "-g", "x"), timeout=5, input="text")

    assert asked == [(["/sbin/ifconfig", "-g", "x"], 5, "text")]


def test_root_runs_its_commands_itself(monkeypatch, privileged):
    from neutron_bsdbridge import utils

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(privileged, "run", None)

    assert utils.default_run(("/bin/echo", "hello")) == (0, "hello\n", "")
