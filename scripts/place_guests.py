"""Place guests with nova's own weighers and with LoadHashWeigher, and print how even it gets.

    VENV/bin/python scripts/place_guests.py [--json] [--seeds N] [--row NAME]...

Runs in an environment of nova that `freebsd-port extras` was installed into. Nothing is scheduled:
nova's weight handler weighs nova's HostState objects, and their vCPUs are counted.
"""

import argparse
import json
import random
import statistics
import sys
import uuid

from nova import conf, objects
from nova.scheduler import host_manager, weights

LOAD_HASH = "freebsd_port_extras.weights.LoadHashWeigher"
NOVA = "nova.scheduler.weights.all_weighers"
HOSTS, GUESTS, SEEDS = 12, 240, 5
FLAVORS = ((1, 2048, 20), (2, 4096, 40), (4, 8192, 80), (8, 16384, 160))
"""vCPUs, MB of memory, GB of disk."""

COLUMNS = (
    ("stale 1, equal", 1, False),
    ("stale 12, equal", 12, False),
    ("stale 48, equal", 48, False),
    ("stale 1, mixed", 1, True),
    ("stale 48, mixed", 48, True),
)
ROWS = (
    ("nova's default", NOVA, None, 1),
    ("nova's default, host_subset_size 3", NOVA, None, 3),
    ("load only", LOAD_HASH, 0.0, 1),
    ("share 0.05", LOAD_HASH, 0.05, 1),
    ("share 0.1", LOAD_HASH, 0.1, 1),
    ("share 0.2", LOAD_HASH, 0.2, 1),
    ("share 0.3", LOAD_HASH, 0.3, 1),
    ("share 0.5", LOAD_HASH, 0.5, 1),
    ("hash only", LOAD_HASH, 1.0, 1),
)


def make_host(number, size):
    """Give an empty host as the scheduler sees it."""
    host = host_manager.HostState("host%02d" % number, "node%02d" % number, str(uuid.UUID(int=1)))
    host.vcpus_total = 32 * size
    host.total_usable_ram_mb = host.free_ram_mb = 262144 * size
    host.total_usable_disk_gb, host.free_disk_mb = 4000 * size, 4096000 * size
    host.cpu_allocation_ratio, host.ram_allocation_ratio = 4.0, 1.0
    host.disk_allocation_ratio = 1.0
    return host


def take(host, flavor):
    """Put a guest on a host."""
    vcpus, memory, disk = flavor
    host.vcpus_used += vcpus
    host.free_ram_mb -= memory
    host.free_disk_mb -= disk * 1024
    host.num_instances += 1


def refresh(view, hosts):
    """Bring what a scheduler sees to what is so."""
    for seen, host in zip(view, hosts):
        for name in ("vcpus_used", "free_ram_mb", "free_disk_mb", "num_instances", "num_io_ops"):
            setattr(seen, name, getattr(host, name))


def place(classes, stale, mixed, subset, seed):
    """Place all guests; give max/mean of the share of vCPUs that is in use."""
    chance = random.Random(seed)
    sizes = [2 if mixed and number % 3 == 0 else 1 for number in range(HOSTS)]
    hosts, view = ([make_host(n, size) for n, size in enumerate(sizes)] for _ in range(2))
    handler = weights.HostWeightHandler()
    weighers = [one() for one in handler.get_matching_classes(classes)]
    for number in range(GUESTS):
        if number % stale == 0:
            refresh(view, hosts)
        flavor = chance.choice(FLAVORS)
        spec = objects.RequestSpec(
            instance_uuid=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            flavor=objects.Flavor(vcpus=flavor[0], memory_mb=flavor[1], root_gb=flavor[2]),
            image=None,
            instance_group=None,
            pci_requests=None,
        )
        fitting = list(view)
        chance.shuffle(fitting)
        weighed = handler.get_weighed_objects(weighers, fitting, spec)
        chosen = chance.choice(weighed[:subset]).obj
        take(hosts[view.index(chosen)], flavor)
    shares = [host.vcpus_used / host.vcpus_total for host in hosts]
    return max(shares) / statistics.mean(shares)


def measure(seeds, names):
    """Give rows of (name, one mean over the seeds for each column); all without names."""
    conf.CONF([], project="nova", default_config_files=[])
    objects.register_all()
    rows = []
    for name, classes, share, subset in ROWS:
        if names and name not in names:
            continue
        if share is not None:
            from freebsd_port_extras import weights as extras

            conf.CONF.set_override("load_hash_share", share, group=extras.GROUP)
        found = [
            statistics.mean(place([classes], stale, mixed, subset, seed) for seed in range(seeds))
            for _, stale, mixed in COLUMNS
        ]
        rows.append((name, [round(one, 2) for one in found]))
    return rows


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--row", action="append", choices=[one[0] for one in ROWS], metavar="NAME")
    asked = parser.parse_args()
    rows = measure(asked.seeds, asked.row)
    if asked.json:
        print(json.dumps({"columns": [one[0] for one in COLUMNS], "rows": dict(rows)}))
        return
    print(
        "max/mean of the hosts' vCPU shares: %d hosts, %d guests, %d seeds"
        % (HOSTS, GUESTS, asked.seeds)
    )
    print("%-36s" % "" + "".join("%17s" % one[0] for one in COLUMNS))
    for name, found in rows:
        print("%-36s" % name + "".join("%17.2f" % one for one in found))


if __name__ == "__main__":
    sys.exit(main())
