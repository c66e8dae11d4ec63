"""The names of pf.conf(5): protocols, ICMP types, services, words that are no strings."""

PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "ipencap": 4,
    "tcp": 6,
    "egp": 8,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "ipv6-route": 43,
    "ipv6-frag": 44,
    "rsvp": 46,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "ipv6-icmp": 58,
    "icmp6": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ospf": 89,
    "ipip": 94,
    "carp": 112,
    "vrrp": 112,
    "pgm": 113,
    "sctp": 132,
    "udplite": 136,
    "pfsync": 240,
}

ICMP_TYPES = {
    "inet": {
        "echoreq": 8,
        "echorep": 0,
        "unreach": 3,
        "squench": 4,
        "redir": 5,
        "althost": 6,
        "routeradv": 9,
        "routersol": 10,
        "timex": 11,
        "paramprob": 12,
        "timereq": 13,
        "timerep": 14,
        "inforeq": 15,
        "inforep": 16,
        "maskreq": 17,
        "maskrep": 18,
        "trace": 30,
        "dataconv": 31,
        "mobredir": 32,
        "ipv6-where": 33,
        "ipv6-here": 34,
        "mobregreq": 35,
        "mobregrep": 36,
        "skip": 39,
        "photuris": 40,
    },
    "inet6": {
        "unreach": 1,
        "toobig": 2,
        "timex": 3,
        "paramprob": 4,
        "echoreq": 128,
        "echorep": 129,
        "groupqry": 130,
        "listqry": 130,
        "grouprep": 131,
        "listenrep": 131,
        "groupterm": 132,
        "listendone": 132,
        "routersol": 133,
        "routeradv": 134,
        "neighbrsol": 135,
        "neighbradv": 136,
        "redir": 137,
        "routrrenum": 138,
        "wrureq": 139,
        "wrurep": 140,
        "fqdnreq": 139,
        "fqdnrep": 140,
        "niqry": 139,
        "nirep": 140,
        "mtraceresp": 200,
        "mtrace": 201,
        "listenrepv2": 143,
    },
}

ICMP_CODES = {
    ("inet", 3): ["net-unr", "host-unr", "proto-unr", "port-unr", "needfrag", "srcfail", "net-unk", "host-unk", "isolate", "net-prohib", "host-prohib", "net-tos", "host-tos", "filter-prohib", "host-preced", "cutoff-preced"],
    ("inet", 5): ["redir-net", "redir-host", "redir-tos-net", "redir-tos-host"],
    ("inet", 9): ["normal-adv"],
    ("inet", 11): ["transit", "reassemb"],
    ("inet", 12): ["badhead", "optmiss", "badlen"],
    ("inet6", 1): ["noroute-unr", "admin-unr", "notnbr-unr", "addr-unr", "port-unr"],
    ("inet6", 3): ["transit", "reassemb"],
    ("inet6", 4): ["badhead", "nxthdr"],
}

SERVICES = {
    "ftp-data": 20,
    "ftp": 21,
    "ssh": 22,
    "telnet": 23,
    "smtp": 25,
    "msg-icp": 29,
    "mpm-flags": 44,
    "domain": 53,
    "bootps": 67,
    "bootpc": 68,
    "tftp": 69,
    "finger": 79,
    "http": 80,
    "www": 80,
    "pop3": 110,
    "auth": 113,
    "ident": 113,
    "ntp": 123,
    "imap": 143,
    "snmp": 161,
    "bgp": 179,
    "https": 443,
    "isakmp": 500,
    "dhcpv6-client": 546,
    "dhcpv6-server": 547,
    "ftps-data": 989,
    "socks": 1080,
    "ircd": 6667,
}

KEYWORDS = frozenset(
    ["all", "allow-opts", "altq", "anchor", "antispoof", "any", "bandwidth", "bitmask", "block", "block-policy", "buckets", "code", "crop", "debug", "divert-reply", "divert-to", "dnpipe", "dnqueue", "drop", "drop-ovl", "dup-to", "endpoi", "ether", "failpolicy", "fail-policy", "fingerprints", "flags", "floating", "flush", "for", "fragment", "from", "global", "group", "hostid", "icmp-type", "icmp6-type", "if-bound", "in", "include", "inet", "inet6", "interval", "keep", "keepcounters", "l3", "label", "limit", "load", "log", "loginterface", "map-e-portset", "match", "max", "max-mss", "max-pkt-rate", "max-pkt-size", "max-src-conn", "max-src-conn-rate", "max-src-nodes", "max-src-states", "min-ttl", "modulate", "nat", "nat-anchor", "nat-to", "no", "no-df", "no-route", "no-sync", "on", "optimization", "os", "out", "overload", "pass", "pflow", "port", "prio", "priority", "probability", "proto", "qlimit", "queue", "quick", "random", "random-id", "rdr", "rdr-anchor", "rdr-to", "reassemble", "received-on", "reply-to", "require-order", "return", "return-icmp", "return-icmp6", "return-rst", "ridentifier", "round-robin", "route-to", "rtable", "rule", "ruleset-optimization", "scrub", "set", "set-tos", "skip", "sloppy", "source-hash", "source-track", "state", "state-defaults", "state-policy", "static-port", "sticky-address", "syncookies", "synproxy", "tag", "tagged", "tbrsize", "timeout", "to", "tos", "ttl", "upperlimit", "urpf-failed", "user", "binat", "binat-to", "binat-anchor", "af-to", "table", "persist", "const", "counters", "once", "prefer-ipv6-nexthop", "realtime"]
)
"""Words that pfctl's scanner takes as keywords, so that they are strings only in quotes."""

OTHER_OPTIONS = frozenset(
    ["user", "group", "tos", "queue", "dnpipe", "dnqueue", "probability", "prio", "set", "max-pkt-rate", "max-pkt-size", "scrub", "nat-to", "rdr-to", "binat-to", "af-to", "divert-to", "divert-reply", "ridentifier", "once"]
)
"""Options of a filter rule that `pf_conf` leaves unread."""


def protocol_name(number):
    """The name that pfctl shows for a protocol, or its number."""
    if number == 58:
        return "ipv6-icmp"
    return next((name for name, value in PROTOCOLS.items() if value == number), str(number))


def icmp_type_name(family, number):
    """The name that pfctl shows for an ICMP type, or its number."""
    names = ICMP_TYPES[family]
    return next((name for name, value in names.items() if value == number), str(number))


def icmp_code_name(family, number, code):
    """The name that pfctl shows for an ICMP code, or its number."""
    names = ICMP_CODES.get((family, number), ())
    return names[code] if code < len(names) else str(code)


def service_name(number):
    """The name that pfctl shows for one port, or its number."""
    return next((name for name, value in SERVICES.items() if value == number), str(number))
