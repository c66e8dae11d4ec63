"""Tenants cannot open each other's ports: what neutron forbids, the rendered pf does not pass.

Security groups with remote groups, address groups, CIDRs, ports and ICMP types are drawn at
random, always the same ones. neutron's own code makes of them what agents are sent, the patched
agent renders it, and a strict reader of pf.conf(5) decides packets. `neutron_meaning` decides the
same packets from the API's rules, and shares no code with either. FREEBSD_PORT_CASES asks for
more clouds than usual.
"""

import os
import random

import pytest
from conftest import Rendered
from freebsd_network.pf_filter import Packet
from neutron_meaning import Cloud, Port, _link_local

pytestmark = [
    pytest.mark.patch("neutron-bsdbridge/" + name)
    for name in (
        "bsdbridge-sg-cidr.patch",
        "bsdbridge-sg-address-groups.patch",
        "bsdbridge-fixed-ips.patch",
        "bsdbridge-sg-ethertype.patch",
        "bsdbridge-sg-icmp-types.patch",
        "bsdbridge-protocol-numbers.patch",
        "bsdbridge-infra-rules.patch",
        "bsdbridge-no-rogue-servers.patch",
    )
]

CASES = int(os.environ.get("FREEBSD_PORT_CASES", "12"))
PACKETS = 150
GROUPS = [f"{n}{n}{n}{n}{n}{n}{n}{n}-0000-0000-0000-00000000000{n}" for n in range(1, 4)]
ADDRESS_GROUPS = ["aaaaaaaa-aaaa-0000-0000-000000000001", "bbbbbbbb-bbbb-0000-0000-000000000001"]
ADDRESSES = {
    "IPv4": ["192.0.2.10", "192.0.2.11", "192.0.2.12", "198.51.100.9", "203.0.113.200"],
    "IPv6": ["2001:db8::10", "2001:db8::11", "2001:db8::12", "2001:db8:1::9"],
}
CIDRS = {
    "IPv4": ["192.0.2.0/24", "192.0.2.11/32", "198.51.100.0/25", "203.0.113.128/25", "0.0.0.0/0"],
    "IPv6": ["2001:db8::/64", "2001:db8::11/128", "2001:db8:1::/48", "::/0"],
}
PORTS = [1, 22, 67, 68, 80, 443, 546, 547, 8080, 65535]
ICMP_TYPES = {"IPv4": [0, 3, 8, 13], "IPv6": [1, 128, 129, 130, 133, 134, 135, 136, 143]}


def draw_rule(draw):
    family = draw.choice(["IPv4", "IPv6"])
    rule = {"direction": draw.choice(["ingress", "egress"]), "ethertype": family}
    protocol = draw.choice([None, "tcp", "udp", "icmp", "sctp", "6", "17", "112", "vrrp", "gre"])
    if protocol == "icmp" and family == "IPv6":
        protocol = "ipv6-icmp"
    if protocol is not None:
        rule["protocol"] = protocol
    if protocol in ("icmp", "ipv6-icmp") and draw.random() < 0.7:
        rule["port_range_min"] = draw.choice(ICMP_TYPES[family])
        if draw.random() < 0.4:
            rule["port_range_max"] = draw.choice([0, 1, 4])
    elif protocol in ("tcp", "udp", "sctp", "6", "17") and draw.random() < 0.7:
        low, high = sorted(draw.choices(PORTS, k=2))
        rule.update(port_range_min=low, port_range_max=high)
    remote = draw.choice(["", "remote_ip_prefix", "remote_group_id", "remote_address_group_id"])
    if remote:
        choices = {
            "remote_ip_prefix": CIDRS[family],
            "remote_group_id": GROUPS,
            "remote_address_group_id": ADDRESS_GROUPS,
        }
        rule[remote] = draw.choice(choices[remote])
    return rule


def draw_cloud(draw):
    ports = []
    for index in range(3):
        fixed = draw.sample(
            [f"192.0.2.1{index}", f"192.0.2.2{index}", f"2001:db8::1{index}"], draw.randint(0, 3)
        )
        mac = f"fa:16:3e:00:00:0{index}"
        pairs = [
            (draw.choice([mac, mac, "fa:16:3e:99:99:99"]), draw.choice(values))
            for values in (ADDRESSES["IPv4"], CIDRS["IPv4"], ADDRESSES["IPv6"])
            if draw.random() < 0.2
        ]
        groups = draw.sample(GROUPS, draw.randint(0, 2))
        port_id = f"{index}{index}{index}{index}eeee-0000-0000-0000-00000000000{index}"
        ports.append(Port(port_id, mac, fixed, groups, pairs))
    groups = {group: [draw_rule(draw) for _ in range(draw.randint(0, 5))] for group in GROUPS}
    address_groups = {
        group: draw.sample(CIDRS["IPv4"][:4] + CIDRS["IPv6"][:3], draw.randint(0, 3))
        for group in ADDRESS_GROUPS
    }
    return Cloud(ports, groups, address_groups)


def draw_packet(draw, cloud):
    family = draw.choice(["IPv4", "IPv6"])
    known = [
        ip for port in cloud.ports for ip in port.fixed_ips if (":" in ip) == (family == "IPv6")
    ]
    special = {
        "IPv4": ["0.0.0.0", "255.255.255.255", "192.0.2.1"],
        "IPv6": ["::", "fe80::1", "ff02::1", *(_link_local(port.mac) for port in cloud.ports)],
    }[family]
    addresses = known * 3 + ADDRESSES[family] + special
    protocol = draw.choice([6, 6, 17, 17, 1 if family == "IPv4" else 58, 132, 112, 47])
    near = [port + step for port in PORTS for step in (-1, 0, 1) if 0 < port + step < 65536]
    return {
        "source": draw.choice(addresses),
        "destination": draw.choice(addresses),
        "protocol": protocol,
        "source_port": draw.choice([67, 68, 546, 547, 40000]) if protocol in (6, 17, 132) else 0,
        "destination_port": draw.choice(near) if protocol in (6, 17, 132) else 0,
        "icmp_type": draw.choice(ICMP_TYPES[family]) if protocol in (1, 58) else None,
        "icmp_code": draw.choice([0, 1, 4]) if protocol in (1, 58) else 0,
    }


def decisions(seed):
    """Yields (what happens, the cloud, neutron's answer, pf's answer) for each packet."""
    draw = random.Random(seed)
    cloud = draw_cloud(draw)
    rendered = Rendered(cloud)
    pf = rendered.filter()
    for _ in range(PACKETS):
        fields = draw_packet(draw, cloud)
        port = draw.choice(cloud.ports)
        for direction, lets in (("in", cloud.lets_send), ("out", cloud.lets_receive)):
            packet = Packet(rendered.taps[port.id], direction, **fields)
            pf.states.clear()
            yield packet, rendered, lets(port, packet), pf.passes(packet)


def explain(seed, packet, rendered):
    """The case, for whoever has to find out what went wrong."""
    text = rendered.texts[packet.interface]
    return f"case {seed}: {packet}\n{rendered.cloud}\n{text}"


def test_no_packet_passes_that_neutron_forbids():
    forbidden = 0
    for seed in range(CASES):
        for packet, rendered, lets, passes in decisions(seed):
            forbidden += not lets
            assert lets or not passes, explain(seed, packet, rendered)
    assert forbidden > CASES


def test_every_packet_passes_that_neutron_lets_pass():
    allowed = 0
    for seed in range(CASES):
        for packet, rendered, lets, passes in decisions(seed):
            allowed += lets
            assert passes or not lets, explain(seed, packet, rendered)
    assert allowed > CASES


def test_between_two_guests_both_have_to_agree():
    met = set()
    for seed in range(CASES):
        draw = random.Random(seed)
        cloud = draw_cloud(draw)
        rendered = Rendered(cloud)
        pf = rendered.filter()
        for _ in range(PACKETS // 2):
            sender, receiver = draw.sample(cloud.ports, 2)
            fields = draw_packet(draw, cloud)
            leaving = Packet(rendered.taps[sender.id], "in", **fields)
            arriving = Packet(rendered.taps[receiver.id], "out", **fields)
            pf.states.clear()
            arrives = pf.passes(leaving) and pf.passes(arriving)
            agreed = cloud.lets_send(sender, leaving) and cloud.lets_receive(receiver, arriving)
            assert arrives == agreed, explain(seed, arriving, rendered)
            met.add(arrives)
    assert met == {True, False}
