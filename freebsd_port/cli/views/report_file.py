"""Reports that a verb writes to a file besides what it prints."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.errors import PortError, system_words


class ReportError(PortError):
    """A report that cannot be written."""


def save_report(path: Path, text: str) -> None:
    """Write it; raises ReportError."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ReportError(
            f"the report cannot be written: {system_words(error)}",
            where=str(path),
        ) from error
