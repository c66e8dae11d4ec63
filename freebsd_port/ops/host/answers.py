"""Load what the operator answered, or say all that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.answers_file import parse_answers
from freebsd_port.errors import ProblemsError, UsageError

DEFAULT_PATH = Path("/usr/local/etc/freebsd-port/host.toml")
DEFAULT_PASSWORDS = Path("/usr/local/etc/freebsd-port/passwords.toml")


class AnswersError(ProblemsError):
    """A host.toml that cannot be meant."""

    exit_code = 2


def load_answers(path: Path) -> Answers:
    """Read a host.toml. Raises UsageError if it is not there, AnswersError with all findings."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read the answers: {error.strerror}",
            where=str(path),
            hint="an empty file takes every default; --answers PATH names another",
        ) from error
    found = parse_answers(data)
    if isinstance(found, Answers):
        return found
    raise AnswersError(
        tuple(
            UsageError(one.what, where=f"{path}:{one.line}" if one.line else str(path))
            for one in found
        )
    )
