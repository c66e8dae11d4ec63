"""The fixtures of the network cases: two guests on a bridge, without and with their rules."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from network_world import GOLDEN, GUESTS, PF_CONF, FreeBSD, World, find_machine


@pytest.fixture
def world():
    made = World(find_machine())
    try:
        made.run("sysctl", "net.link.bridge.pfil_member=1")
        made.bridge("fbportbr")
        for name, (tap, address) in GUESTS.items():
            made.jail(name)
            made.wire(name, tap, "eth0", address, "fbportbr", "l2-neutron", "neutron-port")
        yield made
    finally:
        made.remove()


@pytest.fixture
def filtered(world):
    """The world with the rules of both guests, as the agent loads them."""
    world.run("pfctl", "-f", "-", text=PF_CONF)
    for name, text in GOLDEN["anchors"].items():
        world.load(name, text)
    world.run("pfctl", "-e")
    for guest in GUESTS:
        for port in (80, 81):
            world.machine.listen(guest, port)
    if isinstance(world.machine, FreeBSD):
        time.sleep(1)
    return world
