"""Ports, groups and rules for the checks of neutron-bsdbridge, and pf to decide by them."""

import pytest
from freebsd_network import pf_conf, pf_filter

MAC = "fa:16:3e:00:00:01"
GROUP = "aaaaaaaa-0000-0000-0000-000000000001"


@pytest.fixture
def port_of():
    """A function that gives the one port with these rules of its group, and its rendered pf."""
    from neutron_meaning import Cloud, Port

    def make(*rules, fixed_ips=("192.0.2.10",), pairs=(), address_groups=None, stateless=()):
        port = Port(
            "deadbeef-0000-0000-0000-000000000001", MAC, list(fixed_ips), [GROUP], list(pairs)
        )
        return Rendered(Cloud([port], {GROUP: list(rules)}, address_groups or {}, set(stateless)))

    return make


def rule(direction="ingress", ethertype="IPv4", **more):
    """A security group rule, as neutron's API has it."""
    return {"direction": direction, "ethertype": ethertype, **more}


class Rendered:
    """The anchors of all ports of a Cloud, rendered by the patched code and read strictly."""

    def __init__(self, cloud):
        from neutron_bsdbridge.l2_agent import pf, port_config
        from neutron_meaning import Server

        self.cloud = cloud
        self.config, self.devices = port_config.build(
            [port.details() for port in cloud.ports], Server(cloud).info(), {}
        )
        self.texts, self.taps = {}, {}
        for bridge in self.config.bridge.values():
            for name, member in bridge.member.items():
                filt = self.config.filter.get(member.filter)
                tables = pf.wanted_tables(filt, member.bind, self.config)
                self.texts[name], _hash = pf.render(name, filt, member.bind, tables)
                self.taps[member.description.rpartition(" ")[2]] = name
        self.tap = next(iter(self.taps.values()))
        self.text = self.texts[self.tap]

    def filter(self):
        """pf with the anchors loaded as the host's pf.conf calls them, without states."""
        main = pf_conf.parse('anchor "l2-neutron/port/*"\nblock drop quick on neutron-port\n')
        anchors = {
            "l2-neutron/port/" + name: pf_conf.parse(text, in_anchor=True)
            for name, text in self.texts.items()
        }
        groups = {name: {"neutron-port"} for name in self.texts}
        return pf_filter.Filter(main, anchors, groups)

    def gets(self, source, protocol, **more):
        """Whether the one guest gets such a packet."""
        port = self.cloud.ports[0]
        destination = more.pop("destination", None)
        if destination is None:
            destination = next(ip for ip in port.fixed_ips if (":" in ip) == (":" in source))
        packet = pf_filter.Packet(self.tap, "out", source, destination, protocol, **more)
        return self.filter().passes(packet)

    def sends(self, destination, protocol, source=None, **more):
        """Whether the one guest can send such a packet."""
        port = self.cloud.ports[0]
        if source is None:
            source = next(ip for ip in port.fixed_ips if (":" in ip) == (":" in destination))
        packet = pf_filter.Packet(self.tap, "in", source, destination, protocol, **more)
        return self.filter().passes(packet)


PF_CONF = 'anchor "l2-neutron/port/*"\nblock drop quick on neutron-port\n'


@pytest.fixture
def kernel():
    """A stand-in host whose pf.conf and sysctls are as the agents want them."""
    from freebsd_network.kernel import Kernel

    host = Kernel()
    host.run(("/sbin/sysctl", "net.link.bridge.pfil_member=1"))
    host.run(("/sbin/pfctl", "-f", "-"), input=PF_CONF)
    host.run(("/sbin/pfctl", "-e"))
    return host


@pytest.fixture
def sync(kernel):
    """A function that brings the stand-in host to the ports of a Cloud, as the L2 agent does."""
    from neutron_bsdbridge.l2_agent import port_config, reconcile, writer
    from neutron_meaning import Server

    def run(cloud, details=None, info=None):
        config, _devices = port_config.build(
            details or [port.details() for port in cloud.ports], info or Server(cloud).info(), {}
        )
        return reconcile.reconcile(
            config, writer=writer.Writer(dry_run=False, run=kernel.run), run=kernel.run
        )

    return run


@pytest.fixture
def cloud():
    """Two ports: one open for tcp 22, the other one for everything of the first one's group."""
    from neutron_meaning import Cloud, Port

    first, second = "11111111-0000-0000-0000-000000000001", "22222222-0000-0000-0000-000000000002"
    ssh = rule(protocol="tcp", port_range_min=22, port_range_max=22)
    return Cloud(
        [
            Port("1111eeee-0000-0000-0000-000000000001", MAC, ["192.0.2.10"], [first]),
            Port(
                "2222eeee-0000-0000-0000-000000000002",
                "fa:16:3e:00:00:02",
                ["192.0.2.11"],
                [second],
            ),
        ],
        {first: [ssh, rule("egress")], second: [rule(remote_group_id=first), rule("egress")]},
    )
