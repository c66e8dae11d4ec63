"""A strict reader of pf.conf(5): the rules that pfctl(8) would load, or the error that it gives.

`parse` returns a Ruleset. Text that pfctl refuses raises Refused. A statement that is valid for
pfctl and beyond this reader (queues, Ethernet rules, included files) raises Unknown, so that
nothing is taken for read that was not.
"""

import ipaddress
import re
from dataclasses import dataclass, field, replace
from itertools import product

from . import pf_names

LABEL_LENGTH = 63
TABLE_NAME_LENGTH = 31
INTERFACE_LENGTH = 15
STATE_KEYWORDS = {"keep": "keep", "modulate": "modulate", "synproxy": "synproxy"}
ORDER = {"option": 0, "ether": 1, "scrub": 2, "queue": 3, "nat": 4, "filter": 5}

TOKEN = re.compile(
    r"""(?P<skip>[ \t]+|\\\n|\#[^\n]*)
      | (?P<newline>\n)
      | (?P<quoted>"(?:[^"\\]|\\.)*"|'[^']*')
      | (?P<macro>\$[A-Za-z0-9_]+)
      | (?P<sign>->|!=|<=|>=|<>|><|[{}()<>=!,/+-])
      | (?P<word>[A-Za-z0-9:_][^\s(){}<>!=/\#,]*)""",
    re.X,
)


class Refused(Exception):
    """pfctl(8) refuses this text."""


class Unknown(Exception):
    """This reader does not know whether pfctl(8) takes this text, nor what it would mean."""


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Address:
    """One side of a rule. `kind` is any, network, range, table, interface, no-route or urpf."""

    kind: str = "any"
    value: object = None
    negated: bool = False

    @property
    def family(self):
        if self.kind in ("network", "range"):
            first = self.value if self.kind == "network" else self.value[0]
            return "inet" if first.version == 4 else "inet6"
        return None

    def __str__(self):
        texts = {
            "any": lambda: "any",
            "network": lambda: _network_text(self.value),
            "range": lambda: "{} - {}".format(*self.value),
            "table": lambda: f"<{self.value}>",
            "interface": lambda: f"({self.value})",
            "no-route": lambda: "no-route",
            "urpf-failed": lambda: "urpf-failed",
        }
        return ("! " if self.negated else "") + texts[self.kind]()


def _network_text(network):
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return str(network)


@dataclass(frozen=True)
class Ports:
    """A condition on a port: an operator of pf.conf(5) and its numbers; `:` includes both ends."""

    operator: str
    first: int
    last: int = 0

    def matches(self, port):
        return {
            "=": port == self.first,
            "!=": port != self.first,
            "<": port < self.first,
            "<=": port <= self.first,
            ">": port > self.first,
            ">=": port >= self.first,
            ":": self.first <= port <= self.last,
            "><": self.first < port < self.last,
            "<>": port < self.first or port > self.last,
        }[self.operator]

    def __str__(self):
        if self.operator == ":":
            return f"port {self.first}:{self.last}"
        if self.operator in ("><", "<>"):
            return f"port {self.first} {self.operator} {self.last}"
        shown = self.first
        if self.operator in ("=", "!="):
            shown = pf_names.service_name(self.first)
        return f"port {self.operator} {shown}"


@dataclass(frozen=True)
class Rule:
    """One rule after expansion, as `pfctl -sr` shows it."""

    action: str
    block_with: str = ""
    direction: str = ""
    log: str = ""
    quick: bool = False
    interface: str = ""
    not_interface: bool = False
    route: str = ""
    family: str = ""
    protocol: int = 0
    source: Address = Address()
    source_port: Ports | None = None
    os: str = ""
    destination: Address = Address()
    destination_port: Ports | None = None
    received_on: str = ""
    flags: str = ""
    icmp_type: int | None = None
    icmp_code: int | None = None
    state: str = ""
    state_options: tuple = ()
    allow_options: bool = False
    fragment: bool = False
    label: tuple = ()
    tag: str = ""
    tagged: str = ""
    rest: tuple = ()
    """Options that are read and kept as text, and that no packet is decided by here."""
    anchor: str = ""
    translation: str = ""

    def __str__(self):
        return render(self)


@dataclass
class Ruleset:
    macros: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    tables: dict = field(default_factory=dict)
    """Table name to its list of (network, negated), in the text's order."""
    translations: list = field(default_factory=list)
    rules: list = field(default_factory=list)
    anchors: dict = field(default_factory=dict)
    """Name of an anchor with its rules in braces to its Ruleset."""


def parse(text, interfaces=None, in_anchor=False):
    """Read the text of a pf.conf(5), or of one anchor.

    `interfaces` maps the name of an interface to its addresses, for rules that name an
    interface as a host. In an anchor, pfctl takes options and leaves them without effect.
    """
    return _Parser(text, interfaces or {}, in_anchor).parse()


def render(rule):
    """Show a rule as `pfctl -sr` does, ports as numbers."""
    words = [f'anchor "{rule.anchor}"' if rule.action == "anchor" else rule.action]
    if rule.action == "block":
        words.append(rule.block_with or "drop")
    words += [word for word in (rule.direction, rule.log) if word]
    if rule.quick:
        words.append("quick")
    if rule.interface:
        words += ["on", "!"] if rule.not_interface else ["on"]
        words.append(rule.interface)
    if rule.route:
        words.append(rule.route)
    if rule.family:
        words.append(rule.family)
    if rule.protocol:
        words += ["proto", pf_names.protocol_name(rule.protocol)]
    words += _both_sides(rule)
    if rule.received_on:
        words += ["received-on", rule.received_on]
    if rule.flags and (rule.flags, rule.state) != ("any", "no"):
        words += ["flags", rule.flags]
    if rule.icmp_type is not None:
        family = rule.family
        words.append("icmp6-type" if family == "inet6" else "icmp-type")
        words.append(pf_names.icmp_type_name(family, rule.icmp_type))
        if rule.icmp_code is not None:
            words += ["code", pf_names.icmp_code_name(family, rule.icmp_type, rule.icmp_code)]
    if rule.state == "no" and rule.action == "pass":
        words += ["no", "state"]
    elif rule.state not in ("", "no"):
        words += [rule.state, "state"]
    if rule.state_options:
        words.append("({})".format(", ".join(rule.state_options)))
    if rule.allow_options:
        words.append("allow-opts")
    if rule.fragment:
        words.append("fragment")
    words += [f'label "{label}"' for label in rule.label]
    words += [f"{rule_word} {value}" for rule_word, value in rule.rest]
    if rule.tag:
        words += ["tag", rule.tag]
    if rule.tagged:
        words += ["tagged", rule.tagged]
    if rule.translation:
        words.append(rule.translation)
    return " ".join(words)


def _both_sides(rule):
    everything = rule.source == rule.destination == Address()
    if everything and not (rule.source_port or rule.destination_port or rule.os):
        return ["all"]
    words = ["from", str(rule.source)]
    if rule.source_port:
        words.append(str(rule.source_port))
    if rule.os:
        words.append(f'os "{rule.os}"')
    words += ["to", str(rule.destination)]
    if rule.destination_port:
        words.append(str(rule.destination_port))
    return words


def _tokens(text):
    found, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise Refused(f"line {line}: syntax error at {text[at : at + 20]!r}")
        if match.lastgroup == "quoted":
            found.append(Token("quoted", match.group()[1:-1].replace("\\\n", ""), line))
        elif match.lastgroup != "skip":
            found.append(Token(match.lastgroup, match.group(), line))
        line += match.group().count("\n")
        at = match.end()
    return found


class _Parser:
    def __init__(self, text, interfaces, in_anchor):
        self.tokens = _tokens(text if text.endswith("\n") else text + "\n")
        self.at = 0
        self.interfaces = interfaces
        self.in_anchor = in_anchor
        self.order = 0
        self.require_order = True
        self.ruleset = Ruleset()

    # -- tokens

    def peek(self, ahead=0):
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "macro":
            self._expand(self.at)
        index = self.at + ahead
        while index < len(self.tokens) and self.tokens[index].kind == "macro":
            self._expand(index)
        return self.tokens[index] if index < len(self.tokens) else Token("end", "", 0)

    def _expand(self, index):
        token = self.tokens[index]
        value = self.ruleset.macros.get(token.text[1:])
        if value is None:
            raise self.error(f"macro '{token.text[1:]}' not defined")
        inside = [Token(t.kind, t.text, token.line) for t in _tokens(value)]
        self.tokens[index : index + 1] = inside

    def take(self):
        token = self.peek()
        self.at += 1
        return token

    def error(self, what="syntax error"):
        token = self.tokens[min(self.at, len(self.tokens) - 1)]
        return Refused(f"line {token.line}: {what} (at {token.text!r})")

    def is_word(self, *texts, ahead=0):
        token = self.peek(ahead)
        return token.kind == "word" and token.text in texts

    def is_sign(self, *texts, ahead=0):
        token = self.peek(ahead)
        return token.kind == "sign" and token.text in texts

    def accept(self, *texts):
        if self.is_word(*texts) or self.is_sign(*texts):
            return self.take().text
        return None

    def expect(self, *texts):
        found = self.accept(*texts)
        if found is None:
            raise self.error("syntax error, expected " + " or ".join(texts))
        return found

    def string(self):
        token = self.peek()
        if token.kind == "quoted" or (token.kind == "word" and token.text not in pf_names.KEYWORDS):
            return self.take().text
        raise self.error()

    def number(self, smallest=0, largest=2**32 - 1):
        token = self.peek()
        if token.kind != "word" or not token.text.isdigit():
            raise self.error(f"{token.text!r} is not a number")
        value = int(self.take().text)
        if not smallest <= value <= largest:
            raise self.error(f"{value} is out of range")
        return value

    def newlines(self):
        while self.peek().kind == "newline":
            self.take()

    def items(self, one):
        """One item, or a list of them in braces; a list is flattened."""
        if not self.accept("{"):
            return list(one())
        found = []
        self.newlines()
        while True:
            found += self.items(one) if self.is_sign("{") else list(one())
            self.newlines()
            self.accept(",")
            self.newlines()
            if self.accept("}"):
                return found

    # -- statements

    def parse(self, until=None):
        while True:
            self.newlines()
            if self.peek().kind == "end":
                if until:
                    raise self.error("syntax error, missing }")
                return self.ruleset
            if until and self.accept(until):
                return self.ruleset
            self.statement()
            if self.peek().kind not in ("newline", "end"):
                raise self.error()

    def statement(self):
        token = self.peek()
        if token.kind == "word" and self.is_sign("=", ahead=1):
            return self.macro()
        word = token.text if token.kind == "word" else ""
        if word == "set":
            return self.option()
        if word == "table":
            return self.table()
        if word in ("pass", "block", "match"):
            self.in_order("filter")
            return self.filter_rule()
        if word == "anchor":
            self.in_order("filter")
            return self.anchor()
        if word in ("nat", "rdr", "binat") or (
            word == "no" and self.is_word("nat", "rdr", "binat", ahead=1)
        ):
            self.in_order("nat")
            return self.translation()
        if word in ("nat-anchor", "rdr-anchor", "binat-anchor"):
            self.in_order("nat")
            self.take()
            self.string()
            self.sides(self.head(Rule("anchor")))
            return None
        if word in ("scrub", "antispoof", "altq", "queue", "ether", "load", "include", "no"):
            raise Unknown(f"line {token.line}: {word}")
        raise self.error()

    def in_order(self, kind):
        if self.require_order and self.order > ORDER[kind]:
            raise self.error("Rules must be in order: options, ethernet, normalization, ...")
        self.order = ORDER[kind]

    def macro(self):
        name = self.take().text
        self.take()
        values = []
        while self.peek().kind not in ("newline", "end"):
            token = self.take()
            if token.kind not in ("word", "quoted"):
                raise self.error()
            values.append(token.text)
        if not values:
            raise self.error()
        self.ruleset.macros[name] = " ".join(values)

    def option(self):
        self.take()
        name = self.peek().text
        if name == "require-order":
            self.take()
            self.require_order = self.expect("yes", "no") == "yes"
            return
        if name not in ("timeout", "limit", "fingerprints", "reassemble"):
            self.in_order("option")
        choices = {
            "block-policy": ("drop", "return"),
            "fail-policy": ("drop", "return"),
            "state-policy": ("if-bound", "floating"),
            "optimization": (
                ["normal", "default", "satellite", "high-latency", "aggressive", "conservative"]
            ),
            "ruleset-optimization": ("none", "basic", "profile", "no", "yes"),
            "debug": (
                [
                    "none",
                    "urgent",
                    "misc",
                    "loud",
                    "emerg",
                    "alert",
                    "crit",
                    "err",
                    "warning",
                    "notice",
                    "info",
                    "debug",
                ]
            ),
        }
        if name in choices:
            self.take()
            self.ruleset.options[name] = self.expect(*choices[name])
        elif name == "skip":
            self.take()
            self.expect("on")
            names = self.items(lambda: [self.string()])
            self.ruleset.options.setdefault("skip", []).extend(names)
        elif name == "loginterface":
            self.take()
            self.string()
        elif name == "reassemble":
            self.take()
            self.ruleset.options["reassemble"] = self.expect("yes", "no")
            self.accept("no-df")
        elif name == "keepcounters":
            self.take()
        else:
            raise Unknown(f"set {name}")

    def table(self):
        self.take()
        self.expect("<")
        name = self.string()
        if len(name) > TABLE_NAME_LENGTH:
            raise self.error("table name too long")
        self.expect(">")
        members = self.ruleset.tables.setdefault(name, [])
        while self.peek().kind not in ("newline", "end"):
            if self.accept("persist", "const", "counters"):
                continue
            if self.is_word("file"):
                raise Unknown("table of a file")
            if not self.accept("{"):
                raise self.error()
            self.newlines()
            while not self.accept("}"):
                members += self.table_member()
                self.newlines()
                self.accept(",")
                self.newlines()
        return

    def table_member(self):
        negated = bool(self.accept("!"))
        found = self.host()
        for address in found:
            if address.kind != "network":
                raise self.error(f"a table takes no {address.kind}")
        return [(address.value, negated) for address in found]

    # -- rules

    def filter_rule(self):
        action = self.take().text
        rule = Rule(action)
        if action == "block":
            rule = replace(rule, block_with=self.block_policy())
        rule, choices = self.sides(self.head(rule))
        rule, more = self.filter_options(rule)
        self.expand(rule, {**choices, **more})

    def block_policy(self):
        default = self.ruleset.options.get("block-policy", "drop")
        word = self.accept("drop", "return", "return-rst", "return-icmp", "return-icmp6")
        if word is None:
            return default
        if word == "return-rst" and self.accept("("):
            self.expect("ttl")
            word += f"(ttl {self.number(0, 255)})"
            self.expect(")")
        elif word.startswith("return-icmp") and self.accept("("):
            raise Unknown("return-icmp with codes")
        return word

    def head(self, rule):
        """Direction, log, quick, interface and route."""
        direction = self.accept("in", "out") or ""
        log, quick = "", False
        while self.is_word("log", "quick"):
            if self.accept("quick"):
                quick = True
            else:
                log = self.log()
        self.pending = [("", False)]
        if self.accept("on"):
            self.pending = self.items(self.interface)
        route = ""
        if self.is_word("route-to", "reply-to", "dup-to"):
            raise Unknown(self.peek().text)
        return replace(rule, direction=direction, log=log, quick=quick, route=route)

    def log(self):
        self.expect("log")
        if not self.accept("("):
            return "log"
        inside = []
        while not self.accept(")"):
            inside.append(self.take().text)
            if inside[-1] not in ("all", "matches", "user", "to", ",") and (
                not inside[-1].startswith("pflog")
            ):
                raise self.error()
        kinds = [word for word in ("all", "matches", "user") if word in inside]
        kinds += ["to " + word for word in inside if word.startswith("pflog")]
        return "log ({})".format(", ".join(kinds))

    def interface(self):
        negated = bool(self.accept("!"))
        name = self.take().text if self.is_word("any") else self.string()
        if len(name) > INTERFACE_LENGTH:
            raise self.error("interface name too long")
        return [("" if name == "any" else name, negated)]

    def sides(self, rule):
        """Address family, protocol, source and destination; (rule, what it expands to)."""
        interfaces = self.pending
        family = self.accept("inet", "inet6") or ""
        protocols = [0]
        if self.accept("proto"):
            protocols = self.items(self.protocol)
        sources = destinations = [Address()]
        source_ports = destination_ports = [None]
        system = ""
        if not self.accept("all"):
            if self.accept("from"):
                sources, source_ports = self.side()
            if self.accept("os"):
                raise Unknown("os fingerprints")
            if self.accept("to"):
                destinations, destination_ports = self.side()
            if any(a.kind == "urpf-failed" for a in destinations):
                raise self.error("urpf-failed is not permitted in a destination address")
        rule = replace(rule, family=family, os=system)
        return rule, {
            "interface": interfaces,
            "protocol": protocols,
            "icmp": [(None, None, None)],
            "source": sources,
            "destination": destinations,
            "source_port": source_ports,
            "destination_port": destination_ports,
        }

    def protocol(self):
        token = self.peek()
        if token.kind == "word" and token.text.isdigit():
            number = self.number(0, 255)
        else:
            name = self.string()
            if name not in pf_names.PROTOCOLS:
                raise self.error(f"unknown protocol {name}")
            number = pf_names.PROTOCOLS[name]
        if number == 0:
            raise self.error("proto 0 cannot be used")
        return [number]

    def side(self):
        addresses, ports = [Address()], [None]
        if not self.is_word("port"):
            addresses = self.items(self.spec)
        if self.accept("port"):
            ports = self.items(self.ports)
        if any(address == Address() for address in addresses):
            addresses = [Address()]
        return addresses, ports

    def spec(self):
        negated = bool(self.accept("!"))
        if self.accept("any"):
            if negated:
                raise self.error("syntax error, ! any")
            return [Address()]
        word = self.accept("no-route", "urpf-failed")
        if word:
            return [Address(word, None, negated)]
        return [replace(address, negated=negated) for address in self.host()]

    def host(self):
        """The addresses that one host of the text stands for."""
        if self.accept("<"):
            name = self.string()
            if len(name) > TABLE_NAME_LENGTH:
                raise self.error(f"table name '{name}' too long")
            self.expect(">")
            return [Address("table", name)]
        if self.accept("("):
            name = self.string()
            if not name[0].isalpha():
                raise self.error(f"invalid interface name '{name}'")
            base, *modifiers = name.split(":")
            if set(modifiers) - {"network", "broadcast", "peer", "0"}:
                raise self.error(f"interface {base} has bad modifier")
            self.expect(")")
            if self.accept("/"):
                raise Unknown("mask of a dynamic address")
            return [Address("interface", name)]
        text = self.string()
        mask = None
        if self.accept("/"):
            mask = self.number(0, 128)
        elif self.is_sign("-"):
            self.take()
            return [Address("range", (self.address(text), self.address(self.string())))]
        return self.named(text, mask)

    def address(self, text):
        try:
            return ipaddress.ip_address(text)
        except ValueError:
            raise self.error("invalid address range") from None

    def named(self, text, mask):
        network = _network(text, mask)
        if network is not None:
            return [Address("network", network)]
        if "%" in text or ":" in text:
            raise Unknown(f"host {text}")
        if text not in self.interfaces:
            raise self.error("could not parse host specification")
        found = []
        for address in self.interfaces[text]:
            one = _network(address, mask)
            if one is not None:
                found.append(Address("network", one))
        return found

    def ports(self):
        for operator in ("!=", "<=", ">=", "=", "<", ">"):
            if self.accept(operator):
                first, last = self.port_range()
                if last is not None:
                    raise self.error("':' cannot be used with an other port operator")
                return [Ports(operator, first)]
        first, last = self.port_range()
        if last is not None:
            if first > last:
                raise self.error("invalid port range")
            return [Ports(":", first, last)]
        operator = self.accept("><", "<>")
        if operator:
            second, other = self.port_range()
            if other is not None:
                raise self.error("':' cannot be used with an other port operator")
            if (operator == "><" and first >= second) or (operator == "<>" and first > second):
                raise self.error("invalid port range")
            return [Ports(operator, first, second)]
        return [Ports("=", first)]

    def port_range(self):
        token = self.peek()
        if token.kind not in ("word", "quoted"):
            raise self.error()
        text = self.take().text
        first, colon, last = text.partition(":")
        if not colon:
            return self.port(first), None
        if last == "*":
            raise self.error("'*' needs a translation")
        return self.port(first), self.port(last)

    def port(self, text):
        if text.isdigit():
            if int(text) > 65535:
                raise self.error("illegal port value")
            return int(text)
        if text not in pf_names.SERVICES:
            raise Unknown(f"service {text}")
        return pf_names.SERVICES[text]

    def filter_options(self, rule):
        changes, choices = {}, {}
        labels, rest, state = [], [], None
        while self.peek().kind == "word" or self.is_sign("!"):
            if self.accept("!"):
                self.expect("tagged")
                rest.append(("! tagged", self.string()))
                continue
            word = self.peek().text
            if word == "label":
                self.take()
                labels.append(self.string())
                if len(labels[-1]) > LABEL_LENGTH:
                    raise self.error("label too long")
                if "$" in labels[-1]:
                    raise Unknown("macros in a label")
            elif word == "flags":
                self.take()
                changes["flags"] = self.flags()
            elif word in ("icmp-type", "icmp6-type"):
                self.take()
                family = "inet" if word == "icmp-type" else "inet6"
                choices["icmp"] = self.items(lambda f=family: self.icmp_type(f))
            elif word in ("no", *STATE_KEYWORDS):
                self.take()
                self.expect("state")
                if state is not None:
                    raise self.error("state handling given twice")
                state = word
                if word != "no" and self.accept("("):
                    changes["state_options"] = self.state_options()
            elif word in ("allow-opts", "fragment"):
                self.take()
                changes["allow_options" if word == "allow-opts" else "fragment"] = True
            elif word in ("tag", "tagged"):
                self.take()
                changes[word] = self.string()
                if "$" in changes[word]:
                    raise Unknown("macros in a tag")
            elif word == "rtable":
                self.take()
                rest.append((word, self.number(0, 65535)))
            elif word == "received-on":
                self.take()
                changes["received_on"] = self.string()
            elif word in pf_names.OTHER_OPTIONS:
                raise Unknown(word)
            else:
                raise self.error()
        changes["label"], changes["rest"] = tuple(labels), tuple(rest)
        if state is not None and rule.action == "block":
            raise self.error("keep state is great, but only for pass rules")
        if state is None and rule.action == "pass":
            state = "keep"
        changes["state"] = state or ""
        return replace(rule, **changes), choices

    def flags(self):
        if self.accept("any"):
            return "any"
        token = self.peek()
        first = "" if self.is_sign("/") else self.take().text
        self.expect("/")
        second = self.take().text
        if set(first + second) - set("FSRPAUEW") or token.kind == "end":
            raise self.error("bad flags")
        in_order = ["".join(c for c in "FSRPAUEW" if c in part) for part in (first, second)]
        return "/".join(in_order)

    def state_options(self):
        found = []
        while True:
            word = self.accept("if-bound", "floating", "no-sync", "sloppy", "pflow")
            if word is None:
                raise Unknown(f"state option {self.peek().text}")
            if word in found:
                raise self.error("state option given twice")
            found.append(word)
            if self.accept(")"):
                return tuple(found)
            self.accept(",")

    def icmp_type(self, family):
        number = self.icmp_number(pf_names.ICMP_TYPES[family])
        code = None
        if self.accept("code"):
            names = pf_names.ICMP_CODES.get((family, number), ())
            code = self.icmp_number({name: value for value, name in enumerate(names)})
        return [(family, number, code)]

    def icmp_number(self, names):
        token = self.peek()
        if token.text.isdigit():
            return self.number(0, 255)
        if token.text not in names:
            raise self.error(f"unknown icmp-type or code {token.text}")
        return names[self.take().text]

    def anchor(self):
        self.take()
        name = ""
        if self.peek().kind in ("word", "quoted") and not self.is_word(*pf_names.KEYWORDS):
            name = self.take().text
            if name.startswith("_") or "//" in name:
                raise self.error("bad anchor name")
        rule, choices = self.sides(self.head(Rule("anchor", anchor=name)))
        rule, more = self.filter_options(replace(rule, state=""))
        if rule.state or rule.state_options:
            raise self.error("cannot specify state handling options on an anchor")
        self.expand(rule, {**choices, **more})
        if self.is_sign("{"):
            self.take()
            outer = self.ruleset, self.in_anchor, self.order
            self.ruleset = Ruleset(macros=dict(outer[0].macros))
            self.in_anchor, self.order = True, 0
            inside = self.parse(until="}")
            self.ruleset, self.in_anchor, self.order = outer
            self.ruleset.anchors[name] = inside
        elif not name:
            raise self.error("anchors without explicit rules must specify a name")

    def translation(self):
        no = bool(self.accept("no"))
        action = self.take().text
        if self.accept("pass"):
            raise Unknown("translation with pass")
        if self.is_word("log"):
            raise Unknown("translation with log")
        rule, choices = self.sides(self.head(Rule(("no " if no else "") + action)))
        if rule.direction or rule.quick:
            raise self.error()
        if self.is_word("tag", "tagged", "rtable") or self.is_sign("!"):
            raise Unknown("tags of a translation")
        if no:
            self.expand(rule, choices)
            return
        self.expect("->")
        target = self.items(self.host)
        if not target:
            raise self.error("could not parse host specification")
        if action == "binat" and len(target) != 1:
            raise self.error("binat takes one address")
        port = ""
        if self.accept("port"):
            if action == "binat":
                raise self.error()
            first, last = self.redirect_port()
            port = f" port {first}" + (f":{last}" if last is not None else "")
            if last == "*" or (first, last) == (50001, 65535):
                raise Unknown("a range of ports that pfctl computes")
        if any(a.kind in ("table", "interface") for a in target) and len(target) == 1:
            raise Unknown("a pool of a table or an interface")
        if self.is_word("endpoint-independent"):
            raise Unknown(self.peek().text)
        word = self.accept("static-port", "round-robin", "random", "source-hash", "bitmask")
        if word in ("static-port",) and action != "nat":
            raise self.error("the 'static-port' option is only valid with nat rules")
        if word in ("source-hash", "bitmask", "random"):
            raise Unknown(f"pool option {word}")
        if self.is_word("sticky-address", "map-e-portset", "endpoi"):
            raise Unknown(f"pool option {self.peek().text}")
        if word == "static-port" and port:
            raise self.error("the 'static-port' option can't be used with port numbers")
        if rule.family:
            fitting = [a for a in target if a.family in (None, rule.family)]
            target = fitting or target
        families = {address.family for address in target} - {None}
        if rule.family and families - {rule.family}:
            raise self.error("translation target of another address family")
        shown = ", ".join(map(str, target))
        if len(target) > 1:
            shown = "{ " + shown + " } round-robin"
        elif word == "round-robin":
            shown += " round-robin"
        text = f"-> {shown}{port}" + (" static-port" if word == "static-port" else "")
        if len(families) == 2:
            raise Unknown("translation targets of two address families")
        if len(families) == 1 and not rule.family:
            rule = replace(rule, family=families.pop())
        self.expand(replace(rule, translation=text), choices)

    def redirect_port(self):
        text = self.take().text
        first, colon, last = text.partition(":")
        if not colon:
            return self.port(first), None
        return self.port(first), "*" if last == "*" else self.port(last)

    # -- expansion

    def expand(self, rule, choices):
        added = 0
        target = self.ruleset.rules
        if rule.action.split()[-1] in ("nat", "rdr", "binat"):
            target = self.ruleset.translations
        names = [
            "interface",
            "protocol",
            "icmp",
            "source",
            "destination",
            "source_port",
            "destination_port",
        ]
        for picked in product(*(choices[name] for name in names)):
            one = dict(zip(names, picked, strict=True))
            families = {
                family
                for family in (rule.family, one["source"].family, one["destination"].family)
                if family
            }
            if len(families) > 1:
                continue
            (interface, negated), (icmp_family, number, code) = one["interface"], one["icmp"]
            made = replace(
                rule,
                interface=interface,
                not_interface=negated,
                family=families.pop() if families else "",
                protocol=one["protocol"],
                source=one["source"],
                destination=one["destination"],
                source_port=one["source_port"],
                destination_port=one["destination_port"],
                icmp_type=number,
                icmp_code=code,
            )
            self.check(made, icmp_family)
            target.append(_with_defaults(made))
            added += 1
        if not added:
            raise self.error("rule expands to no valid combination")

    def check(self, rule, icmp_family):
        ports = rule.source_port or rule.destination_port
        if ports and rule.protocol not in (6, 17, 132):
            raise self.error("port only applies to tcp/udp/sctp")
        if rule.icmp_type is not None:
            wanted = 1 if icmp_family == "inet" else 58
            if rule.protocol not in (1, 58):
                raise self.error("icmp-type/code only applies to icmp")
            if rule.protocol != wanted:
                raise self.error("icmp-type mismatch")
            if not rule.family:
                raise self.error("must indicate address family with icmp-type/code")
        if (rule.protocol, rule.family) in ((1, "inet6"), (58, "inet")):
            raise self.error("proto does not match address family")
        if rule.allow_options and rule.action not in ("pass", "match"):
            raise self.error("allow-opts can only be specified for pass or match rules")
        if rule.fragment and (ports or rule.flags or rule.icmp_type is not None):
            raise self.error("fragments can be filtered only on IP header fields")
        if rule.block_with.startswith("return-rst") and rule.protocol != 6:
            raise self.error("return-rst can only be applied to TCP rules")
        if "if-bound" in rule.state_options and "floating" in rule.state_options:
            raise self.error("state policy given twice")
        for address in (rule.source, rule.destination):
            if address.kind == "interface" and not rule.family and ":" not in address.value:
                continue


def _with_defaults(rule):
    changes = {}
    if rule.protocol not in (0, 6):
        changes["flags"] = ""
    elif (
        rule.action in ("pass",)
        and rule.state not in ("", "no")
        and not rule.flags
        and not rule.fragment
    ):
        changes["flags"] = "S/SA"
    return replace(rule, **changes)


def _network(text, mask):
    """The network of an address as pfctl reads it, abbreviated too; None for another word."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+){0,3}", text):
        parts = text.split(".")
        if len(parts) < 4 and mask is None:
            return None
        address = ".".join(parts + ["0"] * (4 - len(parts)))
    elif ":" in text and "%" not in text:
        address = text
    else:
        return None
    try:
        return ipaddress.ip_network(address if mask is None else f"{address}/{mask}", strict=False)
    except ValueError:
        return None
