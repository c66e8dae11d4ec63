"""Decides packets by the rules of pf.conf(5), as pf(4) does, with its states."""

import ipaddress
from dataclasses import dataclass, replace

from .pf_conf import Ruleset

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
ECHO = {ICMP: (8, 0), ICMP6: (128, 129)}


class Undecided(Exception):
    """A rule has a condition that this module does not decide."""


@dataclass(frozen=True)
class Packet:
    """One packet as it passes an interface, seen from the host."""

    interface: str
    direction: str
    source: str
    destination: str
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    icmp_type: int | None = None
    icmp_code: int = 0
    flags: str = "S"
    """TCP's."""
    fragment: bool = False
    """Whether it is a later fragment, without ports."""
    options: bool = False
    """Whether it has IP options or extension headers."""

    @property
    def family(self):
        return "inet6" if ":" in self.source else "inet"

    def reply(self, **changes):
        """The answer to this packet, on the same interface."""
        answer = replace(
            self,
            direction="out" if self.direction == "in" else "in",
            source=self.destination,
            destination=self.source,
            source_port=self.destination_port,
            destination_port=self.source_port,
            flags="SA",
        )
        if self.protocol in ECHO:
            request, response = ECHO[self.protocol]
            answer = replace(answer, icmp_type={request: response}.get(self.icmp_type))
        return replace(answer, **changes)


class Filter:
    """pf of one host: a main ruleset, what is loaded into anchors, and states."""

    def __init__(self, main=None, anchors=None, groups=None):
        self.main = main or Ruleset()
        self.anchors = anchors if anchors is not None else {}
        """Path of an anchor to its Ruleset."""
        self.groups = groups if groups is not None else {}
        """Interface to the set of its groups."""
        self.states = {}
        """Key of a state to the rule that made it."""

    def passes(self, packet):
        """Whether the packet passes; a passed one makes its state."""
        if any(self._on(name, packet.interface) for name in self.main.options.get("skip", ())):
            return True
        if not packet.fragment and self._state_of(packet) is not None:
            return True
        action, rule = self.decide(packet)
        if action != "pass":
            return False
        if packet.options and rule is not None and not rule.allow_options:
            return False
        if rule is not None and rule.state not in ("", "no") and not packet.fragment:
            self.states[self._key(packet, _is_bound(rule, self.main))] = rule
        return True

    def decide(self, packet):
        """What the rules alone say: (`pass` or `block`, the rule or None)."""
        result = self._evaluate(self.main, "", packet)
        return (result[0].action, result[0]) if result else ("pass", None)

    def _evaluate(self, ruleset, path, packet):
        """The last matching rule and whether it was quick; None without one."""
        last = None
        for rule in ruleset.rules:
            if not self._matches(rule, packet, ruleset):
                continue
            if rule.action == "match":
                continue
            if rule.action == "anchor":
                for name, inner in self._anchors_of(rule, ruleset, path):
                    found = self._evaluate(inner, name, packet)
                    if found:
                        last = found
                        if found[1] or rule.quick:
                            return found[0], True
                continue
            last = (rule, rule.quick)
            if rule.quick:
                return last
        return last

    def _anchors_of(self, rule, ruleset, path):
        if rule.anchor in ruleset.anchors:
            yield path + "/" + rule.anchor, ruleset.anchors[rule.anchor]
            return
        full = (path + "/" + rule.anchor).lstrip("/")
        if full.endswith("/*"):
            parent = full[:-2]
            for name in sorted(self.anchors):
                if name.rpartition("/")[0] == parent:
                    yield name, self.anchors[name]
        elif full in self.anchors:
            yield full, self.anchors[full]

    def _matches(self, rule, packet, ruleset):
        if rule.rest or rule.tagged or rule.received_on or rule.os:
            raise Undecided(str(rule))
        if rule.direction and rule.direction != packet.direction:
            return False
        if rule.interface and self._on(rule.interface, packet.interface) == rule.not_interface:
            return False
        if rule.family and rule.family != packet.family:
            return False
        if rule.protocol and rule.protocol != packet.protocol:
            return False
        if not self._is_address(rule.source, packet.source, ruleset):
            return False
        if not self._is_address(rule.destination, packet.destination, ruleset):
            return False
        if packet.fragment:
            return not (rule.source_port or rule.destination_port or rule.flags or rule.icmp_type)
        if rule.fragment:
            return False
        for ports, port in (
            (rule.source_port, packet.source_port),
            (rule.destination_port, packet.destination_port),
        ):
            if ports and not ports.matches(port):
                return False
        if rule.icmp_type is not None and rule.icmp_type != packet.icmp_type:
            return False
        if rule.icmp_code is not None and rule.icmp_code != packet.icmp_code:
            return False
        if packet.protocol == TCP and rule.flags not in ("", "any"):
            wanted, looked_at = (set(part) for part in rule.flags.split("/"))
            return set(packet.flags) & looked_at == wanted
        return True

    def _on(self, name, interface):
        return name == interface or name in self.groups.get(interface, ())

    def _is_address(self, address, text, ruleset):
        value = ipaddress.ip_address(text)
        if address.kind == "any":
            return True
        if address.kind == "network":
            found = value in address.value
        elif address.kind == "range":
            first, last = address.value
            found = value.version == first.version and first <= value <= last
        elif address.kind == "table":
            tables = ruleset.tables if address.value in ruleset.tables else self.main.tables
            found = _in_table(value, tables.get(address.value, ()))
        else:
            raise Undecided(str(address))
        return found != address.negated

    def _key(self, packet, bound):
        ends = (
            (packet.source, packet.source_port),
            (packet.destination, packet.destination_port),
        )
        where = packet.interface if bound else None
        return where, packet.direction, packet.protocol, ends

    def _state_of(self, packet):
        for bound in (True, False):
            rule = self.states.get(self._key(packet, bound))
            if rule is not None and not _is_new_icmp(packet, rule):
                return rule
            back = replace(
                packet.reply(),
                icmp_type=None,
            )
            rule = self.states.get(self._key(back, bound))
            if rule is not None and _is_answer(packet):
                return rule
        return None


def _is_bound(rule, main):
    if "if-bound" in rule.state_options:
        return True
    return main.options.get("state-policy") == "if-bound" and ("floating" not in rule.state_options)


def _is_new_icmp(packet, rule):
    """Whether a state of ICMP does not cover this packet: another type than its rule's."""
    if packet.protocol not in ECHO:
        return False
    return packet.icmp_type != ECHO[packet.protocol][0]


def _is_answer(packet):
    return packet.protocol not in ECHO or packet.icmp_type == ECHO[packet.protocol][1]


def _in_table(value, members):
    """Whether a table has an address: the longest prefix decides, and it may be negated."""
    best = None
    for network, negated in members:
        inside = value.version == network.version and value in network
        if inside and (best is None or network.prefixlen > best[0]):
            best = (network.prefixlen, negated)
    return best is not None and not best[1]
