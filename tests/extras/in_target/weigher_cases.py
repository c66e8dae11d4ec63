"""The weigher among nova's own classes; run by nova's Python with unittest."""

import unittest
from unittest import mock

from freebsd_port_extras import weights as extras
from nova import conf, objects
from nova.scheduler import host_manager, weights

UUIDS = ["%08d-0000-4000-8000-000000000000" % number for number in range(400)]


def host(name="one", cpus=8, used=0, memory=16384, free=16384, cpu_ratio=1.0, ram_ratio=1.0):
    found = host_manager.HostState(name, name + ".example.org", None)
    found.vcpus_total, found.vcpus_used, found.cpu_allocation_ratio = cpus, used, cpu_ratio
    found.total_usable_ram_mb, found.free_ram_mb = memory, free
    found.ram_allocation_ratio = ram_ratio
    return found


def weigh(hosts, uuid=UUIDS[0], share=0.3):
    handler = weights.HostWeightHandler()
    name = "freebsd_port_extras.weights.LoadHashWeigher"
    weighers = [one() for one in handler.get_matching_classes([name])]
    conf.CONF.set_override("load_hash_share", share, group=extras.GROUP)
    found = handler.get_weighed_objects(weighers, hosts, objects.RequestSpec(instance_uuid=uuid))
    return [(one.obj.host, one.weight) for one in found]


class LoadTests(unittest.TestCase):
    def test_load_is_the_larger_of_the_two_shares_with_their_ratios(self):
        self.assertEqual(extras.find_load(host(used=4)), 0.5)
        self.assertEqual(extras.find_load(host(used=4, cpu_ratio=4.0)), 0.125)
        self.assertEqual(extras.find_load(host(used=1, free=4096)), 0.75)
        self.assertEqual(extras.find_load(host(free=8192, ram_ratio=2.0)), 0.25)

    def test_load_stays_between_0_and_1_on_a_host_with_too_many_guests(self):
        self.assertEqual(extras.find_load(host(used=99)), 1.0)
        self.assertEqual(extras.find_load(host(free=-4096)), 1.0)

    def test_a_host_that_reports_nothing_is_full_and_a_missing_ratio_is_1(self):
        self.assertEqual(extras.find_load(host(cpus=0, memory=0, free=0)), 1.0)
        self.assertEqual(extras.find_load(host(cpus=0, free=4096)), 0.75)
        self.assertEqual(extras.find_load(host(used=4, cpu_ratio=None)), 0.5)


class DrawTests(unittest.TestCase):
    def test_a_draw_depends_on_guest_host_and_node_and_on_nothing_else(self):
        drawn = extras.draw("a", "b", "c")
        self.assertEqual(drawn, extras.draw("a", "b", "c"))
        others = [("x", "b", "c"), ("a", "x", "c"), ("a", "b", "x"), ("ab", "", "c")]
        self.assertEqual(len({drawn, *(extras.draw(*one) for one in others)}), 5)

    def test_draws_are_spread_over_0_to_1(self):
        drawn = sorted(extras.draw(uuid, "h", "n") for uuid in UUIDS)
        self.assertTrue(drawn[0] >= 0.0 and drawn[-1] < 1.0)
        self.assertLess(max(abs(one - n / 400.0) for n, one in enumerate(drawn)), 0.1)


class WeigherTests(unittest.TestCase):
    def test_without_a_hash_the_freest_host_wins_for_every_guest(self):
        hosts = [host("busy", used=6), host("free", used=1), host("half", used=4)]
        for uuid in UUIDS[:20]:
            names = [name for name, _ in weigh(hosts, uuid, 0.0)]
            self.assertEqual(names, ["free", "half", "busy"])

    def test_equal_hosts_get_equally_many_guests_and_the_same_guest_the_same_host(self):
        hosts = [host(name) for name in "abcd"]
        chosen = [weigh(hosts, uuid)[0][0] for uuid in UUIDS]
        self.assertEqual(chosen, [weigh(hosts[::-1], uuid)[0][0] for uuid in UUIDS])
        counts = [chosen.count(name) for name in "abcd"]
        self.assertTrue(min(counts) >= 70 and max(counts) <= 130, counts)

    def test_a_host_that_leaves_moves_only_its_own_guests(self):
        hosts = [host(name) for name in "abcd"]
        for uuid in UUIDS[:100]:
            before, after = weigh(hosts, uuid, 1.0)[0][0], weigh(hosts[:3], uuid, 1.0)[0][0]
            self.assertTrue(before in ("d", after))

    def test_a_full_host_never_beats_an_empty_one_below_a_share_of_one_half(self):
        hosts = [host("full", used=8), host("empty")]
        for uuid in UUIDS:
            self.assertEqual(weigh(hosts, uuid, 0.49)[0][0], "empty")

    def test_the_weights_are_taken_as_they_are(self):
        found = dict(weigh([host("busy", used=6), host("free", used=2)], share=0.0))
        self.assertEqual(found, {"busy": 0.25, "free": 0.75})

    def test_without_a_guest_only_the_load_counts(self):
        weigher = extras.LoadHashWeigher()
        spec = mock.Mock(spec=[])
        self.assertEqual(weigher._weigh_object(host(used=2), spec), 0.75)


class OptionTests(unittest.TestCase):
    def test_the_default_share_is_the_one_of_the_table_and_others_are_refused(self):
        ((group, (option,)),) = extras.list_opts()
        self.assertEqual((group, option.default), ("filter_scheduler", 0.3))
        for value in (-0.1, 1.1, "much"):
            with self.assertRaises(ValueError):
                option.type(value)


if __name__ == "__main__":
    conf.CONF([], project="nova", default_config_files=[])
    objects.register_all()
    unittest.main()
