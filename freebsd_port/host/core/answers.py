"""The answers of an operator about a host: host.toml, every key with a default for one machine.

Passwords are no part of it: they come from a file, from the environment, or are generated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from freebsd_port.host.core import answer_rules as rules
from freebsd_port.host.core.answer_rules import HostPath, Name
from freebsd_port.host.core.console import WRITERS, ConsolePolicy
from freebsd_port.host.core.server_url import IpAddress, ServerUrl, host_in_url


def _web(default: str, comment: str) -> Any:
    """Make a key for the URL of a service of OpenStack."""
    return rules.url(default, comment, "HOST[:PORT][/PATH]", "http", "https")


@dataclass(frozen=True, slots=True)
class Nova:
    """Whose and where nova is."""

    environment: HostPath = rules.path("/usr/local/nova", "The patched environment.")
    user: Name = rules.account("nova", "User of nova's services.")
    group: Name = rules.account("nova", "Group of nova's services and of their files.")
    address: IpAddress = rules.own_address(
        "127.0.0.1", "Address by which the others reach this host."
    )
    sudo: HostPath = rules.path(
        "/usr/local/bin/sudo", "What starts nova's privileged helpers; doas will do."
    )
    mkisofs: HostPath = rules.path(
        "/usr/local/bin/mkisofs", "What makes configuration drives; genisoimage will do too."
    )
    config: HostPath = rules.path(
        "/usr/local/etc/nova", "Directory of nova.conf and what belongs to it."
    )
    state: HostPath = rules.path(
        "/var/db/nova", "Directory of nova's state, with instances/ in it."
    )
    log: HostPath = rules.path("/var/log/nova", "Directory of the services' logs; root's.")
    run: HostPath = rules.path("/var/run/nova", "Directory of the services' process IDs.")

    @property
    def instances(self) -> str:
        """Give nova's instances_path."""
        return f"{self.state}/instances"


@dataclass(frozen=True, slots=True)
class Api:
    """Where the compute API listens."""

    address: IpAddress = rules.address("127.0.0.1", "Address of the compute API.")
    port: int = rules.port(8774, "Port of the compute API.")
    workers: int = rules.number(2, "Processes of the compute API.", 1, 64)
    threads: int = rules.number(8, "Requests that each of them serves at once.", 1, 256)

    @property
    def url(self) -> str:
        """Give the address at which this host reaches it."""
        loopback = "127.0.0.1" if self.address.version == 4 else "::1"
        host = loopback if self.address.is_unspecified else self.address
        return f"http://{host_in_url(host)}:{self.port}/v2.1"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where guests get their metadata, by way of neutron's metadata agent."""

    address: IpAddress = rules.address("127.0.0.1", "Address of the metadata API.")
    port: int = rules.port(8775, "Port of the metadata API.")
    workers: int = rules.number(2, "Processes of the metadata API.", 1, 64)
    threads: int = rules.number(8, "Requests that each of them serves at once.", 1, 256)


@dataclass(frozen=True, slots=True)
class ConsoleAnswers:
    """The consoles of the guests."""

    address: IpAddress = rules.address("127.0.0.1", "Where guests' consoles are joined to ports.")
    first_port: int = rules.port(10000, "First port for consoles.")
    last_port: int = rules.port(19999, "Last port for consoles, included.")
    socket: HostPath = rules.socket_path(
        "/var/run/nova-consolebridge.sock", "Control socket of the bridge; root's."
    )
    clients: int = rules.number(8, "Clients of one console at once.", 1, 1000)
    writer: str = rules.choice("first", "Which of several clients may write.", *WRITERS)
    client_bytes: int = rules.number(262144, "Output kept for a slow client.", 1024, 2**30)
    stall_seconds: int = rules.number(60, "A client that reads nothing is disconnected.", 1, 86400)
    log_bytes: int = rules.number(2097152, "Size at which console.log is rotated.", 4096, 2**40)
    log_files: int = rules.number(3, "Rotated files kept of each console.log.", 0, 1000)
    look_seconds: int = rules.number(60, "How often libvirt is asked what runs.", 1, 86400)
    novnc_port: int = rules.port(6080, "Port of nova-novncproxy.")
    serial_port: int = rules.port(6083, "Port of nova-serialproxy.")
    proxy_address: IpAddress = rules.address("127.0.0.1", "Where both proxies listen.")
    novnc: HostPath = rules.path("/usr/local/libexec/novnc", "Where FreeBSD's package novnc is.")

    @property
    def policy(self) -> ConsolePolicy:
        """Give what the bridge is to allow."""
        return ConsolePolicy(
            address=str(self.address),
            first_port=self.first_port,
            last_port=self.last_port,
            clients=self.clients,
            writer=self.writer,
            client_bytes=self.client_bytes,
            stall_seconds=self.stall_seconds,
            log_bytes=self.log_bytes,
            log_files=self.log_files,
        )


@dataclass(frozen=True, slots=True)
class Scheduler:
    """How nova-scheduler chooses among the hosts that its filters left."""

    weigher: str = rules.choice(
        "nova",
        "Who weighs the hosts: nova's own weighers, or load and hash, of freebsd-port extras.",
        "nova",
        "load-hash",
    )
    hash_percent: int = rules.number(
        30, "With load-hash: how much of a host's weight is drawn by hash.", 0, 100
    )


@dataclass(frozen=True, slots=True)
class Libvirt:
    """What runs the guests, and how libvirt is reached."""

    virt_type: str = rules.choice(
        "bhyve", "What runs the guests; QEMU is slow, FreeBSD has no KVM.", "bhyve", "qemu"
    )
    uri: str = rules.choice(
        "bhyve:///system",
        "libvirt's address.",
        "bhyve:///system",
        "qemu:///system",
        "test:///default",
    )
    virsh: HostPath = rules.path("/usr/local/bin/virsh", "libvirt's command.")
    hooks: HostPath = rules.path("/usr/local/etc/libvirt/hooks", "Directory of libvirt's hooks.")

    @property
    def is_bhyve(self) -> bool:
        """Tell whether bhyve runs the guests, whose consoles need the bridge; otherwise QEMU."""
        return self.virt_type == "bhyve"


@dataclass(frozen=True, slots=True)
class Disks:
    """Where the disks of the guests are."""

    dataset: str = rules.dataset(
        "ZFS dataset for volumes, with bhyve; with none, disks are files in [nova] state."
    )


@dataclass(frozen=True, slots=True)
class Broker:
    """The message broker."""

    url: ServerUrl = rules.url(
        "rabbit://openstack@127.0.0.1:5672/",
        "Address of RabbitMQ.",
        "[USER@]HOST[:PORT][/VIRTUAL_HOST]",
        "rabbit",
    )


@dataclass(frozen=True, slots=True)
class Database:
    """The database server."""

    url: ServerUrl = rules.url(
        "mysql+pymysql://nova@127.0.0.1:3306/",
        "Address of the database server, without a database.",
        "[USER@]HOST[:PORT][/]",
        "mysql+pymysql",
        "postgresql+psycopg2",
    )
    name: Name = rules.name("nova", "Nova's database; the others are NAME_api and NAME_cell0.")

    @property
    def names(self) -> tuple[str, str, str]:
        """Give the databases for the API, for the first cell, and cell0."""
        return f"{self.name}_api", self.name, f"{self.name}_cell0"


@dataclass(frozen=True, slots=True)
class Identity:
    """Keystone, and as whom nova asks it."""

    url: ServerUrl = _web("http://127.0.0.1:5000/v3", "Address of keystone.")
    region: Name = rules.name("RegionOne", "Region of this host.")
    user: Name = rules.name("nova", "User that nova asks as.")
    project: Name = rules.name("service", "Project of that user.")
    domain: Name = rules.name("Default", "Domain of both.")
    neutron: Name = rules.name("neutron", "User as whom neutron is asked, in the same project.")
    placement: Name = rules.name("placement", "User as whom placement is asked, likewise.")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The other services of OpenStack that nova talks to."""

    image: ServerUrl = _web("http://127.0.0.1:9292", "Address of glance.")
    placement: ServerUrl = _web("http://127.0.0.1:8778", "Address of placement.")
    network: ServerUrl = _web("http://127.0.0.1:9696", "Address of neutron.")


@dataclass(frozen=True, slots=True)
class Answers:
    """All that host.toml can say, section by section."""

    nova: Nova = field(default_factory=Nova)
    api: Api = field(default_factory=Api)
    metadata: Metadata = field(default_factory=Metadata)
    console: ConsoleAnswers = field(default_factory=ConsoleAnswers)
    scheduler: Scheduler = field(default_factory=Scheduler)
    libvirt: Libvirt = field(default_factory=Libvirt)
    disks: Disks = field(default_factory=Disks)
    broker: Broker = field(default_factory=Broker)
    database: Database = field(default_factory=Database)
    identity: Identity = field(default_factory=Identity)
    endpoints: Endpoints = field(default_factory=Endpoints)
