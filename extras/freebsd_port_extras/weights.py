"""A weigher for nova's scheduler that spreads guests, also when several schedulers choose at once.

A host's weight is how free it is, mixed with a draw that belongs to the guest and the host. Two
schedulers that see the same hosts therefore prefer different ones for different guests, and the
same ones for the same guest, without talking to each other. It is meant to stand alone:

    [filter_scheduler]
    weight_classes = freebsd_port_extras.weights.LoadHashWeigher
"""

import hashlib

from nova import conf
from nova.scheduler import weights
from oslo_config import cfg

GROUP = "filter_scheduler"
OPTIONS = [
    cfg.FloatOpt(
        "load_hash_share",
        default=0.3,
        min=0.0,
        max=1.0,
        help="""
How much of a host's weight is drawn by hash of guest and host; the rest is how free it is.

Only for freebsd_port_extras.weights.LoadHashWeigher. With 0 all schedulers choose the host that is
free most, so that guests that are placed before their views are refreshed end on the same one.
With 1 the load does not count. 0.05 is enough where only one scheduler runs.
""",
    )
]

conf.CONF.register_opts(OPTIONS, group=GROUP)


def list_opts():
    """Give the options to oslo.config's generator and validator."""
    return [(GROUP, OPTIONS)]


def find_load(host_state):
    """Give the share of vCPUs or of memory that is in use, whichever is larger, from 0 to 1.

    Both are counted with their allocation ratios. A host that reports neither is full.
    """
    cpus = _capacity(host_state.vcpus_total, host_state.cpu_allocation_ratio)
    memory = _capacity(host_state.total_usable_ram_mb, host_state.ram_allocation_ratio)
    shares = []
    if cpus > 0:
        shares.append(host_state.vcpus_used / cpus)
    if memory > 0:
        used = host_state.total_usable_ram_mb - host_state.free_ram_mb
        shares.append(used / memory)
    return min(max(shares, default=1.0), 1.0)


def _capacity(total, ratio):
    """Give the capacity; a ratio of None or 0 is one that nova-compute has not reported yet."""
    return (total or 0) * (ratio or 1.0)


def draw(instance_uuid, host, nodename):
    """Give a number from 0 up to 1 that is the same for the same guest on the same host."""
    key = "\0".join((instance_uuid, host, nodename)).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") / 2.0**64


class LoadHashWeigher(weights.BaseHostWeigher):
    """Weighs hosts by load and by a hash of guest and host."""

    minval = 0.0
    maxval = 1.0
    # With both, nova takes the weights as they are: they are shares already.

    def _weigh_object(self, host_state, request_spec):
        """Give the weight of a host for a guest, from 0 to 1; the highest wins."""
        free = 1.0 - find_load(host_state)
        uuid = getattr(request_spec, "instance_uuid", None)
        if not uuid:  # nothing to draw by
            return free
        share = conf.CONF[GROUP].load_hash_share
        return (1.0 - share) * free + share * draw(uuid, host_state.host, host_state.nodename)
