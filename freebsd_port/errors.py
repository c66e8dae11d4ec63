"""The one root of every error that a user can cause or cure."""

from __future__ import annotations


class PortError(Exception):
    """Something the user can act on: what happened, where, and the next command.

    Only the CLI's main catches it. Subclasses keep the values as attributes.
    """

    exit_code = 1
    """Process status: 1 failed, 2 usage, 3 hand work needed, 5 the index is out of reach.

    README has the table; 4, checks that fail after a rebase, is no error.
    """

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint


class UsageError(PortError):
    """The command line or a file the user wrote asks for something that cannot be meant."""

    exit_code = 2


class UnreachableError(PortError):
    """Something outside of this machine does not answer, so nothing was tried."""

    exit_code = 5


class ProblemsError(PortError):
    """Several findings of one check, reported together."""

    def __init__(self, problems: tuple[PortError, ...]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} found")
        self.problems = problems


def system_words(error: object) -> str:
    """Give the system's reason for an error, in lower case, to follow a colon in a message."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
