"""Options that many verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from freebsd_port.cli.complete import complete_patch, complete_release, complete_role
from freebsd_port.cli.context import Common
from freebsd_port.errors import UsageError

if TYPE_CHECKING:
    from freebsd_port.engine.ops.apply.apply import Distance


def read_distance(word: str | None, *, is_all: bool) -> Distance:
    """Read a number or the name of a patch; raises UsageError for a word together with -a."""
    from freebsd_port.engine.ops.apply.apply import Distance

    if word is not None and is_all:
        raise UsageError("NUMBER or PATCH and -a exclude each other")
    if is_all:
        return Distance(is_all=True)
    if word is not None and word.isdigit():
        if int(word) == 0:
            raise UsageError("the number of patches must be at least 1")
        return Distance(count=int(word))
    return Distance(name=word)


__all__ = [
    "Common",
    "common_options",
    "complete_patch",
    "complete_release",
    "decisions_option",
    "environment_options",
    "fuzz_option",
    "offline_option",
    "output_options",
    "pass_common",
    "release_option",
    "role_option",
    "series_options",
    "target_options",
    "tree_options",
    "variant_option",
    "venv_option",
]

F = TypeVar("F", bound=Callable[..., Any])
_DIRECTORY = click.Path(path_type=Path, file_okay=False)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        common = ctx.ensure_object(Common)
        if value not in (None, (), False):  # a group's flag stays on for what follows it
            setattr(common, name, frozenset(value) if name == "options" else value)
        return value

    return callback


def _keep_verbosity(step: int) -> Callable[[click.Context, click.Parameter, int], int]:
    def callback(ctx: click.Context, _param: click.Parameter, value: int) -> int:
        ctx.ensure_object(Common).verbosity += step * value
        return value

    return callback


def _option(*names: str, keeps: str, **settings: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_keep(keeps), **settings)


def output_options(function: F) -> F:
    """Add where the project is, and how much is printed in which form."""
    for decorate in reversed(
        (
            _option(
                "--project",
                type=_DIRECTORY,
                keeps="project_root",
                metavar="DIR",
                help="Project; by default $FREEBSD_PORT_PROJECT, or the nearest one from here up.",
            ),
            _option("--json", is_flag=True, keeps="as_json", help="Print JSON."),
            click.option(
                "-q",
                "--quiet",
                count=True,
                expose_value=False,
                callback=_keep_verbosity(-1),
                help="Print only errors and requested output.",
            ),
            click.option(
                "-v",
                "--verbose",
                count=True,
                expose_value=False,
                callback=_keep_verbosity(1),
                help="Print every hunk and file.",
            ),
        )
    ):
        function = decorate(function)
    return function


def common_options(function: F) -> F:
    """Add what every verb on one release takes."""
    return release_option("OpenStack release; by default the newest.")(output_options(function))


def release_option(help_text: str) -> Callable[[F], F]:
    """Add --release."""
    return _option(
        "--release",
        metavar="NAME",
        keeps="release",
        shell_complete=complete_release,
        help=help_text,
    )


def venv_option(function: F) -> F:
    """Add --venv."""
    return _option(
        "--venv",
        type=_DIRECTORY,
        keeps="venv",
        metavar="PATH",
        help="Environment or directory of packages; by default .venvs/RELEASE, or "
        ".venvs/RELEASE-ROLE.",
    )(function)


def role_option(help_text: str) -> Callable[[F], F]:
    """Add --role."""
    return _option(
        "--role",
        metavar="NAME",
        keeps="role",
        shell_complete=complete_role,
        help=help_text,
    )


def environment_options(function: F) -> F:
    """Add what names an environment: its directory, or the role that it is for."""
    role = role_option("Role of the environment; by default what --venv was made for, or compute.")
    return venv_option(role(function))


def target_options(function: F) -> F:
    """Add what names an environment or, instead, any tree with any series."""
    for decorate in reversed((environment_options, tree_options, variant_option)):
        function = decorate(function)
    return function


def tree_options(function: F) -> F:
    """Add what names any tree with any series, in place of a release."""
    tree = _option(
        "--tree", type=_DIRECTORY, keeps="tree", help="Work on this directory instead of a release."
    )
    return tree(series_options(function))


def series_options(function: F) -> F:
    """Add what names any series, in place of the project's."""
    for decorate in reversed(
        (
            _option(
                "--series",
                type=click.Path(path_type=Path, dir_okay=False),
                keeps="series",
                metavar="FILE",
                help="Series that is not a project's; by default the file series in --patches.",
            ),
            _option(
                "--patches",
                type=_DIRECTORY,
                keeps="patches",
                metavar="DIR",
                help="Its patches; by default next to the series.",
            ),
        )
    ):
        function = decorate(function)
    return function


def decisions_option(function: F) -> F:
    """Add --decisions for a series that is not a project's."""
    return _option(
        "--decisions",
        type=click.Path(path_type=Path, dir_okay=False),
        keeps="decisions",
        metavar="FILE",
        help="With --tree: file of decisions; by default `decisions` in --patches.",
    )(function)


def fuzz_option(help_text: str) -> Callable[[F], F]:
    """Add --fuzz for a series that is not a project's."""
    return click.option("--fuzz", type=click.IntRange(0), metavar="N", default=None, help=help_text)


def variant_option(function: F) -> F:
    """Add --option."""
    return _option(
        "--option",
        multiple=True,
        keeps="options",
        metavar="NAME",
        help="Take the patches under this option, and under no other that is not named.",
    )(function)


def offline_option(function: F) -> F:
    """Add --offline."""
    return click.option("--offline", is_flag=True, help="Use only wheels in the cache.")(function)


def pass_common(function: F) -> F:
    """Hand the verb its Common as first argument."""
    passed: F = click.make_pass_decorator(Common, ensure=True)(function)  # type: ignore[assignment]
    return passed
