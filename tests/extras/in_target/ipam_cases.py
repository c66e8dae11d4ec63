"""The IPAM driver over neutron's own tables in sqlite; run by neutron's Python with unittest."""

import os
import sys
import tempfile
import unittest
from unittest import mock

import netaddr
from freebsd_port_extras import ipam
from neutron.db import models_v2  # noqa: F401 - registers its tables
from neutron.db.migration.models import head
from neutron.ipam import exceptions as ipam_exc
from neutron.ipam import requests as ipam_req
from neutron_lib import context as neutron_context
from neutron_lib.db import api as db_api
from oslo_config import cfg
from oslo_db import options
from oslo_utils import uuidutils

SAYS = "import sys; sys.exit(%s)"


def choose(subnet, count=None):
    if count is None:
        return subnet.allocate(ipam_req.AnyAddressRequest())
    return subnet.bulk_allocate(ipam_req.BulkAddressRequest(count))


class Case(unittest.TestCase):
    def setUp(self):
        self.context = neutron_context.get_admin_context()
        self.overridden = []

    def tearDown(self):
        for name in self.overridden:
            cfg.CONF.clear_override(name, group=ipam.GROUP)

    def set(self, name, value):
        cfg.CONF.set_override(name, value, group=ipam.GROUP)
        self.overridden.append(name)

    def probe(self, body):
        """Let a script say whether {address}, its first argument, is in use."""
        self.set("probe_command", [sys.executable, "-S", "-c", body, "{address}", "{subnet}"])

    def subnet(self, cidr, gateway=None, pools=None):
        network = netaddr.IPNetwork(cidr)
        request = ipam_req.SpecificSubnetRequest(
            "project",
            uuidutils.generate_uuid(),
            network,
            gateway_ip=gateway or netaddr.IPAddress(network.first + 1),
            allocation_pools=pools,
        )
        pool = ipam.ReservingPool(None, self.context)
        return pool.allocate_subnet(request)

    def exhaust(self, subnet):
        found = []
        with self.assertRaises(ipam_exc.IpAddressGenerationFailure):
            while True:
                found.append(choose(subnet))
        return found


class KeptTests(Case):
    def test_the_number_follows_from_the_size_of_the_subnet(self):
        for cidr, number in (("/28", 0), ("/27", 0), ("/26", 5), ("/25", 10), ("/16", 10)):
            self.assertEqual(len(ipam.find_kept("10.0.0.0" + cidr, "10.0.0.1")), number, cidr)
        self.assertEqual(ipam.find_kept("2001:db8::/64", "2001:db8::1"), [])

    def test_they_are_the_highest_without_broadcast_and_gateway(self):
        self.assertEqual(
            ipam.find_kept("10.0.0.0/26", "10.0.0.61"),
            ["10.0.0.62", "10.0.0.60", "10.0.0.59", "10.0.0.58", "10.0.0.57"],
        )

    def test_the_numbers_can_be_set(self):
        self.set("kept_of_small", 0)
        self.set("kept_of_large", 2)
        self.assertEqual(ipam.find_kept("10.0.0.0/26", None), [])
        self.assertEqual(ipam.find_kept("10.0.0.0/24", None), ["10.0.0.254", "10.0.0.253"])

    def test_all_but_the_kept_ones_are_given(self):
        found = self.exhaust(self.subnet("10.0.1.0/26"))
        self.assertEqual(len(found), 56)
        self.assertEqual(max(map(netaddr.IPAddress, found)), netaddr.IPAddress("10.0.1.57"))
        self.assertEqual(len(self.exhaust(self.subnet("10.0.2.0/28"))), 13)

    def test_a_kept_one_is_given_to_who_asks_for_it_and_only_once(self):
        subnet = self.subnet("10.0.3.0/26")
        request = ipam_req.SpecificAddressRequest("10.0.3.62")
        self.assertEqual(subnet.allocate(request), "10.0.3.62")
        with self.assertRaises(ipam_exc.IpAddressAlreadyAllocated):
            subnet.allocate(request)
        subnet.deallocate("10.0.3.62")
        self.assertNotIn("10.0.3.62", self.exhaust(subnet))

    def test_a_pool_of_kept_addresses_only_gives_none(self):
        pools = [netaddr.IPRange("10.0.4.60", "10.0.4.62")]
        self.assertEqual(self.exhaust(self.subnet("10.0.4.0/26", pools=pools)), [])

    def test_the_next_address_and_many_at_once_leave_them_out_too(self):
        subnet = self.subnet("10.0.5.0/26")
        request = ipam_req.PreferNextAddressRequest()
        self.assertEqual(subnet.allocate(request), "10.0.5.2")
        found = choose(subnet, 55)
        self.assertEqual(len(set(found)), 55)
        self.assertFalse(set(found) & set(ipam.find_kept("10.0.5.0/26", "10.0.5.1")))
        with self.assertRaises(ipam_exc.IpAddressGenerationFailure):
            choose(subnet, 1)


class ProbeTests(Case):
    def test_an_address_that_answers_is_skipped(self):
        self.probe("import sys; sys.exit(sys.argv[1] not in ('10.1.0.2', '10.1.0.4'))")
        self.set("probe_tries", 20)
        subnet = self.subnet("10.1.0.0/29")
        found = self.exhaust(subnet)
        self.assertEqual(sorted(found), ["10.1.0.3", "10.1.0.5", "10.1.0.6"])

    def test_many_at_once_are_each_probed(self):
        self.probe("import sys; sys.exit(sys.argv[1] != '10.1.1.3')")
        found = choose(self.subnet("10.1.1.0/29"), 4)
        self.assertEqual(sorted(found), ["10.1.1.2", "10.1.1.4", "10.1.1.5", "10.1.1.6"])

    def test_the_statuses_can_be_the_other_way_round(self):
        self.probe("import sys; sys.exit(sys.argv[1] == '10.1.2.2')")
        self.set("probe_in_use_status", 1)
        request = ipam_req.PreferNextAddressRequest()
        self.assertEqual(self.subnet("10.1.2.0/29").allocate(request), "10.1.2.3")

    def test_an_address_asked_for_is_not_probed(self):
        self.probe(SAYS % 0)
        request = ipam_req.SpecificAddressRequest("10.1.3.3")
        self.assertEqual(self.subnet("10.1.3.0/29").allocate(request), "10.1.3.3")

    def test_a_request_gives_up_after_so_many_tries(self):
        self.probe(SAYS % 0)
        self.set("probe_tries", 3)
        subnet = self.subnet("10.1.4.0/24")
        with mock.patch.object(ipam, "is_in_use", wraps=ipam.is_in_use) as asked:
            self.assertEqual(self.exhaust(subnet), [])
        self.assertEqual(asked.call_count, 3)

    def test_a_probe_that_fails_takes_too_long_or_is_not_there_leaves_the_address_free(self):
        subnet = self.subnet("10.1.5.0/26")
        self.probe(SAYS % 2)
        with self.assertLogs(ipam.__name__, "WARNING") as told:
            self.assertTrue(choose(subnet))
        self.assertIn("ended with status 2", told.output[0])
        self.probe("import time; time.sleep(60)")
        self.set("probe_timeout", 0.1)
        with self.assertLogs(ipam.__name__, "WARNING") as told:
            self.assertTrue(choose(subnet))
        self.assertIn("took too long", told.output[0])
        self.set("probe_command", ["/no/such/arping", "{address}"])
        with self.assertLogs(ipam.__name__, "WARNING") as told:
            self.assertTrue(choose(subnet))
        self.assertIn("could not be run", told.output[0])

    def test_without_a_command_and_for_ipv6_nothing_is_run(self):
        with mock.patch("subprocess.run", side_effect=AssertionError):
            self.assertTrue(choose(self.subnet("10.1.6.0/26")))
            self.probe(SAYS % 0)
            self.assertTrue(choose(self.subnet("2001:db8::/64")))


def use_sqlite(path):
    """Make neutron's tables in a file; both its reader and its writer use it."""
    cfg.CONF([], project="neutron", default_config_files=[])
    options.set_defaults(cfg.CONF, connection="sqlite:///" + path)
    head.get_metadata().create_all(db_api.CONTEXT_WRITER.get_engine())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        use_sqlite(os.path.join(directory, "neutron.sqlite"))
        unittest.main()
