"""The strict reader of pf.conf(5) takes what pfctl(8) takes, and refuses what it refuses.

FreeBSD's own regression inputs are used where they are: installed below /usr/tests, or in the
sbin/pfctl/tests/files of a source tree that PFCTL_TESTS names.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from freebsd_network import pf_conf
from freebsd_network.pf_filter import Filter, Packet

FREEBSD = Path(os.environ.get("PFCTL_TESTS", "/usr/tests/sbin/pfctl/files"))
INTERFACES = {
    "lo0": ["127.0.0.1", "::1", "fe80::1"],
    "localhost": ["127.0.0.1"],
    **{f"vlan{n}": ["203.0.113.5", "2001:db8::cb00:7105"] for n in range(1057, 1065)},
}


def lines(text: str) -> list[str]:
    return [str(rule) for rule in pf_conf.parse(text).rules]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pass in all", ["pass in all flags S/SA keep state"]),
        ("pass quick on t inet", ["pass quick on t inet all flags S/SA keep state"]),
        ("block", ["block drop all"]),
        ("pass proto udp to port 53", ["pass proto udp from any to any port = domain keep state"]),
        ("pass from ! <a> to ::", ["pass inet6 from ! <a> to :: flags S/SA keep state"]),
        ("pass inet proto icmp icmp-type 8 code 0 no state",
         ["pass inet proto icmp all icmp-type echoreq code 0 no state"]),
        ("block in from { 10/8, ::/0 }", ["block drop in inet from 10.0.0.0/8 to any",
                                          "block drop in inet6 from ::/0 to any"]),
        ('x = "{ 1.2.3.4 }"\nblock from $x', ["block drop inet from 1.2.3.4 to any"]),
    ],
)  # fmt: skip
def test_rules_are_shown_as_pfctl_shows_them(text, shown):
    assert lines(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "pass in proto icmp from any to any port 8",
        "pass in inet6 proto icmp all",
        "pass proto icmp all icmp-type 8",
        "pass inet proto icmp all icmp-type 256",
        "pass inet proto icmp all icmp6-type 8",
        "pass proto 0",
        "pass proto 256",
        "pass proto nosuch",
        "pass proto tcp to port 70000",
        "pass proto tcp to port 20:10",
        "pass from 10.0.0.1 to ::1",
        "pass inet from ::1",
        "pass from nosuchhost",
        "block keep state",
        "block allow-opts",
        "pass quick in all",
        "pass in quick on averylonginterfacename all",
        "pass all label " + "x" * 64,
        "table <" + "x" * 32 + "> persist",
        "table <a> { <b> }",
        "pass all\nnat on t from any to any -> 1.2.3.4",
        "block $undefined",
        "pass all nosuchoption",
        "binat on t from 1.2.3.4 to any -> { 1.2.3.4, 1.2.3.5 }",
    ],
)
def test_what_pfctl_refuses_is_refused(text):
    with pytest.raises(pf_conf.Refused):
        pf_conf.parse(text)


@pytest.mark.parametrize("text", ["ether block", "antispoof for t", "pass all user root"])
def test_what_the_reader_does_not_know_is_neither_taken_nor_refused(text):
    with pytest.raises(pf_conf.Unknown):
        pf_conf.parse(text)


def freebsds_inputs() -> list[str]:
    return sorted(path.stem[2:] for path in FREEBSD.glob("pf*.in"))


def test_freebsds_own_inputs_are_read_as_pfctl_reads_them():
    if not freebsds_inputs():
        pytest.skip(f"FreeBSD's inputs of pfctl are not in {FREEBSD}; set PFCTL_TESTS")
    wrong, read = [], 0
    for number in freebsds_inputs():
        fails = (FREEBSD / f"pf{number}.fail").exists()
        try:
            mine = pf_conf.parse((FREEBSD / f"pf{number}.in").read_text(), INTERFACES)
        except pf_conf.Unknown:
            continue
        except pf_conf.Refused as error:
            wrong += [] if fails else [f"{number}: refused: {error}"]
            continue
        if fails:
            wrong.append(f"{number}: taken")
            continue
        try:
            wanted = pf_conf.parse((FREEBSD / f"pf{number}.ok").read_text(), INTERFACES)
        except pf_conf.Unknown:
            continue
        read += 1
        if [*map(str, mine.translations + mine.rules)] != [
            *map(str, wanted.translations + wanted.rules)
        ]:
            wrong.append(f"{number}: other rules")
    assert not wrong
    assert read >= 50


def packet(direction: str = "in", **more) -> Packet:
    fields = {"source": "192.0.2.1", "destination": "192.0.2.2", "protocol": 6, **more}
    return Packet("t", direction, **fields)


def test_the_last_matching_rule_decides_and_a_quick_one_at_once():
    assert not Filter(pf_conf.parse("pass in\nblock in")).passes(packet())
    assert Filter(pf_conf.parse("pass in quick\nblock in")).passes(packet())
    assert Filter(pf_conf.parse("")).passes(packet())


def test_a_state_lets_answers_through_on_its_interface_only():
    pf = Filter(pf_conf.parse("block\npass in on t keep state (if-bound)"))
    first = packet(source_port=1, destination_port=2)

    assert pf.passes(first)
    assert pf.passes(first.reply())
    assert not pf.passes(first.reply(interface="other"))
    assert not pf.passes(packet("out", source="192.0.2.9"))


def test_an_answer_without_its_question_makes_no_state():
    pf = Filter(pf_conf.parse("block\npass in"))

    assert not pf.passes(packet(flags="SA"))
    assert not pf.passes(packet(options=True))


def test_names_of_groups_and_the_most_precise_entry_of_a_table_count():
    text = "table <a> { 192.0.2.0/24, ! 192.0.2.1 }\nblock on guests from <a>\n"
    pf = Filter(pf_conf.parse(text), groups={"t": {"guests"}})

    assert pf.passes(packet())
    assert not pf.passes(packet(source="192.0.2.7"))


def test_an_anchors_quick_rule_ends_the_search():
    main = pf_conf.parse('anchor "a/*"\nblock quick\n')
    pf = Filter(main, {"a/t": pf_conf.parse("pass in quick proto tcp", in_anchor=True)})

    assert pf.passes(packet())
    assert not pf.passes(packet(protocol=17))
