"""What nova talks to over the network: whether somebody listens where host.toml says."""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.diagnosis import Diagnosis, good, lacks
from freebsd_port.core.host.recording import Questions, Recording
from freebsd_port.core.host.rules import require_place

AREA = "network"


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
    return {name: (key, _address(url)) for name, (key, url) in urls.items()}


def _address(url: str) -> tuple[str, int]:
    place = require_place(url)
    return place.host, place.port


def questions(answers: Answers) -> Questions:
    """Say what is to be asked."""
    return Questions(addresses=tuple(address for _, address in peers(answers).values()))


def judge(host: Recording, answers: Answers) -> Iterator[Diagnosis]:
    """Judge what was answered."""
    for name, (key, address) in peers(answers).items():
        place = f"{address[0]}:{address[1]}"
        refusal = host.addresses.get(address, "not asked")
        if refusal:
            cure = f"start it, or change {key} in host.toml"
            yield lacks(AREA, name, f"{place}: {refusal}", cure)
        else:
            yield good(AREA, name, place)
