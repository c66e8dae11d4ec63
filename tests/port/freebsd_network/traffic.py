"""Whether a packet gets from one jail to another on the stand-in kernel, through pf on its way."""

import ipaddress
from dataclasses import replace

from .kernel import HOST
from .pf_filter import TCP, Packet

HOPS = 8


def connects(kernel, vnet, address, port, source=None):
    """The address that a TCP connection comes from, as who listens sees it; None if it fails.

    `kernel.listening` has (vnet, port) for each program that listens.
    """
    arrived = _send(kernel, vnet, address, port, source)
    if arrived is None or (arrived[0], port) not in kernel.listening:
        return None
    return arrived[1].source


def _send(kernel, vnet, address, port, source):
    target = ipaddress.ip_address(address)
    way = kernel._way(vnet, target)
    if way is None:
        return None
    packet = Packet("", "out", source or str(way[1]), str(target), TCP, 40000, port)
    for _ in range(HOPS):
        if _is_own(kernel, vnet, packet.destination):
            return vnet, packet
        way = kernel._way(vnet, ipaddress.ip_address(packet.destination))
        if way is None:
            return None
        interface, _own, hop = way
        packet = _through(kernel, vnet, interface, replace(packet, direction="out"))
        if packet is None:
            return None
        found = _across(kernel, vnet, interface, packet, hop)
        if found is None:
            return None
        vnet, interface = found
        packet = _through(kernel, vnet, interface, replace(packet, direction="in"))
        if packet is None:
            return None
        if not _is_own(kernel, vnet, packet.destination) and (
            kernel.vnets[vnet].sysctls["net.inet.ip.forwarding"] != "1"
        ):
            return None
    return None


def _is_own(kernel, vnet, address):
    return any(
        str(own.ip) == address
        for interface in kernel.vnets[vnet].interfaces.values()
        for own in interface.inets
    )


def _through(kernel, vnet, interface, packet):
    """The packet as pf of a host leaves it on an interface; None if pf blocks it."""
    host = kernel.vnets[vnet]
    if not host.pf_enabled:
        return packet
    packet = _translated(host.pf.main, interface.name, packet)
    return packet if host.pf.passes(replace(packet, interface=interface.name)) else None


def _translated(ruleset, interface, packet):
    for rule in ruleset.translations:
        if rule.interface != interface:
            continue
        inside = rule.source.value
        outside = rule.translation.split()[1]
        if packet.direction == "out" and ipaddress.ip_address(packet.source) in inside:
            return replace(packet, source=outside)
        if rule.action == "binat" and packet.direction == "in" and packet.destination == outside:
            return replace(packet, destination=str(inside.network_address))
    return packet


def _across(kernel, vnet, interface, packet, hop):
    """Who has the next hop's address at the other end: (vnet, interface), through a bridge."""
    if interface.kind == "bridge":
        return _on_bridge(kernel, interface, None, packet, hop)
    near = _peer(kernel, interface)
    if near is None:
        return None
    where, peer = near
    if _has(peer, hop):
        return where, peer
    for bridge in kernel.vnets[where].interfaces.values():
        if peer.name in bridge.members:
            return _on_bridge(kernel, bridge, peer, packet, hop)
    return None


def _on_bridge(kernel, bridge, came_in, packet, hop):
    host = kernel.vnets[HOST]
    filters = host.sysctls["net.link.bridge.pfil_member"] == "1" and host.pf_enabled
    # what a bridge itself sends or gets passes no rule of a member: seen on FreeBSD 15.0 with
    # net.link.bridge.pfil_local_phys=0
    if _has(bridge, hop):
        return HOST, bridge
    filters = filters and came_in is not None
    if filters:
        entering = replace(packet, interface=came_in.name, direction="in")
        if not host.pf.passes(entering):
            return None
    for name in bridge.members:
        member = host.interfaces[name]
        far = _peer(kernel, member)
        if member is came_in or far is None or not _has(far[1], hop):
            continue
        if filters and not host.pf.passes(replace(packet, interface=name, direction="out")):
            return None
        return far
    return None


def _peer(kernel, interface):
    for name, vnet in kernel.vnets.items():
        for other in vnet.interfaces.values():
            if interface.peer and other.first_name == interface.peer:
                return name, other
    return None


def _has(interface, address):
    return any(own.ip == address for own in interface.inets)
