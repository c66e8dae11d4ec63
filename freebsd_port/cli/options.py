"""Options that many verbs share, and the values they become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from freebsd_port.ops.workspace import Workspace
    from freebsd_port.store.project import Project

F = TypeVar("F", bound=Callable[..., Any])
_DIRECTORY = click.Path(path_type=Path, file_okay=False)


@dataclass(slots=True)
class Common:
    """What every verb was told."""

    as_json: bool = False
    release: str | None = None
    venv: Path | None = None
    project_root: Path | None = None
    verbosity: int = 0
    """-1 quiet, 0, 1 and up verbose."""

    tree: Path | None = None
    series: Path | None = None
    patches: Path | None = None
    options: frozenset[str] = frozenset()

    @property
    def is_quiet(self) -> bool:
        """Tell whether only errors are wanted."""
        return self.verbosity < 0 or self.as_json

    def project(self) -> Project:
        """Find the project."""
        from freebsd_port.store.project import find_project

        return find_project(self.project_root)

    def workspace(self) -> Workspace:
        """Open what the verb works on."""
        from freebsd_port.ops.workspace import open_environment, open_tree

        if self.tree is not None:
            return open_tree(self.tree, self.series, self.patches)
        return open_environment(self.project(), self.release, self.venv, self.options)

    def has_place(self) -> bool:
        """Tell whether a tree or environment was named, or the release's own one is there."""
        if self.tree is not None or self.venv is not None:
            return True
        project = self.project()
        return project.environment(project.load_release(self.release).name).exists()

    def progress(self, message: str) -> None:
        """Tell what goes on, unless quiet."""
        from freebsd_port.cli.render import print_progress

        if self.verbosity >= 0:
            print_progress(message)


def _complete_release(_ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    from freebsd_port.store.project import find_project

    return [name for name in find_project().release_names() if name.startswith(word)]


def complete_patch(_ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a patch of the project's series."""
    from freebsd_port.core.series import parse_series
    from freebsd_port.store.project import find_project

    names = parse_series(find_project().series.read_bytes()).names
    return [
        name for name in names if name.startswith(word) or name.partition("/")[2].startswith(word)
    ]


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def callback(ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        common = ctx.ensure_object(Common)
        if value not in (None, ()):
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


def common_options(function: F) -> F:
    """Add what every verb takes."""
    for decorate in reversed(
        (
            _option(
                "--release",
                metavar="NAME",
                keeps="release",
                shell_complete=_complete_release,
                help="OpenStack release; the newest unless given.",
            ),
            _option(
                "--project", type=_DIRECTORY, keeps="project_root", help="Directory of the series."
            ),
            _option("--json", is_flag=True, keeps="as_json", help="Print JSON."),
            click.option(
                "-q",
                "--quiet",
                count=True,
                expose_value=False,
                callback=_keep_verbosity(-1),
                help="Print errors only.",
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


def venv_option(function: F) -> F:
    """Add --venv."""
    return _option(
        "--venv",
        type=_DIRECTORY,
        keeps="venv",
        metavar="PATH",
        help="Environment or directory of packages; .venvs/RELEASE unless given.",
    )(function)


def target_options(function: F) -> F:
    """Add what names an environment or, instead, any tree with any series."""
    for decorate in reversed(
        (
            venv_option,
            _option("--tree", type=_DIRECTORY, keeps="tree", help="Any directory, without pins."),
            _option(
                "--series",
                type=click.Path(path_type=Path, dir_okay=False),
                keeps="series",
                metavar="FILE",
                help="The tree's series; DIR/series of --patches unless given.",
            ),
            _option(
                "--patches", type=_DIRECTORY, keeps="patches", metavar="DIR", help="Its patches."
            ),
            _option(
                "--option",
                multiple=True,
                keeps="options",
                metavar="NAME",
                help="Take in the patches that the series has under this option.",
            ),
        )
    ):
        function = decorate(function)
    return function


def offline_option(function: F) -> F:
    """Add --offline."""
    return click.option("--offline", is_flag=True, help="Use cached wheels only.")(function)


def pass_common(function: F) -> F:
    """Hand the verb its Common as first argument."""
    passed: F = click.make_pass_decorator(Common, ensure=True)(function)  # type: ignore[assignment]
    return passed
