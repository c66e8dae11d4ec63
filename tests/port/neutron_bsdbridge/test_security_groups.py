"""Rules of security groups become rules of pf that mean the same, or nothing passes."""

import pytest
from conftest import MAC, rule
from freebsd_network.pf_filter import Packet

CIDR = pytest.mark.patch("neutron-bsdbridge/bsdbridge-sg-cidr.patch")
ADDRESS_GROUPS = pytest.mark.patch("neutron-bsdbridge/bsdbridge-sg-address-groups.patch")
ETHERTYPE = pytest.mark.patch("neutron-bsdbridge/bsdbridge-sg-ethertype.patch")
ICMP = pytest.mark.patch("neutron-bsdbridge/bsdbridge-sg-icmp-types.patch")
NUMBERS = pytest.mark.patch("neutron-bsdbridge/bsdbridge-protocol-numbers.patch")
FIXED_IPS = pytest.mark.patch("neutron-bsdbridge/bsdbridge-fixed-ips.patch")
INFRA = pytest.mark.patch("neutron-bsdbridge/bsdbridge-infra-rules.patch")
SERVERS = pytest.mark.patch("neutron-bsdbridge/bsdbridge-no-rogue-servers.patch")
STATELESS = pytest.mark.patch("neutron-bsdbridge/bsdbridge-sg-stateless.patch")

BOTH = ("192.0.2.10", "2001:db8::10")
ANYTHING_OUT = (rule("egress"), rule("egress", "IPv6"))
AG = "bbbbbbbb-0000-0000-0000-000000000001"


@CIDR
def test_a_rule_for_a_cidr_opens_the_port_for_that_cidr_only(port_of):
    port = port_of(
        rule(
            protocol="tcp",
            port_range_min=22,
            port_range_max=22,
            remote_ip_prefix="198.51.100.0/24",
        )
    )

    assert port.gets("198.51.100.9", 6, destination_port=22)
    assert not port.gets("203.0.113.9", 6, destination_port=22)
    assert not port.gets("198.51.100.9", 6, destination_port=23)


@CIDR
def test_an_egress_rule_for_a_cidr_lets_out_to_that_cidr_only(port_of):
    port = port_of(rule("egress", remote_ip_prefix="198.51.100.0/24"))

    assert port.sends("198.51.100.9", 6, destination_port=80)
    assert not port.sends("203.0.113.9", 6, destination_port=80)


@ADDRESS_GROUPS
def test_a_remote_address_group_opens_the_port_for_its_addresses_only(port_of):
    port = port_of(
        rule(protocol="tcp", remote_address_group_id=AG),
        address_groups={AG: ["198.51.100.0/25", "198.51.100.200/32"]},
    )

    assert port.gets("198.51.100.9", 6, destination_port=80)
    assert port.gets("198.51.100.200", 6, destination_port=80)
    assert not port.gets("198.51.100.201", 6, destination_port=80)


@ADDRESS_GROUPS
def test_an_empty_address_group_opens_nothing(port_of):
    port = port_of(rule(protocol="tcp", remote_address_group_id=AG), address_groups={AG: []})

    assert not port.gets("198.51.100.9", 6, destination_port=80)


@ADDRESS_GROUPS
def test_members_of_tables_are_spelled_as_pfctl_shows_them(port_of):
    port = port_of(
        rule(protocol="tcp", remote_address_group_id=AG),
        address_groups={AG: ["198.51.100.200/32", "198.51.100.77/25"]},
    )

    assert "198.51.100.0/25, 198.51.100.200 " in port.text
    assert port.config.table["ag-" + AG[:12]].members == ["198.51.100.0/25", "198.51.100.200"]


@ETHERTYPE
def test_an_untyped_ipv6_rule_opens_ipv6_only(port_of):
    port = port_of(rule(ethertype="IPv6"), fixed_ips=BOTH)

    assert port.gets("2001:db8::99", 6, destination_port=80)
    assert not port.gets("198.51.100.9", 6, destination_port=80)


@ETHERTYPE
def test_tcp_over_ipv6_passes_by_its_own_rule(port_of):
    ports = {"port_range_min": 80, "port_range_max": 90}
    port = port_of(rule(ethertype="IPv6", protocol="tcp", **ports), fixed_ips=BOTH)

    assert port.gets("2001:db8::99", 6, destination_port=85)
    assert not port.gets("2001:db8::99", 6, destination_port=91)
    assert not port.gets("198.51.100.9", 6, destination_port=85)


@ETHERTYPE
def test_a_remote_group_has_its_ipv6_members_too(port_of):
    group = "aaaaaaaa-0000-0000-0000-000000000001"
    port = port_of(rule(ethertype="IPv6", remote_group_id=group), fixed_ips=BOTH)

    assert port.gets("2001:db8::10", 6, destination_port=80)
    assert not port.gets("2001:db8::99", 6, destination_port=80)
    assert not port.gets("192.0.2.10", 6, destination_port=80)


@ICMP
@pytest.mark.parametrize(
    ("values", "passing", "blocked"),
    [
        ({"port_range_min": 8}, [(8, 0), (8, 3)], [(0, 0), (5, 0)]),
        ({"port_range_min": 8, "port_range_max": 0}, [(8, 0)], [(8, 1), (0, 0)]),
        ({"port_range_min": 0}, [(0, 0)], [(8, 0)]),
        ({"port_range_min": 3, "port_range_max": 4}, [(3, 4)], [(3, 3), (4, 4)]),
        ({}, [(8, 0), (13, 0)], []),
    ],
)
def test_an_icmp_rule_opens_its_type_and_code(port_of, values, passing, blocked):
    port = port_of(rule(protocol="icmp", **values))

    for kind, code in passing:
        assert port.gets("198.51.100.9", 1, icmp_type=kind, icmp_code=code)
    for kind, code in blocked:
        assert not port.gets("198.51.100.9", 1, icmp_type=kind, icmp_code=code)


@ICMP
def test_an_icmpv6_rule_opens_its_type(port_of):
    port = port_of(rule(ethertype="IPv6", protocol="ipv6-icmp", port_range_min=128), fixed_ips=BOTH)

    assert port.gets("2001:db8::99", 58, icmp_type=128)
    assert not port.gets("2001:db8::99", 58, icmp_type=129)


@NUMBERS
@pytest.mark.parametrize(
    ("protocol", "number"), [("6", 6), ("112", 112), ("vrrp", 112), ("gre", 47), ("sctp", 132)]
)
def test_a_protocol_passes_by_number_or_name(port_of, protocol, number):
    port = port_of(rule(protocol=protocol))

    assert port.gets("198.51.100.9", number, destination_port=9)
    assert not port.gets("198.51.100.9", 17, destination_port=9)


@NUMBERS
def test_sctp_has_ports(port_of):
    port = port_of(rule(protocol="sctp", port_range_min=10, port_range_max=20))

    assert port.gets("198.51.100.9", 132, destination_port=15)
    assert not port.gets("198.51.100.9", 132, destination_port=21)


@NUMBERS
@pytest.mark.parametrize(
    "unfit",
    [
        {"protocol": "0"},
        {"protocol": "no-such"},
        {"protocol": "256"},
        {"protocol": "udplite", "port_range_min": 10, "port_range_max": 20},
    ],
)
def test_what_pf_cannot_express_opens_nothing(port_of, unfit):
    port = port_of(rule(**unfit))

    for number in (6, 17, 136):
        assert not port.gets("198.51.100.9", number, destination_port=15)


@FIXED_IPS
def test_a_guest_sends_from_each_of_its_addresses_and_from_no_other(port_of):
    port = port_of(*ANYTHING_OUT, fixed_ips=("192.0.2.10", "192.0.2.11", "2001:db8::10"))

    for source in ("192.0.2.10", "192.0.2.11"):
        assert port.sends("198.51.100.9", 6, source, destination_port=80)
    assert port.sends("2001:db8::99", 6, "2001:db8::10", destination_port=80)
    assert not port.sends("198.51.100.9", 6, "192.0.2.12", destination_port=80)
    assert not port.sends("2001:db8::99", 6, "2001:db8::11", destination_port=80)


@FIXED_IPS
def test_a_guest_sends_from_its_allowed_address_pairs(port_of):
    port = port_of(*ANYTHING_OUT, pairs=[(MAC, "192.0.2.200"), (MAC, "10.9.0.0/16")])

    assert port.sends("198.51.100.9", 6, "192.0.2.200", destination_port=80)
    assert port.sends("198.51.100.9", 6, "10.9.8.7", destination_port=80)
    assert not port.sends("198.51.100.9", 6, "10.8.8.7", destination_port=80)


@FIXED_IPS
def test_a_pair_with_another_mac_opens_nothing_as_the_bridge_drops_its_frames(port_of):
    port = port_of(*ANYTHING_OUT, pairs=[("fa:16:3e:00:00:99", "192.0.2.200")])

    assert not port.sends("198.51.100.9", 6, "192.0.2.200", destination_port=80)


@FIXED_IPS
def test_a_port_without_an_address_sends_only_what_finds_it_one(port_of):
    port = port_of(*ANYTHING_OUT, fixed_ips=())

    assert port.sends("255.255.255.255", 17, "0.0.0.0", source_port=68, destination_port=67)
    assert not port.sends("198.51.100.9", 6, "192.0.2.10", destination_port=80)
    assert next(iter(port.config.bridge.values())).member[port.tap].bind.mac == MAC


@FIXED_IPS
def test_ipv6_guests_use_their_link_local_address_and_detect_duplicates(port_of):
    port = port_of(*ANYTHING_OUT, fixed_ips=BOTH)

    assert port.sends("ff02::1:ff00:10", 58, "::", icmp_type=135)
    assert port.sends("ff02::2", 58, "fe80::f816:3eff:fe00:1", icmp_type=133)
    assert not port.sends("2001:db8::99", 58, "::", icmp_type=135)
    assert not port.sends("ff02::2", 58, "fe80::1", icmp_type=133)


@INFRA
def test_every_port_gets_an_address_and_finds_its_neighbours(port_of):
    port = port_of(fixed_ips=BOTH)

    assert port.gets("192.0.2.2", 17, source_port=67, destination_port=68)
    assert port.sends("192.0.2.2", 17, source_port=68, destination_port=67)
    assert port.gets("fe80::1", 58, icmp_type=134)
    assert port.gets("fe80::1", 58, icmp_type=135)
    assert port.sends("fe80::1", 58, icmp_type=136)


@INFRA
def test_the_ports_of_dhcp_are_no_way_in_for_others(port_of):
    port = port_of(fixed_ips=BOTH)

    assert not port.gets("198.51.100.9", 17, source_port=1234, destination_port=68)
    assert not port.gets(
        "192.0.2.2", 17, destination="192.0.2.99", source_port=67, destination_port=68
    )
    assert not port.gets("2001:db8::99", 58, icmp_type=128)
    assert not port.sends("198.51.100.9", 17, source_port=1234, destination_port=67)


@INFRA
def test_a_port_without_ipv6_gets_no_router_advertisements(port_of):
    port = port_of()

    assert not port.gets("fe80::1", 58, destination="ff02::1", icmp_type=134)


@SERVERS
def test_no_guest_offers_addresses_or_announces_routes_whatever_its_group_allows(port_of):
    port = port_of(*ANYTHING_OUT, fixed_ips=BOTH)

    assert not port.sends("192.0.2.99", 17, source_port=67, destination_port=68)
    assert not port.sends("2001:db8::99", 17, source_port=547, destination_port=546)
    assert not port.sends("ff02::1", 58, "fe80::f816:3eff:fe00:1", icmp_type=134)
    assert port.sends("192.0.2.99", 17, source_port=67, destination_port=67)


@STATELESS
def test_a_stateless_group_lets_no_answers_in_by_itself(port_of):
    group = "aaaaaaaa-0000-0000-0000-000000000001"
    port = port_of(rule("egress", protocol="tcp"), stateless=[group])
    pf = port.filter()
    sent = Packet(port.tap, "in", "192.0.2.10", "198.51.100.9", 6, 4000, 80)

    assert pf.passes(sent)
    assert not pf.passes(sent.reply())


@STATELESS
def test_a_stateful_group_lets_answers_in(port_of):
    port = port_of(rule("egress", protocol="tcp"))
    pf = port.filter()
    sent = Packet(port.tap, "in", "192.0.2.10", "198.51.100.9", 6, 4000, 80)

    assert pf.passes(sent)
    assert pf.passes(sent.reply())
    assert not pf.passes(sent.reply(source="203.0.113.9"))
