"""What a run says: a line for each step as it ends, a table of the services, or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
LOG_LINES = 25


@dataclass(slots=True)
class Report:
    """Everything known of a run; what --json prints."""

    run: str
    """Begins the names of all that it makes."""

    result: str = FAILED
    reason: str | None = None
    """Why it was skipped, or what failed."""

    platform: str | None = None
    """Of nova-compute, as it says itself."""

    broker: str | None = None
    database: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    """name, seconds, said."""

    left_out: list[dict[str, str]] = field(default_factory=list)
    """name, reason."""

    services: list[dict[str, Any]] = field(default_factory=list)
    """binary, host, zone, status, state; as the API says."""

    hypervisors: list[dict[str, Any]] = field(default_factory=list)
    inventory: dict[str, int] = field(default_factory=dict)
    """Resource class to total, as placement has it."""

    stopped: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Service to its exit status (None: it had to be killed) and the seconds that took."""

    left: list[str] = field(default_factory=list)
    """What could not be removed."""

    kept: str | None = None
    """Directory of the logs, with --keep."""

    seconds: float = 0.0

    def as_json(self) -> str:
        """All of it, indented."""
        return json.dumps(asdict(self), indent=2)

    def write(self, stream: TextIO) -> None:
        """The tables and the verdict, for people."""
        columns = ("binary", "host", "zone", "status", "state")
        if self.services:
            rows = [[str(one[name]) for name in columns] for one in self.services]
            stream.write("\n" + table([list(columns), *rows]) + "\n")
        for one in self.hypervisors:
            stream.write(
                f"hypervisor {one['hypervisor_hostname']}: {one['hypervisor_type']}"
                f" {one['hypervisor_version']}, {one['state']}\n"
            )
        if self.inventory:
            amounts = ", ".join(f"{name} {total}" for name, total in self.inventory.items())
            stream.write(f"inventory in placement: {amounts}\n")
        if self.platform:
            stream.write(f"nova-compute's {self.platform}\n")
        for what in self.left:
            stream.write(f"left behind: {what}\n")
        if self.kept:
            stream.write(f"logs: {self.kept}\n")
        reason = f": {self.reason}" if self.reason else ""
        stream.write(f"{self.result} in {self.seconds:.0f} s{reason}\n")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def last_lines(path: Path, count: int = LOG_LINES) -> Iterable[str]:
    """The end of a log; nothing where there is none."""
    try:
        return path.read_text("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []
