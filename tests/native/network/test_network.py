"""What the kernel's pf passes between guests, by the rules that the patched agents render."""

from __future__ import annotations

from network_world import FIRST, GOLDEN, GUESTS, SECOND

ROUTER, OUTSIDE = "fbportr", "fbporto"


def test_without_rules_guests_reach_each_other(world):
    world.machine.listen("fbport2", 81)

    assert world.reaches("fbport1", "10.77.0.11", 81)


def test_guests_reach_what_security_groups_open_and_nothing_else(filtered):
    assert filtered.reaches("fbport2", "10.77.0.10", 80)
    assert not filtered.reaches("fbport2", "10.77.0.10", 81)
    assert filtered.reaches("fbport1", "10.77.0.11", 80)
    assert not filtered.reaches("fbport1", "10.77.0.11", 81)


def test_who_is_not_in_the_remote_group_does_not_get_in(filtered):
    filtered.load(SECOND, GOLDEN["after_leaving"][SECOND])

    assert not filtered.reaches("fbport1", "10.77.0.11", 80)


def test_a_guest_sends_from_its_address_pair_and_from_no_other_address(filtered):
    for address in ("10.77.0.200/32", "10.77.0.201/32"):
        filtered.run("ifconfig", "eth0", "inet", address, "alias", jail="fbport1")

    assert filtered.reaches("fbport1", "10.77.0.11", 80, source="10.77.0.200")
    assert not filtered.reaches("fbport1", "10.77.0.11", 80, source="10.77.0.201")


def test_rules_of_members_do_not_hold_for_an_address_that_the_host_has_on_the_bridge(filtered):
    filtered.run("ifconfig", "fbportbr", "inet", "10.77.0.1/24")

    assert filtered.reaches("", "10.77.0.10", 80)
    assert filtered.reaches("", "10.77.0.10", 81)


def test_rules_that_do_not_load_change_nothing_and_the_closing_ones_close(filtered):
    broken = GOLDEN["anchors"][FIRST] + f"pass in quick on {FIRST} proto icmp all port 8\n"

    assert filtered.load(FIRST, broken, ok=False) != 0
    assert not filtered.reaches("fbport2", "10.77.0.10", 81)
    filtered.load(FIRST, GOLDEN["closed"][FIRST])
    assert not filtered.reaches("fbport2", "10.77.0.10", 80)


def test_flushed_rules_leave_the_guest_closed(filtered):
    filtered.run("pfctl", "-a", "l2-neutron/port/" + FIRST, "-F", "all", ok=False)

    assert not filtered.reaches("fbport2", "10.77.0.10", 80)


def test_a_guest_gets_to_the_metadata_proxy_by_its_route(filtered):
    filtered.jail("fbportd")
    filtered.wire("fbportd", "dhfbport", "dhcp0", "10.77.0.2/24", "fbportbr", "dhcp-neutron")
    filtered.run("ifconfig", "dhcp0", "inet", "169.254.169.254/32", "alias", jail="fbportd")
    filtered.run("route", "-n", "add", "169.254.169.254/32", "10.77.0.2", jail="fbport1")
    filtered.machine.listen("fbportd", 80)

    assert filtered.comes_from("fbport1", "169.254.169.254", 80) == "10.77.0.10"


def add_router(world, tmp_path):
    """A router with SNAT and a floating IP for the first guest, and a host outside."""
    world.bridge("fbportex", "inet", "203.0.113.77/24")
    for name in (ROUTER, OUTSIDE):
        world.jail(name)
    inside, outside = "qr-77777777-00", "qg-66666666-00"
    world.wire(ROUTER, "rtfbport", inside, "10.77.0.1/24", "fbportbr", "l3-neutron")
    world.wire(ROUTER, "rgfbport", outside, "203.0.113.5/24", "fbportex", "l3-neutron")
    world.wire(OUTSIDE, "oufbport", "eth0", "203.0.113.9/24", "fbportex")
    world.run("ifconfig", outside, "inet", "203.0.113.50/32", "alias", jail=ROUTER)
    world.run("sysctl", "net.inet.ip.forwarding=1", jail=ROUTER)
    text = tmp_path / "pf.conf"
    text.write_text(GOLDEN["router"])
    world.run("pfctl", "-f", str(text), jail=ROUTER)
    world.run("pfctl", "-e", jail=ROUTER)
    for guest in GUESTS:
        world.run("route", "-n", "add", "default", "10.77.0.1", jail=guest)
    world.machine.listen(OUTSIDE, 80)


def test_guests_go_out_by_the_routers_address_and_their_floating_ip(filtered, tmp_path):
    add_router(filtered, tmp_path)

    assert filtered.comes_from("fbport2", "203.0.113.9", 80) == "203.0.113.5"
    assert filtered.comes_from("fbport1", "203.0.113.9", 80) == "203.0.113.50"


def test_a_floating_ip_leads_to_its_guest_also_from_the_host_itself(filtered, tmp_path):
    add_router(filtered, tmp_path)

    for jail, address in ((OUTSIDE, "203.0.113.9"), ("", "203.0.113.77")):
        assert filtered.comes_from(jail, "203.0.113.50", 80) == address
        assert not filtered.reaches(jail, "203.0.113.50", 81)


def test_everything_is_taken_away(filtered):
    filtered.remove()

    assert "fbport" not in filtered.run("jls", "name")
    for name in (FIRST, SECOND, "fbportbr"):
        assert filtered.run("ifconfig", name, ok=False) != 0
    assert filtered.run("pfctl", "-sr").strip() == ""
