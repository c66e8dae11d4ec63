"""The rules that the native network cases load are those that the patched code renders.

The cases run on FreeBSD's base system, without neutron, so they read the rules from a file. Where
this check fails, `python tests/port/neutron_bsdbridge/test_native_golden.py` writes it again.
"""

import json
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.patch("neutron-bsdbridge/" + name)
    for name in ("bsdbridge-sg-cidr.patch", "bsdbridge-fixed-ips.patch")
]

GOLDEN = Path(__file__).parent / "golden" / "native_network.json"
FIRST, SECOND = "11111111-0000-0000-0000-000000000001", "22222222-0000-0000-0000-000000000002"
INSIDE, PAIR = "10.77.0.0/24", "10.77.0.200"


def rendered():
    """Two guests, the second one after the first left its group, and a router."""
    from conftest import Rendered, rule
    from neutron_bsdbridge.l2_agent import pf
    from neutron_bsdbridge.l3_agent import router as router_module
    from neutron_meaning import Cloud, Port
    from test_agents import router

    mac = "fa:16:3e:77:00:0{}"
    web = {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
    ports = [
        Port("1111eeee-0000-0000-0000-000000000001", mac.format(1), ["10.77.0.10"], [FIRST],
             [(mac.format(1), PAIR)]),
        Port("2222eeee-0000-0000-0000-000000000002", mac.format(2), ["10.77.0.11"], [SECOND]),
    ]  # fmt: skip
    groups = {
        FIRST: [rule("egress"), rule(**web)],
        SECOND: [
            rule("egress"),
            rule(**web, remote_group_id=FIRST),
            rule(remote_ip_prefix="10.77.0.1/32", protocol="icmp", port_range_min=8),
        ],
    }
    texts = Rendered(Cloud(ports, groups)).texts
    tap = list(texts)[1]
    ports[0].groups = []
    spec = router()
    spec["_interfaces"][0]["fixed_ips"][0]["ip_address"] = "10.77.0.1"
    spec["_interfaces"][0]["subnets"][0].update(cidr=INSIDE, gateway_ip="10.77.0.1")
    spec["_floatingips"][0]["fixed_ip_address"] = "10.77.0.10"
    text, _hash = router_module.pf_text(router_module.from_rpc(spec))
    return {
        "anchors": texts,
        "after_leaving": {tap: Rendered(Cloud(ports, groups)).texts[tap]},
        "closed": {name: pf.deny_all(name)[0] for name in texts},
        "router": text,
    }


def test_the_native_cases_load_what_the_patched_code_renders():
    assert json.loads(GOLDEN.read_text("utf-8")) == rendered()


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(rendered(), indent=1) + "\n", "utf-8")
