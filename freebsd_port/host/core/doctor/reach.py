"""What nova talks to over the network: whether somebody listens where host.toml says."""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.database import LOCAL
from freebsd_port.host.core.diagnosis import Diagnosis, good, lacks
from freebsd_port.host.core.recording import Questions, Recording

AREA = "network"
_SERVERS = {"mysql+pymysql": "mysql-server", "postgresql+psycopg2": "postgresql"}
"""The rc.d scripts of FreeBSD's packages."""


def peers(answers: Answers) -> dict[str, tuple[str, tuple[str, int]]]:
    """Give each peer's section and key in host.toml, and its host and port."""
    urls = {
        "broker": ("[broker] url", answers.broker.url),
        "database": ("[database] url", answers.database.url),
        "identity": ("[identity] url", answers.identity.url),
        "image": ("[endpoints] image", answers.endpoints.image),
        "placement": ("[endpoints] placement", answers.endpoints.placement),
        "network": ("[endpoints] network", answers.endpoints.network),
    }
    return {name: (key, (url.host, url.port)) for name, (key, url) in urls.items()}


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    return Questions(addresses=tuple(address for _, address in peers(answers).values()))


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered."""
    for name, (key, address) in peers(answers).items():
        place = f"{address[0]}:{address[1]}"
        refusal = host.addresses.get(address, "not asked")
        if refusal:
            yield lacks(AREA, name, f"{place}: {refusal}", _cure(name, key, address, answers))
        else:
            yield good(AREA, name, place)


def _cure(name: str, key: str, address: tuple[str, int], answers: Answers) -> str:
    """Say how to start what FreeBSD has a script for on this host; else where to look."""
    scripts = {
        "broker": "rabbitmq",
        "database": _SERVERS[answers.database.url.scheme],
    }
    host, port = address
    if host in LOCAL and name in scripts:
        script = scripts[name]
        variable = script.partition("-")[0] + "_enable=YES"
        return f"sysrc {variable} && service {script} start, or change {key} in host.toml"
    look = f"sockstat -4 -6 -l -p {port}" if host in LOCAL else f"nc -vz {host} {port}"
    return f"{look}; start it, or change {key} in host.toml"
