"""What neutron lets pass a port: its API's rules, without a look at bsdbridge.

Written from neutron's API reference and its reference firewalls (the spoofing, DHCP and ICMPv6
rules that they give every port). Rules are those of the API (`remote_ip_prefix` and so on);
`Server` gives them to agents by neutron's own code.
"""

import ipaddress
from dataclasses import dataclass, field

from neutron.db import securitygroups_rpc_base as rpc_base

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "vrrp": 112, "sctp": 132, "gre": 47}
WITH_PORTS = (6, 17, 132)
ROUTER_ADVERTISEMENT = 134


@dataclass
class Port:
    id: str
    mac: str
    fixed_ips: list
    groups: list
    pairs: list = field(default_factory=list)
    """Allowed address pairs: (MAC, address or CIDR)."""

    def details(self):
        """What get_devices_details_list answers for the port."""
        return {
            "device": self.id,
            "port_id": self.id,
            "mac_address": self.mac,
            "network_id": "11111111-2222-3333-4444-555555555555",
            "network_type": "local",
            "physical_network": None,
            "segmentation_id": 7,
            "device_owner": "compute:nova",
            "port_security_enabled": True,
            "fixed_ips": [{"subnet_id": "s", "ip_address": ip} for ip in self.fixed_ips],
            "allowed_address_pairs": [
                {"mac_address": mac, "ip_address": ip} for mac, ip in self.pairs
            ],
        }


@dataclass
class Cloud:
    """Ports, security groups (id to rules of the API) and address groups (id to CIDRs)."""

    ports: list
    groups: dict
    address_groups: dict = field(default_factory=dict)
    stateless: set = field(default_factory=set)

    def members(self, group):
        """The addresses that stand for a remote group."""
        return [
            ip
            for port in self.ports
            if group in port.groups
            for ip in port.fixed_ips + [address for _mac, address in port.pairs]
        ]

    def lets_send(self, port, packet):
        """Whether the port may send this packet as the first of its kind."""
        if _is(packet, 17, 68, 67) and (packet.source, packet.destination) == (
            "0.0.0.0",
            "255.255.255.255",
        ):
            return True
        if (
            packet.source == "::"
            and _inside(packet.destination, "ff02::/16")
            and packet.protocol == 58
            and packet.icmp_type in (131, 135, 143)
        ):
            return True
        if not any(_inside(packet.source, own) for own in _own(port)):
            return False
        if _is(packet, 17, 68, 67) and packet.family == "inet":
            return True
        if _is(packet, 17, 546, 547) and packet.family == "inet6":
            return True
        if _is(packet, 17, 67, 68) and packet.family == "inet":
            return False
        if _is(packet, 17, 547, 546) and packet.family == "inet6":
            return False
        if packet.protocol == 58:
            if packet.icmp_type == ROUTER_ADVERTISEMENT:
                return False
            if packet.icmp_type in (130, 133, 135, 136):
                return True
        return self._by_groups(port, packet, "egress", packet.destination)

    def lets_receive(self, port, packet):
        """Whether the port may get this packet as the first of its kind."""
        own = packet.destination in port.fixed_ips
        if _is(packet, 17, 67, 68) and packet.family == "inet":
            own = own or packet.destination == "255.255.255.255"
            return own or self._by_groups(port, packet, "ingress", packet.source)
        if _is(packet, 17, 547, 546) and packet.family == "inet6":
            own = own or _inside(packet.destination, "fe80::/64")
            return own or self._by_groups(port, packet, "ingress", packet.source)
        if packet.protocol == 58:
            if packet.icmp_type in (130, 135, 136):
                return True
            if packet.icmp_type == ROUTER_ADVERTISEMENT and _has_ipv6(port):
                return True
        return self._by_groups(port, packet, "ingress", packet.source)

    def _by_groups(self, port, packet, direction, remote):
        return any(
            rule["direction"] == direction
            and rule["ethertype"] == ("IPv6" if packet.family == "inet6" else "IPv4")
            and _fits_protocol(rule, packet)
            and self._fits_remote(rule, remote)
            for group in port.groups
            for rule in self.groups[group]
        )

    def _fits_remote(self, rule, remote):
        if rule.get("remote_ip_prefix"):
            return _inside(remote, rule["remote_ip_prefix"])
        if rule.get("remote_group_id"):
            return any(_inside(remote, ip) for ip in self.members(rule["remote_group_id"]))
        if rule.get("remote_address_group_id"):
            cidrs = self.address_groups[rule["remote_address_group_id"]]
            return any(_inside(remote, cidr) for cidr in cidrs)
        return True


def _fits_protocol(rule, packet):
    if rule.get("protocol") is None:
        return True
    number = PROTOCOLS.get(rule["protocol"])
    number = int(rule["protocol"]) if number is None else number
    if number != packet.protocol:
        return False
    low, high = rule.get("port_range_min"), rule.get("port_range_max")
    if number in (1, 58):
        return low in (None, packet.icmp_type) and high in (None, packet.icmp_code)
    return low is None or low <= packet.destination_port <= high


def _is(packet, protocol, source_port, destination_port):
    return (packet.protocol, packet.source_port, packet.destination_port) == (
        protocol,
        source_port,
        destination_port,
    )


def _inside(address, network):
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def _has_ipv6(port):
    return any(":" in ip for ip in port.fixed_ips)


def _own(port):
    own = port.fixed_ips + [address for mac, address in port.pairs if mac == port.mac]
    if any(":" in address for address in own):
        own.append(_link_local(port.mac))
    return own


def _link_local(mac):
    one, *rest = (int(part, 16) for part in mac.split(":"))
    eui = [one ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]]
    host = int.from_bytes(bytes(eui), "big")
    return str(ipaddress.IPv6Address((0xFE80 << 112) | host))


class Server(rpc_base.SecurityGroupInfoAPIMixin):
    """neutron's own code for what agents get, over a Cloud in place of its database."""

    def __init__(self, cloud):
        self.cloud = cloud

    def info(self):
        """What security_group_info_for_devices answers for all ports, as it comes by RPC."""
        devices = {
            port.id: {
                "device": port.id,
                "security_groups": list(port.groups),
                "security_group_rules": [],
                "security_group_source_groups": [],
                "fixed_ips": list(port.fixed_ips),
            }
            for port in self.cloud.ports
        }
        return _as_json(self.security_group_info_for_ports(None, devices))

    def _select_rules_for_ports(self, context, ports):
        return [
            (port.id, {"security_group_id": group, **rule})
            for port in self.cloud.ports
            for group in port.groups
            for rule in self.cloud.groups[group]
        ]

    def _select_sg_ids_for_ports(self, context, ports):
        return [(group,) for port in self.cloud.ports for group in port.groups]

    def _select_ips_for_remote_group(self, context, remote_group_ids):
        return {
            group: {(ip, None) for ip in self.cloud.members(group)} for group in remote_group_ids
        }

    def _select_ips_for_remote_address_group(self, context, remote_address_group_ids):
        return {
            group: {(ip, None) for ip in self.cloud.address_groups[group]}
            for group in remote_address_group_ids
        }

    def _get_sgs_stateful_flag(self, context, sg_id):
        return {group: group not in self.cloud.stateless for group in sg_id}


def _as_json(value):
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_as_json(inner) for inner in value]
    return value
