"""An IPAM driver for neutron that keeps addresses for virtual IPs, and probes before it gives one.

    [DEFAULT]
    ipam_driver = reserving

It is neutron's own driver with its database, but for the automatic choice of an IPv4 address: the
highest addresses of a subnet are left out, and so is one that answers a probe. Any address can
still be had by asking for it.
"""

import subprocess

import netaddr
from neutron.ipam import exceptions as ipam_exc
from neutron.ipam import requests as ipam_req
from neutron.ipam import subnet_alloc
from neutron.ipam.drivers.neutrondb_ipam import db_api, driver
from oslo_config import cfg
from oslo_log import log

LOG = log.getLogger(__name__)
GROUP = "reserving_ipam"
SMALL, LARGE = 32, 64
"""Subnets of at most so many addresses keep none; of at most so many, the smaller number."""

OPTIONS = [
    cfg.IntOpt(
        "kept_of_small",
        default=5,
        min=0,
        help="How many addresses a subnet of 33 to 64 addresses keeps for virtual IPs.",
    ),
    cfg.IntOpt(
        "kept_of_large",
        default=10,
        min=0,
        help="How many addresses a subnet of more than 64 addresses keeps for virtual IPs.",
    ),
    cfg.ListOpt(
        "probe_command",
        default=[],
        help="""
Program and arguments, separated by commas, that find out whether an address is in use, such as
``arping,-c,1,-w,1,-I,br-provider,{address}``.

{address} stands for the address, {subnet} for the ID of the subnet. Without a command nothing is
probed. The command runs while the database transaction of the request is open, on the host of the
API, which needs to be on the segment.
""",
    ),
    cfg.FloatOpt(
        "probe_timeout",
        default=1.0,
        min=0.05,
        max=10.0,
        help="Seconds after which a probe is ended; the address then counts as free.",
    ),
    cfg.IntOpt(
        "probe_in_use_status",
        default=0,
        min=0,
        max=1,
        help="""
Exit status with which the command says that the address is in use; the other one of 0 and 1 says
that it is free.

0 for ping and for FreeBSD's net/arping, 1 for ``arping -D`` of iputils. With any other status the
address counts as free, and a warning is logged.
""",
    ),
    cfg.IntOpt(
        "probe_tries",
        default=10,
        min=1,
        help="How many addresses in use one request may find before it fails.",
    ),
]

cfg.CONF.register_opts(OPTIONS, group=GROUP)


def list_opts():
    """Give the options to oslo.config's generator and validator."""
    return [(GROUP, OPTIONS)]


def find_kept(cidr, gateway_ip):
    """Give the addresses that a subnet keeps, as strings, the highest first.

    Broadcast address and gateway are not counted. A subnet of IPv6 keeps none.
    """
    network = netaddr.IPNetwork(cidr)
    if network.version != 4 or network.size <= SMALL:
        return []
    settings = cfg.CONF[GROUP]
    wanted = settings.kept_of_small if network.size <= LARGE else settings.kept_of_large
    last = network.last - 1
    hosts = (str(netaddr.IPAddress(number, 4)) for number in range(last, network.first, -1))
    others = (address for address in hosts if address != str(gateway_ip))
    return [address for address, _ in zip(others, range(wanted))]


def is_in_use(address, subnet_id):
    """Run the probe; a probe that fails or takes too long counts as no answer."""
    settings = cfg.CONF[GROUP]
    words = [
        word.replace("{address}", address).replace("{subnet}", str(subnet_id))
        for word in settings.probe_command
    ]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=settings.probe_timeout,
        )
    except subprocess.TimeoutExpired:
        LOG.warning("The probe of %s took too long; it is taken for free", address)
        return False
    except OSError as error:
        LOG.warning("The probe of %s could not be run: %s; it is taken for free", address, error)
        return False
    if done.returncode not in (0, 1):
        said = done.stderr.decode("utf-8", "replace").strip()
        LOG.warning(
            "The probe of %s ended with status %s: %s; it is taken for free",
            address,
            done.returncode,
            said,
        )
        return False
    return done.returncode == settings.probe_in_use_status


class _LeftOut:
    """An address that counts as allocated while one is chosen."""

    def __init__(self, ip_address):
        self.ip_address = ip_address


class _Manager(db_api.IpamSubnetManager):
    """neutron's access to the database, with addresses that are left out of the choice."""

    left_out = ()

    def list_allocations(self, context, *args, **options):
        """Give what is allocated, and what is left out. Only the choice of an address asks."""
        found = super().list_allocations(context, *args, **options)
        return [*found, *(_LeftOut(address) for address in self.left_out)]


class ReservingSubnet(driver.NeutronDbSubnet):
    """A subnet that chooses neither what it keeps nor what is in use."""

    def __init__(self, internal_id, ctx, cidr=None, gateway_ip=None, **fields):
        super().__init__(internal_id, ctx, cidr=cidr, gateway_ip=gateway_ip, **fields)
        self.subnet_manager = _Manager(internal_id, self._subnet_id)

    def _generate_ips(self, context, prefer_next=False, num_addresses=1):
        """Choose addresses; raises IpAddressGenerationFailure when too many are in use."""
        self.subnet_manager.left_out = tuple(find_kept(self._cidr, self._gateway_ip))
        chosen = []
        tries = cfg.CONF[GROUP].probe_tries
        while True:
            missing = num_addresses - len(chosen)
            fresh = super()._generate_ips(context, prefer_next, missing)
            answered = [one for one in fresh if self._answers(one)]
            chosen += [one for one in fresh if one not in answered]
            if not answered:
                return chosen
            LOG.warning("Skipped %s: in use, but not by a port", ", ".join(answered))
            self.subnet_manager.left_out += tuple(fresh)
            tries -= len(answered)
            if tries <= 0:
                raise ipam_exc.IpAddressGenerationFailure(subnet_id=self.subnet_manager.neutron_id)

    def _answers(self, address):
        if not cfg.CONF[GROUP].probe_command or netaddr.IPAddress(address).version != 4:
            return False
        return is_in_use(address, self._subnet_id)


class ReservingPool(driver.NeutronDbPool):
    """Gives subnets that keep addresses; all else is neutron's."""

    def get_subnet(self, subnet_id):
        """Give a subnet by neutron's ID."""
        return ReservingSubnet.load(subnet_id, self._context)

    def allocate_subnet(self, subnet_request):
        """Make a subnet; one of a subnet pool gets its CIDR from the pool first.

        The same as NeutronDbPool, which names the class of its subnets.
        """
        if self._subnetpool:
            subnet = subnet_alloc.SubnetAllocator.allocate_subnet(self, subnet_request)
            subnet_request = subnet.get_details()
        if not isinstance(subnet_request, ipam_req.SpecificSubnetRequest):
            raise ipam_exc.InvalidSubnetRequestType(subnet_type=type(subnet_request))
        return ReservingSubnet.create_from_subnet_request(subnet_request, self._context)
