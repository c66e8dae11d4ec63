"""Options that the verbs of a host share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from freebsd_port.host.ops.answers import DEFAULT_PASSWORDS, DEFAULT_PATH
from freebsd_port.host.store.files import below

F = TypeVar("F", bound=Callable[..., Any])


def answers_option(function: F) -> F:
    """Add --answers, passed as `answers_path`; goes with --root."""
    return _below_root("--answers", "answers_path", DEFAULT_PATH, "What the operator answered.")(
        function
    )


def passwords_option(function: F) -> F:
    """Add --passwords, passed as `passwords_path`; goes with --root."""
    words = "Where passwords are read and kept, mode 0600."
    return _below_root("--passwords", "passwords_path", DEFAULT_PASSWORDS, words)(function)


def _below_root(option: str, parameter: str, default: Path, words: str) -> Callable[[F], F]:
    """Make an option for a file; unless it names one, the file is below --root."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def with_path(*arguments: Any, root: Path, **options: Any) -> Any:
            if options[parameter] is None:
                options[parameter] = below(root, default)
            return function(*arguments, root=root, **options)

        return cast(
            F,
            click.option(
                option,
                parameter,
                type=click.Path(path_type=Path, dir_okay=False),
                show_default=f"{default} below --root",
                metavar="FILE",
                help=words,
            )(with_path),
        )

    return decorate


def recorded_option(function: F) -> F:
    """Add --host, handed over as `recording`."""
    return click.option(
        "--host",
        "recording",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Use this recording instead of asking this host.",
    )(function)


def root_option(function: F) -> F:
    """Add --root."""
    return click.option(
        "--root",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("/"),
        show_default=True,
        metavar="DIR",
        help="Directory that holds the host's files; another one stages or rehearses.",
    )(function)
