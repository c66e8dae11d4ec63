"""`freebsd-port graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from freebsd_port.cli.complete import complete_patch
from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    variant_option,
)
from freebsd_port.cli.render import print_json

if TYPE_CHECKING:
    from freebsd_port.core.graph.needs import PatchGraph

_EPILOG = """\b
Examples:
  freebsd-port graph
  freebsd-port graph uefi-guests
  freebsd-port graph --reverse nova/consoles-bhyve.patch
  freebsd-port graph --svg > series.svg

\b
Exit status: 0 done, 1 failed, as where the series does not apply to the release, 2 usage."""


@click.command("graph", epilog=_EPILOG)
@click.argument("patches", nargs=-1, metavar="[PATCH]...", shell_complete=complete_patch)
@click.option("--reverse", is_flag=True, help="Show what needs the PATCHes, not what they need.")
@click.option("--dot", "is_dot", is_flag=True, help="Print it for Graphviz.")
@click.option("--svg", "is_svg", is_flag=True, help="Print it as a picture.")
@variant_option
@offline_option
@common_options
@pass_common
def command(
    common: Common,
    patches: tuple[str, ...],
    reverse: bool,
    is_dot: bool,
    is_svg: bool,
    offline: bool,
) -> None:
    """Show which patch needs which: two that do not need each other may change places.

    A patch needs an earlier one when their changed lines touch; where only context is shared,
    less context or a merge would set them free. A need by name is a guess: the two would change
    places, but one uses a word that the other defines. Without -v, a need that follows from others
    is left out.
    """
    if reverse and not patches:
        raise click.UsageError("--reverse goes with a PATCH")
    if is_dot + is_svg + common.as_json > 1:
        raise click.UsageError("give one of --json, --dot and --svg")
    from freebsd_port.ops.graph import read_graph

    project = common.project()
    release = project.load_release(common.release).name
    graph = read_graph(
        project,
        release,
        common.options,
        patches,
        reverse=reverse,
        is_offline=offline,
        progress=common.progress,
    )
    if is_dot or is_svg:
        click.echo(_draw(graph, is_dot, f"needs of the series on {release}"), nl=False)
    else:
        _show(common, graph, release, is_of_patches=bool(patches), reverse=reverse)


def _show(
    common: Common, graph: PatchGraph, release: str, *, is_of_patches: bool, reverse: bool
) -> None:
    from freebsd_port.cli.graph import as_json, show_graph, show_trees

    if common.as_json:
        print_json(as_json(graph, release))
    elif is_of_patches:
        show_trees(graph, reverse=reverse, is_verbose=common.verbosity > 0)
    else:
        show_graph(graph, is_verbose=common.verbosity > 0)


def _draw(graph: PatchGraph, is_dot: bool, title: str) -> str:
    if is_dot:
        from freebsd_port.core.graph.dot import render_dot

        return render_dot(graph, title)
    from freebsd_port.core.graph.svg import render_svg

    return render_svg(graph, title)
