"""Options that the verbs of a host share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from freebsd_port.host.ops.answers import DEFAULT_PASSWORDS, DEFAULT_PATH

F = TypeVar("F", bound=Callable[..., Any])


def answers_option(function: F) -> F:
    """Add --answers, handed over as `answers_path`."""
    return click.option(
        "--answers",
        "answers_path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=DEFAULT_PATH,
        show_default=True,
        metavar="FILE",
        help="What the operator answered.",
    )(function)


def passwords_option(function: F) -> F:
    """Add --passwords, handed over as `passwords_path`."""
    return click.option(
        "--passwords",
        "passwords_path",
        type=click.Path(path_type=Path, dir_okay=False),
        default=DEFAULT_PASSWORDS,
        show_default=True,
        metavar="FILE",
        help="Where passwords are read and kept, mode 0600.",
    )(function)


def recorded_option(function: F) -> F:
    """Add --host, handed over as `recording`."""
    return click.option(
        "--host",
        "recording",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="What a recorded host says of itself, in the place of this one.",
    )(function)


def root_option(function: F) -> F:
    """Add --root."""
    return click.option(
        "--root",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("/"),
        show_default=True,
        metavar="DIR",
        help="Where the host's files are; another directory to stage or to rehearse.",
    )(function)
