"""The services of a host that runs nova: what each starts, as whom, after which others."""

from __future__ import annotations

from dataclasses import dataclass, replace

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.grammars import search_path

_PATH = ("/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")
_SERVERS = ("LOGIN", "mysql", "postgresql", "rabbitmq", "memcached")
OPTIONAL = frozenset((*_SERVERS[1:], "libvirtd", "ovs_vswitchd"))
"""What the scripts of packages provide. At boot rcorder(8) complains of each that is required and
not installed."""

NAMES = (
    "nova_consolebridge",
    "nova_conductor",
    "nova_scheduler",
    "nova_api",
    "nova_api_metadata",
    "nova_compute",
    "nova_novncproxy",
    "nova_serialproxy",
)
"""In the order in which they are best started."""


@dataclass(frozen=True, slots=True)
class ServedApi:
    """One of nova's APIs, which is a service of its own."""

    what: str
    """Behind `nova-` in the name of its service, and of its program where nova has one."""

    description: str
    module: str
    """What a WSGI server is to serve."""


APIS = (
    ServedApi("api", "Answers the compute API", "nova.wsgi.osapi_compute"),
    ServedApi("api_metadata", "Tells guests who they are", "nova.wsgi.metadata"),
)


@dataclass(frozen=True, slots=True)
class Service:
    """One rc.d script, and all that differs from the others."""

    name: str
    description: str
    requires: tuple[str, ...]
    program: str
    arguments: tuple[str, ...]
    environment: tuple[str, ...]
    required_files: tuple[str, ...]
    modules: tuple[str, ...] = ()
    """Kernel modules, by the name that kldstat(8) -m knows."""

    is_root: bool = False

    @property
    def file_name(self) -> str:
        """Give the name that its log has, without a suffix."""
        return self.name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Tools:
    """Where this command is, and what the environment has."""

    command: str
    """freebsd-port, for the console bridge."""

    answers: str
    """The file of the answers; absolute."""

    has_own_api_server: bool
    """The release still has bin/nova-api and bin/nova-api-metadata; else gunicorn serves both."""

    installed: frozenset[str] = OPTIONAL
    """Which of OPTIONAL this host has."""


def services(answers: Answers, tools: Tools) -> tuple[Service, ...]:
    """Give all services in the order of NAMES; QEMU serves its consoles without the bridge."""
    by_name = {service.name: service for service in (*_of_nova(answers, tools),)}
    if answers.libvirt.is_bhyve:
        by_name["nova_consolebridge"] = _bridge(answers, tools)
    absent = OPTIONAL - tools.installed
    return tuple(_without(by_name[name], absent) for name in NAMES if name in by_name)


def _bridge(answers: Answers, tools: Tools) -> Service:
    return Service(
        "nova_consolebridge",
        "Joins the consoles of guests to ports and logs",
        ("LOGIN", "libvirtd"),
        tools.command,
        ("host", "console-bridge", "--answers", tools.answers),
        (f"PATH={search_path(_PATH)}",),
        (tools.answers,),
        modules=("nmdm",),
        is_root=True,
    )


def _without(service: Service, absent: frozenset[str]) -> Service:
    return replace(service, requires=tuple(one for one in service.requires if one not in absent))


def _of_nova(answers: Answers, tools: Tools) -> tuple[Service, ...]:
    config = f"{answers.nova.config}/nova.conf"
    programs = f"{answers.nova.environment}/bin"
    environment = (f"PATH={search_path([programs, *_PATH])}", "EVENTLET_HUB=poll")

    def one(
        what: str, description: str, *requires: str, files: tuple[str, ...] = (config,)
    ) -> Service:
        arguments = tuple(word for file in files for word in ("--config-file", file))
        program = f"{programs}/nova-{what.replace('_', '-')}"
        return Service(
            f"nova_{what}", description, requires, program, arguments, environment, files,
            modules=modules if what == "compute" else (),
        )  # fmt: skip

    network = ("if_bridge", "if_tuntap")
    modules = ("vmm", "nmdm", *network) if answers.libvirt.is_bhyve else network
    bridge = ("nova_consolebridge",) if answers.libvirt.is_bhyve else ()
    compute = (config, f"{answers.nova.config}/nova-compute.conf")
    after_libvirt = ("LOGIN", "libvirtd", "ovs_vswitchd", *bridge, "nova_conductor")
    return (
        one("conductor", "Speaks to the database for the other services", *_SERVERS),
        one("scheduler", "Chooses a host for each guest", *_SERVERS, "nova_conductor"),
        one("compute", "Runs the guests of this host", *after_libvirt, files=compute),
        one("novncproxy", "Joins browsers to the screens of guests", *_SERVERS),
        one("serialproxy", "Joins browsers to the consoles of guests", *_SERVERS),
        *(
            _served(answers, tools, one(api.what, api.description, *_SERVERS, "nova_conductor"))
            for api in APIS
        ),
    )


def _served(answers: Answers, tools: Tools, api: Service) -> Service:
    """Serve an API by gunicorn where nova has no server of its own.

    Nova takes the words of the command line for its own, so gunicorn gets none: what it is to
    serve stands in its file, and where that is in its environment.
    """
    if tools.has_own_api_server:
        return api
    file = gunicorn_file(answers, api.file_name)
    return Service(
        api.name, api.description, api.requires,
        f"{answers.nova.environment}/bin/gunicorn",
        (),
        (
            *api.environment,
            f"OS_NOVA_CONFIG_DIR={answers.nova.config}",
            f"GUNICORN_CMD_ARGS=--config={file}",
        ),
        (*api.required_files, f"{answers.nova.config}/api-paste.ini", file),
    )  # fmt: skip


def gunicorn_file(answers: Answers, file_name: str) -> str:
    """Give the path of gunicorn's settings for an API, whose service has this name."""
    return f"{answers.nova.config}/{file_name}-gunicorn.conf.py"


def log_file(service: Service, answers: Answers) -> str:
    """Give the path of a service's log. Root's is in no directory that another user owns."""
    directory = "/var/log" if service.is_root else answers.nova.log
    return f"{directory}/{service.file_name}.log"


def pid_file(service: Service, answers: Answers) -> str:
    """Give the path of the process ID of a service's supervisor, which is daemon(8)."""
    directory = "/var/run" if service.is_root else answers.nova.run
    return f"{directory}/{service.name}.pid"


def child_file(service: Service, answers: Answers) -> str:
    """Give the path of the process ID of the service itself."""
    return pid_file(service, answers).removesuffix("pid") + "child.pid"
