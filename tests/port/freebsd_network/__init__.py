"""A stand-in for FreeBSD's network commands, and a strict reader of pf.conf(5).

For checks on Linux: `pf_conf` reads what pfctl(8) would load and refuses what it would refuse,
`pf_filter` decides packets by the rules, `kernel` keeps interfaces, jails, routes and rules as
`commands` changes them. Written from FreeBSD's manual pages and the grammar of pfctl(8).
"""
