"""A port whose policy does not load, or cannot be made, is closed, and no other port is."""

import pytest
from conftest import rule
from freebsd_network.pf_filter import Packet

CLOSED = pytest.mark.patch("neutron-bsdbridge/bsdbridge-fail-closed.patch")
BROKEN = pytest.mark.patch("neutron-bsdbridge/bsdbridge-isolate-broken-ports.patch")
STATES = pytest.mark.patch("neutron-bsdbridge/bsdbridge-table-states.patch")
GUARD = pytest.mark.patch("neutron-bsdbridge/bsdbridge-guarded-taps.patch")
HOST = pytest.mark.patch("neutron-bsdbridge/bsdbridge-check-host.patch")

FIRST, SECOND = "tap1111eeee-00", "tap2222eeee-00"


def members(kernel):
    """The members of all bridges."""
    interfaces = kernel.vnets[""].interfaces.values()
    return {name for one in interfaces for name in one.members}


def passes(kernel, interface, **more):
    """Whether a packet to port 22 of the first guest passes its tap."""
    pf = kernel.vnets[""].pf
    pf.states.clear()
    fields = {
        "source": "198.51.100.9",
        "destination": "192.0.2.10",
        "protocol": 6,
        "source_port": 40000,
        "destination_port": 22,
        **more,
    }
    return pf.passes(Packet(interface, "out", **fields))


@CLOSED
def test_the_rules_stand_before_the_tap_does(kernel, sync, cloud):
    result = sync(cloud)

    assert not result.failed
    calls = [call for call in kernel.calls if FIRST in " ".join(call)]
    load = next(n for n, call in enumerate(calls) if "-f" in call)
    create = next(n for n, call in enumerate(calls) if "create" in call)
    join = next(n for n, call in enumerate(calls) if "addm" in call)
    assert load < create < join
    assert members(kernel) == {FIRST, SECOND}
    assert passes(kernel, FIRST)
    assert not passes(kernel, FIRST, destination_port=23)


@CLOSED
def test_a_port_whose_rules_do_not_load_is_not_made_and_the_others_are(kernel, sync, cloud):
    kernel.fail_next.append(("pfctl", "-f"))

    result = sync(cloud)

    assert result.failed
    assert members(kernel) == {SECOND}
    assert FIRST not in kernel.vnets[""].interfaces


@CLOSED
def test_rules_that_do_not_load_close_the_port_that_had_others(kernel, sync, cloud):
    sync(cloud)
    assert passes(kernel, FIRST)
    group = cloud.ports[0].groups[0]
    cloud.groups[group] = [rule(protocol="tcp", port_range_min=23, port_range_max=23)]
    kernel.fail_next.append(("pfctl", "-f"))

    result = sync(cloud)

    assert next(receipt.note for receipt in result.failed).endswith("isolated")
    assert not passes(kernel, FIRST)
    assert not passes(kernel, FIRST, destination_port=23)
    sync(cloud)
    assert passes(kernel, FIRST, destination_port=23)


@CLOSED
def test_a_port_that_pf_cannot_even_close_leaves_its_bridge(kernel, sync, cloud):
    sync(cloud)
    cloud.groups[cloud.ports[0].groups[0]] = []
    kernel.fail_next += [("pfctl", "-f")] * 2

    result = sync(cloud)

    assert next(receipt.note for receipt in result.failed).endswith("taken off its bridge")
    assert members(kernel) == {SECOND}


@CLOSED
def test_a_group_that_cannot_be_updated_closes_the_port(kernel, sync, cloud):
    sync(cloud)
    cloud.ports[0].fixed_ips.append("192.0.2.77")
    kernel.fail_next.append(("pfctl", "replace"))

    result = sync(cloud)

    assert result.failed
    text = kernel.run(("/sbin/pfctl", "-a", "l2-neutron/port/" + SECOND, "-sr"))[1]
    assert "block" in text
    assert "pass" not in text


@CLOSED
def test_a_warning_of_pfctl_is_no_failure_when_the_rules_are_there(kernel, sync, cloud):
    real = kernel.run

    def warn(argv, timeout=None, input=None):
        status, out, err = real(argv, timeout, input)
        if "-f" in argv:
            return 1, out, "pfctl: /etc/pf.os: No such file or directory\n"
        return status, out, err

    kernel.run = warn

    assert not sync(cloud).failed
    assert members(kernel) == {FIRST, SECOND}


@CLOSED
def test_a_tap_that_a_program_holds_open_keeps_its_rules(kernel, sync, cloud):
    sync(cloud)
    kernel.vnets[""].interfaces[FIRST].busy = True
    del cloud.ports[0]

    sync(cloud)

    assert members(kernel) == {SECOND}
    assert not passes(kernel, FIRST, destination_port=23)


@CLOSED
def test_a_port_without_its_mac_lock_leaves_its_bridge(kernel, sync, cloud):
    kernel.fail_next.append(("ifconfig", "static"))

    assert sync(cloud).failed
    assert members(kernel) == {SECOND}


@BROKEN
def test_a_port_that_cannot_be_built_is_closed_and_the_others_are_served(kernel, sync, cloud):
    details = [port.details() for port in cloud.ports]
    details[0]["mac_address"] = None

    result = sync(cloud, details)

    assert not result.failed
    assert members(kernel) == {FIRST, SECOND}
    assert not passes(kernel, FIRST)
    assert passes(kernel, SECOND, source="192.0.2.10", destination="192.0.2.11")


@BROKEN
def test_a_port_without_a_usable_network_is_left_out(kernel, sync, cloud):
    details = [port.details() for port in cloud.ports]
    del details[0]["network_id"]

    sync(cloud, details)

    assert members(kernel) == {SECOND}


@BROKEN
def test_only_served_ports_are_named_as_served(cloud):
    from neutron_bsdbridge.l2_agent import port_config
    from neutron_meaning import Server

    details = [port.details() for port in cloud.ports]
    details[0]["mac_address"] = "no address"

    _config, devices = port_config.build(details, Server(cloud).info(), {})

    assert devices == [cloud.ports[1].id]


@STATES
def test_who_leaves_a_group_loses_the_connections_that_it_allowed(kernel, sync, cloud):
    sync(cloud)
    pf = kernel.vnets[""].pf
    pf.states.clear()
    inside = Packet(SECOND, "out", "192.0.2.10", "192.0.2.11", 6, 4000, 80)
    own = Packet(SECOND, "in", "192.0.2.11", "198.51.100.9", 6, 4000, 80)
    assert pf.passes(inside)
    assert pf.passes(own)
    cloud.ports[0].groups = []

    sync(cloud)

    assert not pf.passes(inside.reply())
    assert not pf.passes(inside)
    assert pf.passes(own.reply())


@STATES
def test_who_joins_a_group_ends_no_connection(kernel, sync, cloud):
    sync(cloud)
    pf = kernel.vnets[""].pf
    pf.states.clear()
    inside = Packet(SECOND, "out", "192.0.2.10", "192.0.2.11", 6, 4000, 80)
    assert pf.passes(inside)
    cloud.ports[0].fixed_ips.append("192.0.2.55")

    sync(cloud)

    assert pf.passes(inside.reply())


@GUARD
def test_a_tap_stays_closed_when_somebody_flushes_all_rules(kernel, sync, cloud):
    sync(cloud)
    kernel.vnets[""].pf.anchors.clear()

    assert not passes(kernel, FIRST)
    sync(cloud)
    assert passes(kernel, FIRST)


@GUARD
def test_a_port_without_port_security_is_not_guarded_and_may_change_its_mind(kernel, sync, cloud):
    details = [port.details() for port in cloud.ports]
    details[0]["port_security_enabled"] = False
    sync(cloud, details)
    assert passes(kernel, FIRST, destination_port=23)

    sync(cloud)
    assert not passes(kernel, FIRST, destination_port=23)
    assert passes(kernel, FIRST)

    sync(cloud, details)
    assert passes(kernel, FIRST, destination_port=23)


@HOST
def test_a_host_as_it_should_be_has_no_fault(kernel):
    from neutron_bsdbridge.l2_agent import host

    assert host.faults(kernel.run) == []


@HOST
@pytest.mark.parametrize(
    ("command", "text", "fault"),
    [
        (("/sbin/sysctl", "net.link.bridge.pfil_member=0"), None, "pfil_member"),
        (("/sbin/sysctl", "net.link.bridge.pfil_onlyip=0"), None, "pfil_onlyip"),
        (("/sbin/pfctl", "-d"), None, "not enabled"),
        (("/sbin/pfctl", "-f", "-"), "block drop quick on neutron-port\n", "has no: anchor"),
        (("/sbin/pfctl", "-f", "-"), 'anchor "l2-neutron/port/*"\n', "block drop quick"),
        (
            ("/sbin/pfctl", "-f", "-"),
            'block drop quick on neutron-port\nanchor "l2-neutron/port/*"\n',
            "behind the anchor",
        ),
    ],
)
def test_a_host_that_would_not_filter_is_refused_by_name(kernel, command, text, fault):
    from neutron_bsdbridge.l2_agent import host

    kernel.run(command, input=text)

    assert [one for one in host.faults(kernel.run) if fault in one]
