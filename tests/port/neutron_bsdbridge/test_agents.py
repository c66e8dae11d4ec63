"""The three agents over a stand-in kernel: what they set up, take away and survive."""

import sys
import threading
from types import SimpleNamespace

import pytest

ALONE = pytest.mark.patch("neutron-bsdbridge/bsdbridge-ports-fail-alone.patch")
THREADS = pytest.mark.patch("neutron-bsdbridge/bsdbridge-no-eventlet.patch")
HOST = pytest.mark.patch("neutron-bsdbridge/bsdbridge-check-host.patch")
METADATA = pytest.mark.patch("neutron-bsdbridge/bsdbridge-metadata-proxy.patch")

FIRST = "tap1111eeee-00"
NETWORK = "33333333-4444-5555-6666-777777777777"
JAIL = "qdhcp-333333334444"


@pytest.fixture
def agent(monkeypatch, kernel, cloud, tmp_path):
    """The L2 agent of the two ports, with neutron's server in place of RPC."""
    from neutron_bsdbridge.l2_agent import agent as module
    from neutron_bsdbridge.l2_agent import writer
    from neutron_meaning import Server

    calls = SimpleNamespace(up=[], down=[])

    class PluginApi:
        def __init__(self, topic):
            pass

        def get_devices_details_list_and_failed_devices(self, context, devices, *args, **more):
            found = [port.details() for port in cloud.ports if port.id in devices]
            return {"devices": found, "failed_devices": []}

        def update_device_list(self, context, up, down, *args):
            calls.up, calls.down = list(up), list(down)

    class SecurityGroups(PluginApi):
        def security_group_info_for_devices(self, context, devices):
            return Server(cloud).info()

    monkeypatch.setattr(module.agent_rpc, "PluginApi", PluginApi)
    monkeypatch.setattr(module.agent_rpc, "PluginReportStateAPI", PluginApi)
    monkeypatch.setattr(module.sg_rpc, "SecurityGroupServerRpcApi", SecurityGroups)
    monkeypatch.setattr(module.n_context, "get_admin_context_without_session", lambda: None)
    monkeypatch.setattr(module.ifconfig, "read_interfaces", _reader(module.ifconfig, kernel))
    options = SimpleNamespace(state_path=str(tmp_path), physical_interface_mappings={})
    conf = SimpleNamespace(
        host="here", bsdbridge=options, AGENT=SimpleNamespace(availability_zone="nova")
    )
    made = module.BsdBridgeAgent(
        conf, writer=writer.Writer(dry_run=False, run=kernel.run), run=kernel.run
    )
    for port in cloud.ports:
        made.port_update(None, port={"id": port.id})
    made.seen = calls
    return made


def _reader(ifconfig, kernel):
    real = ifconfig.read_interfaces
    return lambda names, run=None: real(names, kernel.run)


@ALONE
def test_a_port_whose_rules_do_not_load_does_not_hold_up_the_others(agent, kernel, cloud):
    kernel.fail_next.append(("pfctl", "-f"))

    agent._sync()

    assert agent.seen.up == [cloud.ports[1].id]
    agent._sync()
    assert sorted(agent.seen.up) == sorted(port.id for port in cloud.ports)


@ALONE
def test_another_failure_still_makes_the_agent_try_again_at_once(agent, kernel):
    from neutron_bsdbridge.l2_agent.agent import ReconcileError

    kernel.fail_next.append(("ifconfig", "create"))

    with pytest.raises(ReconcileError):
        agent._sync()


@HOST
def test_no_port_is_plugged_on_a_host_that_does_not_filter(agent, kernel):
    from neutron_bsdbridge.l2_agent.agent import ReconcileError

    kernel.run(("/sbin/pfctl", "-d"))

    with pytest.raises(ReconcileError, match="pf is not enabled"):
        agent._sync()
    assert FIRST not in kernel.vnets[""].interfaces


@HOST
def test_the_agent_ends_at_its_start_with_one_message(monkeypatch, kernel):
    from neutron_bsdbridge.l2_agent import agent as module

    kernel.run(("/sbin/sysctl", "net.link.bridge.pfil_member=0"))
    monkeypatch.setattr(module, "default_run", kernel.run)
    for name in ("common_config", "service_config", "agent_common_config"):
        monkeypatch.setattr(module, name, _Anything())

    with pytest.raises(SystemExit, match="would not filter guests: sysctl "):
        module.main()


class _Anything:
    def __getattr__(self, name):
        return lambda *args, **more: None

    RPC_EXTRA_OPTS = ()


@THREADS
@pytest.mark.parametrize("name", ["l2_agent", "dhcp_agent", "l3_agent"])
def test_agents_start_without_eventlet_and_patch_nothing(monkeypatch, fresh_import, name):
    monkeypatch.setitem(sys.modules, "eventlet", None)
    before = threading.Thread.start, threading.get_ident

    fresh_import(f"neutron_bsdbridge.{name}.agent")

    assert (threading.Thread.start, threading.get_ident) == before


@THREADS
def test_ports_that_threads_announce_during_a_sync_are_not_lost(agent, cloud):
    announced = [f"{n:08x}-0000-0000-0000-000000000000" for n in range(200)]
    real = agent.plugin_rpc.get_devices_details_list_and_failed_devices
    threads = []

    def answer(*args, **more):
        for part in range(4):
            chosen = announced[part::4]
            threads.append(
                threading.Thread(
                    target=lambda ids=chosen: [
                        agent.port_update(None, port={"id": one}) for one in ids
                    ]
                )
            )
            threads[-1].start()
        return real(*args, **more)

    agent.plugin_rpc.get_devices_details_list_and_failed_devices = answer
    agent._sync()
    for thread in threads:
        thread.join()

    assert set(announced) <= agent._candidates
    assert agent._lock.acquire(blocking=False)


def network(metadata, **more):
    """One network's DHCP service."""
    from neutron_bsdbridge.dhcp_agent import dnsmasq

    return dnsmasq.DhcpNetwork(
        network_id=NETWORK,
        port_id="44444444-0000-0000-0000-000000000004",
        mac="fa:16:3e:00:00:44",
        ips=(("192.0.2.2", 24),),
        subnets=(dnsmasq.Subnet("sub", "192.0.2.0/24", "192.0.2.1"),),
        hosts=(),
        metadata=metadata,
        **more,
    )


def serve(kernel, tmp_path, networks, socket=""):
    from neutron_bsdbridge.dhcp_agent import reconcile

    return reconcile.reconcile(networks, str(tmp_path), run=kernel.run, metadata_socket=socket)


@METADATA
def test_a_networks_jail_has_the_proxy_and_its_address(kernel, tmp_path):
    socket = tmp_path / "metadata_proxy"
    socket.touch()

    result = serve(kernel, tmp_path, [network(True)], str(socket))

    assert not result.failed
    programs = sorted(p.argv[0].rpartition("/")[2] for p in kernel.processes.values())
    assert programs == ["dnsmasq", "haproxy"]
    addresses = [str(a) for a in kernel.vnets[JAIL].interfaces["dhcp0"].inets]
    assert addresses == ["192.0.2.2/24", "169.254.169.254/32"]
    written = (tmp_path / "dhcp" / NETWORK / "haproxy.cfg").read_text()
    assert "bind 169.254.169.254:80" in written
    assert f"set-header X-Neutron-Network-ID {NETWORK}" in written
    assert "del-header X-Forwarded-For" in written
    assert f"server metadata unix@{socket}" in written


@METADATA
def test_guests_are_told_the_way_to_the_proxy_and_keep_their_gateway(kernel, tmp_path):
    serve(kernel, tmp_path, [network(True)])

    options = (tmp_path / "dhcp" / NETWORK / "opts").read_text().splitlines()
    routes = "169.254.169.254/32,192.0.2.2,0.0.0.0/0,192.0.2.1"
    assert f"tag:sub,option:classless-static-route,{routes}" in options
    assert f"tag:sub,249,{routes}" in options


@METADATA
def test_a_proxy_that_runs_is_left_alone_and_one_that_died_comes_back(kernel, tmp_path):
    socket = tmp_path / "metadata_proxy"
    socket.touch()
    serve(kernel, tmp_path, [network(True)], str(socket))
    first = set(kernel.processes)

    serve(kernel, tmp_path, [network(True)], str(socket))
    assert set(kernel.processes) == first

    kernel.processes.clear()
    serve(kernel, tmp_path, [network(True)], str(socket))
    assert len(kernel.processes) == 2


@METADATA
def test_without_the_metadata_agent_dhcp_is_served_all_the_same(kernel, tmp_path):
    result = serve(kernel, tmp_path, [network(True)], str(tmp_path / "absent"))

    assert not result.failed
    assert [p.argv[0].rpartition("/")[2] for p in kernel.processes.values()] == ["dnsmasq"]


@METADATA
def test_everything_of_a_network_goes_with_it(kernel, tmp_path):
    socket = tmp_path / "metadata_proxy"
    socket.touch()
    serve(kernel, tmp_path, [network(True)], str(socket))

    serve(kernel, tmp_path, [], str(socket))

    assert not kernel.processes
    assert not kernel.jails
    assert list(kernel.vnets[""].interfaces) == ["lo0"]
    assert not (tmp_path / "dhcp" / NETWORK).exists()


@METADATA
def test_without_the_option_nothing_of_it_is_there(kernel, tmp_path):
    serve(kernel, tmp_path, [network(False)])

    assert "classless" not in (tmp_path / "dhcp" / NETWORK / "opts").read_text()
    assert len(kernel.processes) == 1


def router(**more):
    """What sync_routers answers for a router between 192.0.2.0/24 and 203.0.113.0/24."""

    def port(port_id, mac, address, cidr, gateway):
        return {
            "id": port_id,
            "mac_address": mac,
            "fixed_ips": [{"subnet_id": "s", "ip_address": address}],
            "subnets": [{"id": "s", "cidr": cidr, "gateway_ip": gateway}],
        }

    return {
        "id": "55555555-6666-7777-8888-999999999999",
        "gw_port": port(
            "66666666-0000-0000-0000-000000000006",
            "fa:16:3e:00:00:66",
            "203.0.113.5",
            "203.0.113.0/24",
            "203.0.113.1",
        ),
        "_interfaces": [
            port(
                "77777777-0000-0000-0000-000000000007",
                "fa:16:3e:00:00:77",
                "192.0.2.1",
                "192.0.2.0/24",
                "192.0.2.1",
            )
        ],
        "_floatingips": [
            {
                "id": "f",
                "floating_ip_address": "203.0.113.50",
                "fixed_ip_address": "192.0.2.10",
            }
        ],
        "routes": [],
        "enable_snat": True,
        **more,
    }


@THREADS
def test_a_router_is_a_jail_that_forwards_and_translates_and_goes_again(kernel, tmp_path):
    from neutron_bsdbridge.l3_agent import reconcile
    from neutron_bsdbridge.l3_agent import router as router_module

    spec = router_module.from_rpc(router())

    result = reconcile.reconcile([spec], str(tmp_path), run=kernel.run)

    assert not result.failed
    jail = kernel.vnets["qrouter-555555556666"]
    assert jail.sysctls["net.inet.ip.forwarding"] == "1"
    assert jail.pf_enabled
    shown = kernel.run(("/usr/sbin/jexec", "qrouter-555555556666", "/sbin/pfctl", "-sn"))[1]
    assert shown.splitlines() == [
        "nat on qg-66666666-00 inet from 192.0.2.0/24 to any -> 203.0.113.5",
        "binat on qg-66666666-00 inet from 192.0.2.10 to any -> 203.0.113.50",
    ]
    assert not reconcile.reconcile([spec], str(tmp_path), run=kernel.run).changed
    assert not reconcile.reconcile([], str(tmp_path), run=kernel.run).failed
    assert not kernel.jails
    assert list(kernel.vnets[""].interfaces) == ["lo0"]
