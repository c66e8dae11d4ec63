"""A stateful stand-in of FreeBSD's network commands: what they keep, print and refuse.

`Kernel.run(argv, timeout, input)` answers (status, stdout, stderr) for ifconfig, jail, jexec, jls,
pfctl, route, netstat, sysctl, arp, ps, kill and pkill, by their absolute paths as agents call
them. What it does not know it refuses, so a check never passes by a command that would fail.
Written from the manual pages and the sources of FreeBSD 15.
"""

import ipaddress
import re
from dataclasses import dataclass, field

from . import pf_conf, pf_filter

HOST = ""
CLONERS = ("bridge", "tap", "epair", "vlan", "lo")
SYSCTLS = {
    "net.inet.ip.forwarding": "0",
    "net.link.bridge.pfil_member": "0",
    "net.link.bridge.pfil_bridge": "0",
    "net.link.bridge.pfil_onlyip": "1",
    "net.link.bridge.pfil_local_phys": "0",
}


class Failed(Exception):
    """A command ends with this status and message."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


@dataclass
class Interface:
    name: str
    kind: str
    ether: str = ""
    peer: str = ""
    """The other half of an epair: its unchanging first name."""
    first_name: str = ""
    up: bool = False
    description: str = ""
    groups: list = field(default_factory=list)
    inets: list = field(default_factory=list)
    """Addresses as IPv4Interface."""
    members: dict = field(default_factory=dict)
    """Of a bridge: member to {"static": MAC or "", "ifmaxaddr": n, "sticky": bool}."""
    maxaddr: int = 2000
    vlan: int = 0
    parent: str = ""
    busy: bool = False
    """Whether a program holds the tap open."""


@dataclass
class Vnet:
    interfaces: dict = field(default_factory=dict)
    routes: dict = field(default_factory=dict)
    """Destination network to gateway."""
    sysctls: dict = field(default_factory=lambda: dict(SYSCTLS))
    pf: pf_filter.Filter = field(default_factory=pf_filter.Filter)
    pf_enabled: bool = False
    tables: dict = field(default_factory=dict)


@dataclass
class Process:
    pid: int
    jail: str
    argv: tuple


class Kernel:
    def __init__(self):
        self.vnets = {HOST: Vnet(interfaces={"lo0": Interface("lo0", "lo", up=True)})}
        self.jails = {}
        """Name to jail ID."""
        self.processes = {}
        self.calls = []
        """Every argv that ran, in order."""
        self.listening = set()
        """(vnet, port) of each program that listens."""
        self.fail_next = []
        """(program, word): the next call of the program with that word fails."""
        self._next = {"jid": 1, "pid": 1000, "mac": 1, "epair": 0, "tap": 0, "bridge": 0}

    # -- running

    def run(self, argv, timeout=None, input=None):
        """Run one command; (status, stdout, stderr) as agents get it."""
        argv = tuple(str(word) for word in argv)
        self.calls.append(argv)
        for wanted in list(self.fail_next):
            if wanted[0] in argv[0] and wanted[1] in argv:
                self.fail_next.remove(wanted)
                return 1, "", f"{argv[0]}: made to fail\n"
        try:
            return 0, self._dispatch(HOST, argv, input), ""
        except Failed as error:
            return error.status, "", str(error) + "\n"

    def _dispatch(self, jail, argv, text):
        program, words = argv[0], list(argv[1:])
        commands = {
            "/sbin/ifconfig": self._ifconfig,
            "/sbin/pfctl": lambda where, given: self._pfctl(where, given, text),
            "/sbin/route": self._route,
            "/sbin/sysctl": self._sysctl,
            "/usr/bin/netstat": self._netstat,
            "/usr/sbin/arp": self._arp,
        }
        if program in commands:
            return commands[program](jail, words)
        host_only = {
            "/usr/sbin/jail": self._jail,
            "/usr/sbin/jls": self._jls,
            "/bin/ps": self._ps,
            "/bin/kill": self._kill,
            "/bin/pkill": self._pkill,
        }
        if jail == HOST and program in host_only:
            return host_only[program](words)
        if jail == HOST and program == "/usr/sbin/jexec":
            if not words or words[0] not in self.jails:
                raise Failed(f'jexec: jail "{words[0] if words else ""}" not found')
            return self._dispatch(words[0], tuple(words[1:]), text)
        if jail != HOST and program.endswith(("/dnsmasq", "/haproxy")):
            return self._daemon(jail, argv)
        raise Failed(f"{program}: not found", 127)

    # -- ifconfig(8)

    def _ifconfig(self, vnet, words):
        interfaces = self.vnets[vnet].interfaces
        if words[:1] == ["-g"] and len(words) == 2:
            names = [i.name for i in interfaces.values() if words[1] in i.groups]
            return "".join(name + "\n" for name in names)
        if not words:
            return "".join(self._show(i, vnet) for i in interfaces.values())
        name, rest = words[0], words[1:]
        created = None
        if rest[:1] == ["create"]:
            created = self._create(vnet, name)
            interface, rest = created, rest[1:]
        elif name not in interfaces:
            raise Failed(f"ifconfig: interface {name} does not exist")
        else:
            interface = interfaces[name]
        if not rest and created is None:
            return self._show(interface, vnet)
        # a new interface that cannot be renamed stays behind under its first name
        shown = self._change(vnet, interface, rest)
        return shown or (f"{interface.name}\n" if created is not None else "")

    def _create(self, vnet, name):
        kind = re.match("[a-z]+", name).group()
        if kind not in CLONERS:
            raise Failed(f"ifconfig: SIOCIFCREATE2 ({name}): Invalid argument")
        interfaces = self.vnets[vnet].interfaces
        number = name[len(kind) :] or str(self._take(kind))
        if kind == "epair":
            first, second = f"epair{number}a", f"epair{number}b"
            for one, other in ((first, second), (second, first)):
                interfaces[one] = Interface(
                    one, kind, self._mac(), peer=other, first_name=one, groups=["epair"]
                )
            return interfaces[first]
        full = kind + number
        if full in interfaces:
            raise Failed("ifconfig: interface already exists")
        interfaces[full] = Interface(full, kind, self._mac(), first_name=full, groups=[kind])
        return interfaces[full]

    def _take(self, kind):
        self._next[kind] = self._next.get(kind, 0) + 1
        return self._next[kind] - 1

    def _mac(self):
        number = self._take("mac")
        return "58:9c:fc:10:{:02x}:{:02x}".format(number >> 8, number & 255)

    def _change(self, vnet, interface, words):
        interfaces = self.vnets[vnet].interfaces
        shown, words = "", list(words)
        family_used = any(word in ("inet", "inet6") for word in words)
        if family_used and "ether" in words:
            raise Failed("ifconfig: ether and inet cannot share one invocation")
        while words:
            word = words.pop(0)
            if word in ("up", "down"):
                interface.up = word == "up"
            elif word == "destroy":
                self._destroy(vnet, interface)
            elif word == "addr":
                shown += self._addresses(interface)
            elif word in ("alias", "add"):
                continue
            elif word == "inet":
                self._inet(interface, words)
            elif word == "vlandev":
                parent = self._value(word, words)
                if parent not in interfaces:
                    raise Failed(f"ifconfig: interface {parent} does not exist")
                interface.parent = parent
            elif word == "vlan":
                interface.vlan = int(self._value(word, words))
            elif word in ("name", "descr", "description", "group", "-group", "ether", "mtu"):
                self._set(vnet, interface, word, self._value(word, words))
            elif word == "vnet":
                self._move(vnet, interface, self._value(word, words))
            elif word in ("addm", "deletem", "static", "ifmaxaddr", "sticky", "maxaddr"):
                self._bridge(vnet, interface, word, words)
            else:
                raise Failed(f"ifconfig: {word}: bad value")
        return shown

    def _value(self, word, words):
        if not words:
            raise Failed(f"ifconfig: '{word}' requires argument")
        return words.pop(0)

    def _set(self, vnet, interface, word, value):
        interfaces = self.vnets[vnet].interfaces
        if word == "name":
            if value in interfaces:
                raise Failed("ifconfig: ioctl SIOCSIFNAME (set name): File exists")
            if len(value) > 15:
                raise Failed(f"ifconfig: {value}: interface name too long")
            for bridge in interfaces.values():
                if interface.name in bridge.members:
                    bridge.members[value] = bridge.members.pop(interface.name)
            del interfaces[interface.name]
            interface.name = value
            interfaces[value] = interface
        elif word in ("descr", "description"):
            interface.description = value
        elif word == "ether":
            if not re.fullmatch("([0-9a-f]{2}:){5}[0-9a-f]{2}", value):
                raise Failed("ifconfig: ether: bad value")
            interface.ether = value
        elif word in ("group", "-group"):
            if value[-1].isdigit():
                raise Failed("ifconfig: setifgroup: group names may not end in a digit")
            if len(value) > 15:
                raise Failed("ifconfig: setifgroup: group name too long")
            if word == "group" and value not in interface.groups:
                interface.groups.append(value)
            elif word == "-group" and value in interface.groups:
                interface.groups.remove(value)
        self._tell_pf(vnet)

    def _inet(self, interface, words):
        try:
            address = ipaddress.ip_interface(self._value("inet", words))
        except ValueError:
            raise Failed("ifconfig: inet: bad value") from None
        if words[:1] == ["-alias"]:
            words.pop(0)
            if address not in interface.inets:
                raise Failed("ifconfig: ioctl (SIOCDIFADDR): permission denied")
            interface.inets.remove(address)
            return
        if address in interface.inets:
            interface.inets.remove(address)
        elif interface.inets and words[:1] not in (["alias"], ["add"]):
            # without `alias` the first address is replaced
            interface.inets.pop(0)
        interface.inets.append(address)

    def _move(self, vnet, interface, jail):
        if jail not in self.jails:
            raise Failed(f"ifconfig: jail {jail} does not exist")
        source, target = self.vnets[vnet].interfaces, self.vnets[jail].interfaces
        if interface.name in target:
            raise Failed("ifconfig: SIOCSIFVNET (vnet): File exists")
        for bridge in source.values():
            bridge.members.pop(interface.name, None)
        del source[interface.name]
        interface.inets, interface.groups = [], [interface.kind]
        target[interface.name] = interface

    def _bridge(self, vnet, bridge, word, words):
        if bridge.kind != "bridge":
            raise Failed(f"ifconfig: unable to get bridge flags: {word}: Invalid argument")
        interfaces = self.vnets[vnet].interfaces
        value = self._value(word, words)
        if word == "maxaddr":
            bridge.maxaddr = int(value)
            return
        if word == "addm":
            if value not in interfaces:
                raise Failed(f"ifconfig: BRDGADD {value}: No such file or directory")
            if value in bridge.members:
                raise Failed(f"ifconfig: BRDGADD {value}: File exists")
            if any(value in other.members for other in interfaces.values()):
                raise Failed(f"ifconfig: BRDGADD {value}: Device busy")
            if interfaces[value].kind in ("lo", "bridge"):
                raise Failed(f"ifconfig: BRDGADD {value}: Invalid argument")
            bridge.members[value] = {"static": "", "ifmaxaddr": 0, "sticky": False}
            return
        if value not in bridge.members:
            name = {"deletem": f"BRDGDEL {value}", "static": "BRDGSADDR"}
            shown = name.get(word, f"BRDGGIFFLGS {value}")
            raise Failed(f"ifconfig: {shown}: No such file or directory")
        if word == "deletem":
            del bridge.members[value]
        elif word == "static":
            bridge.members[value]["static"] = self._value(word, words)
        elif word == "ifmaxaddr":
            bridge.members[value]["ifmaxaddr"] = int(self._value(word, words))
        else:
            bridge.members[value]["sticky"] = True

    def _destroy(self, vnet, interface):
        if interface.kind not in CLONERS or interface.name == "lo0":
            raise Failed("ifconfig: SIOCIFDESTROY: Invalid argument")
        if interface.busy:
            raise Failed("ifconfig: SIOCIFDESTROY: Device busy")
        gone = [interface.first_name]
        if interface.peer:
            gone.append(interface.peer)
        for other in self.vnets.values():
            for name, one in list(other.interfaces.items()):
                if one.first_name in gone:
                    del other.interfaces[name]
                    for bridge in other.interfaces.values():
                        bridge.members.pop(name, None)
        self._tell_pf(vnet)

    def _addresses(self, bridge):
        return "".join(
            "{} Vlan0 {} 0 flags=1<STATIC>\n".format(member["static"], name)
            for name, member in bridge.members.items()
            if member["static"]
        )

    def _show(self, interface, vnet):
        state = "UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,LOWER_UP"
        if not interface.up:
            state = "BROADCAST,SIMPLEX,MULTICAST"
        lines = [f"{interface.name}: flags=1008843<{state}> metric 0 mtu 1500"]
        if interface.description:
            lines.append(f"\tdescription: {interface.description}")
        if interface.ether:
            lines.append(f"\tether {interface.ether}")
        for address in interface.inets:
            lines.append(
                f"\tinet {address.ip} netmask {int(address.netmask):#010x} "
                f"broadcast {address.network.broadcast_address}"
            )
        if interface.kind == "bridge":
            lines += [
                "\tid 00:00:00:00:00:00 priority 32768 hellotime 2 fwddelay 15",
                f"\tmaxage 20 holdcnt 6 proto rstp maxaddr {interface.maxaddr} timeout 1200",
                "\troot id 00:00:00:00:00:00 priority 32768 ifcost 0 port 0",
            ]
            for name, member in interface.members.items():
                flags = "LEARNING,DISCOVER,AUTOEDGE,AUTOPTP"
                if member["sticky"]:
                    flags = "LEARNING,DISCOVER,STICKY,AUTOEDGE,AUTOPTP"
                lines.append(f"\tmember: {name} flags=143<{flags}>")
                lines.append("\t        port 5 priority 128 path cost 2000000")
        if interface.kind == "vlan":
            lines.append(
                f"\tvlan: {interface.vlan} vlanproto: 802.1q vlanpcp: 0 "
                f"parent interface: {interface.parent}"
            )
        lines.append("\tgroups: " + " ".join(interface.groups))
        return "".join(line + "\n" for line in lines)

    # -- jails and processes

    def _jail(self, words):
        if words[:1] == ["-r"] and len(words) == 2:
            name = words[1]
            if name not in self.jails:
                raise Failed(f'jail: "{name}" not found')
            for interface in self.vnets[name].interfaces.values():
                if interface.name != "lo0":
                    self.vnets[HOST].interfaces[interface.name] = interface
            del self.jails[name], self.vnets[name]
            self.processes = {p: v for p, v in self.processes.items() if v.jail != name}
            return ""
        given = dict(word.partition("=")[::2] for word in words[1:])
        if words[:1] != ["-c"] or "name" not in given or "persist" not in given:
            raise Failed("usage: jail -c ...")
        if set(given) - {"name", "vnet", "persist", "path", "host.hostname"}:
            raise Failed(f"jail: unknown parameter: {sorted(given)}")
        name = given["name"]
        if name in self.jails:
            raise Failed(f'jail: "{self.jails[name]}" already exists')
        self.jails[name] = self._take("jid")
        self.vnets[name] = Vnet(interfaces={"lo0": Interface("lo0", "lo", groups=["lo"])})
        return ""

    def _jls(self, words):
        if words == ["name"]:
            return "".join(name + "\n" for name in self.jails)
        if words[:1] == ["-j"] and len(words) == 3 and words[2] in ("jid", "name"):
            for name, jid in self.jails.items():
                if words[1] in (name, str(jid)):
                    return f"{jid if words[2] == 'jid' else name}\n"
            raise Failed(f'jls: jail "{words[1]}" not found')
        raise Failed("usage: jls ...")

    def _daemon(self, jail, argv):
        pid = self._take("pid")
        self.processes[pid] = Process(pid, jail, argv)
        path = next((w.partition("=")[2] for w in argv if w.startswith("--pid-file=")), "")
        if argv[0].endswith("/haproxy"):
            with open(argv[2]) as file:
                path = re.search(r"pidfile (\S+)", file.read()).group(1)
        with open(path, "w") as file:
            file.write(f"{pid}\n")
        return ""

    def _ps(self, words):
        if words[:1] != ["-p"] or words[2:3] != ["-o"] or len(words) != 4:
            raise Failed("usage: ps ...")
        process = self.processes.get(int(words[1]))
        if process is None:
            raise Failed("")
        if words[3] == "jid=":
            return f"{self.jails.get(process.jail, 0)}\n"
        return " ".join(process.argv) + "\n"

    def _kill(self, words):
        signal, pid = words if len(words) == 2 else ("-TERM", words[0])
        if int(pid) not in self.processes:
            raise Failed(f"kill: {pid}: No such process")
        if signal != "-HUP":
            del self.processes[int(pid)]
        return ""

    def _pkill(self, words):
        if words[:1] != ["-j"] or len(words) != 2:
            raise Failed("usage: pkill ...", 2)
        name = next((n for n, jid in self.jails.items() if str(jid) == words[1]), None)
        found = [p for p in self.processes.values() if p.jail == name]
        for process in found:
            del self.processes[process.pid]
        if not found:
            raise Failed("")
        return ""

    # -- routes, sysctl(8), arp(8)

    def _route(self, vnet, words):
        words = [word for word in words if word != "-n"]
        if words[:1] not in (["add"], ["delete"]) or not 2 <= len(words) <= 3:
            raise Failed("usage: route ...", 64)
        target = "0.0.0.0/0" if words[1] == "default" else words[1]
        network, routes = ipaddress.ip_network(target), self.vnets[vnet].routes
        shown = "default" if words[1] == "default" else str(network.network_address)
        if words[0] == "delete":
            if network not in routes:
                raise Failed(f"delete net {shown} fib 0: not in table")
            del routes[network]
            return f"delete net {shown}\n"
        gateway = ipaddress.ip_address(words[2])
        if network in routes:
            raise Failed(f"add net {shown}: gateway {gateway} fib 0: route already in table")
        if self._way(vnet, gateway, direct=True) is None:
            raise Failed(f"add net {shown}: gateway {gateway} fib 0: Invalid argument")
        routes[network] = gateway
        return f"add net {shown}: gateway {gateway}\n"

    def _way(self, vnet, address, direct=False):
        """The interface, its address and the next hop to an address; None without a route."""
        for interface in self.vnets[vnet].interfaces.values():
            for own in interface.inets:
                if address in own.network and own.network.prefixlen < 32:
                    return interface, own.ip, address
        if direct:
            return None
        fitting = [n for n in self.vnets[vnet].routes if address in n]
        if not fitting:
            return None
        best = max(fitting, key=lambda network: network.prefixlen)
        return self._way(vnet, self.vnets[vnet].routes[best], direct=True)

    def _netstat(self, vnet, words):
        if words != ["-rn", "-f", "inet"]:
            raise Failed("usage: netstat ...")
        lines = ["Routing tables", "", "Internet:"]
        lines.append(f"{'Destination':<19}{'Gateway':<19}{'Flags':<8}{'Netif':>7} Expire")
        for network, gateway in self.vnets[vnet].routes.items():
            shown = "default" if network.prefixlen == 0 else str(network)
            flags = "UGHS" if network.prefixlen == 32 else "UGS"
            way = self._way(vnet, gateway, direct=True)
            lines.append(f"{shown:<19}{gateway!s:<19}{flags:<8}{way[0].name if way else '-':>7}")
        for interface in self.vnets[vnet].interfaces.values():
            for own in interface.inets:
                lines.append(f"{own.network!s:<19}{'link#1':<19}{'U':<8}{interface.name:>7}")
        return "\n".join(lines) + "\n"

    def _sysctl(self, vnet, words):
        bare = words[:1] == ["-n"]
        name, equals, value = words[-1].partition("=")
        values = self.vnets[vnet].sysctls
        if name not in values:
            raise Failed(f"sysctl: unknown oid '{name}'")
        if not equals:
            return f"{values[name]}\n" if bare else f"{name}: {values[name]}\n"
        old, values[name] = values[name], value
        return f"{name}: {old} -> {value}\n"

    def _arp(self, vnet, words):
        if words != ["-an"]:
            raise Failed("usage: arp ...")
        return "".join(
            f"? ({own.ip}) at {i.ether} on {i.name} permanent [ethernet]\n"
            for i in self.vnets[vnet].interfaces.values()
            for own in i.inets
        )

    # -- pfctl(8)

    def _tell_pf(self, vnet):
        pf = self.vnets[vnet].pf
        pf.groups = {i.name: set(i.groups) for i in self.vnets[vnet].interfaces.values()}

    def _pfctl(self, vnet, words, text):
        host = self.vnets[vnet]
        anchor = ""
        if words[:1] == ["-a"]:
            anchor, words = words[1], words[2:]
        pf = host.pf
        if words == ["-e"]:
            if host.pf_enabled:
                raise Failed("pfctl: pf already enabled")
            host.pf_enabled = True
            return ""
        if words == ["-d"]:
            host.pf_enabled = False
            return ""
        if words == ["-si"]:
            state = "Enabled" if host.pf_enabled else "Disabled"
            return f"Status: {state} for 0 days 00:00:01           Debug: Urgent\n\n"
        if words[:1] == ["-f"] and len(words) == 2:
            return self._load(vnet, anchor, words[1], text)
        ruleset = pf.anchors.get(anchor) if anchor else pf.main
        if words == ["-sr"]:
            return "".join(f"{rule}\n" for rule in ruleset.rules) if ruleset else ""
        if words == ["-sn"]:
            rules = ruleset.translations if ruleset else []
            order = sorted(rules, key=lambda rule: ["nat", "rdr", "binat"].index(rule.action))
            return "".join(f"{rule}\n" for rule in order)
        if words == ["-sA"]:
            below = [a for a in sorted(pf.anchors) if a.rpartition("/")[0] == anchor]
            return "".join(f"  {name}\n" for name in below)
        if words == ["-sT"]:
            return "".join(f"{name}\n" for name in sorted(ruleset.tables)) if ruleset else ""
        if words == ["-F", "all"]:
            pf.anchors.pop(anchor, None)
            return ""
        if words in (["-vvss"], ["-ss"]):
            return self._states(pf)
        if words[:3] == ["-k", "id", "-k"]:
            keys = list(pf.states)
            index = int(words[3], 16) - 1
            if index < len(keys):
                del pf.states[keys[index]]
            return ""
        if words[:1] == ["-t"] and words[2:3] == ["-T"]:
            return self._table(ruleset, words[1], words[3], words[4:])
        raise Failed("usage: pfctl ...")

    def _load(self, vnet, anchor, path, text):
        if path != "-":
            with open(path) as file:
                text = file.read()
        host = self.vnets[vnet]
        addresses = {i.name: [str(own.ip) for own in i.inets] for i in host.interfaces.values()}
        try:
            ruleset = pf_conf.parse(text or "", addresses, in_anchor=bool(anchor))
        except pf_conf.Refused as error:
            where = "stdin" if path == "-" else path
            raise Failed(
                f"{where}: {error}\npfctl: Syntax error in config file: pf rules not loaded"
            ) from None
        self._tell_pf(vnet)
        if anchor:
            host.pf.anchors[anchor] = ruleset
        else:
            host.pf.main = ruleset
        return ""

    def _states(self, pf):
        lines = []
        for number, key in enumerate(pf.states, 1):
            where, direction, protocol, ends = key
            (source, source_port), (target, target_port) = ends
            arrow = "<-" if direction == "in" else "->"
            one, other = f"{source}:{source_port}", f"{target}:{target_port}"
            if ":" in source:
                one, other = f"{source}[{source_port}]", f"{target}[{target_port}]"
            shown = (other, one) if direction == "in" else (one, other)
            name = {6: "tcp", 17: "udp", 1: "icmp", 58: "ipv6-icmp"}.get(protocol, protocol)
            lines.append(f"{where or 'all'} {name} {shown[0]} {arrow} {shown[1]}       2:2")
            lines.append("   age 00:00:01, expires in 00:00:59, 1:1 pkts, 60:60 bytes, rule 0")
            lines.append(f"   id: {number:016x} creatorid: 0a0b0c0d")
        return "".join(line + "\n" for line in lines)

    def _table(self, ruleset, name, verb, members):
        if ruleset is None or name not in ruleset.tables:
            raise Failed("pfctl: Table does not exist.", 255)
        if verb == "show":
            shown = [pf_conf._network_text(network) for network, _not in ruleset.tables[name]]
            return "".join(f"   {text}\n" for text in shown)
        if verb not in ("replace", "flush") or (verb == "flush") == bool(members):
            raise Failed("usage: pfctl ...")
        try:
            ruleset.tables[name] = [(ipaddress.ip_network(m), False) for m in members]
        except ValueError:
            raise Failed("pfctl: bad address") from None
        return ""
