"""Show which patch needs which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from freebsd_port.cli.complete import complete_patch
from freebsd_port.cli.options import (
    Common,
    common_options,
    offline_option,
    pass_common,
    tree_options,
    variant_option,
)
from freebsd_port.cli.render import count, paint, print_json, say
from freebsd_port.engine.core.graph.needs import Contact, Need, PatchGraph, reduce_needs

SECTION = "Review"
PLACE = 3


if TYPE_CHECKING:
    from freebsd_port.engine.core.graph.needs import PatchGraph


_LOOKS = {"needs": "strong", "context": "warn", "name": "dim"}


def show_graph(graph: PatchGraph, *, is_verbose: bool) -> None:
    """Print each patch that needs another, and what it needs."""
    shown = graph.needs if is_verbose else reduce_needs(graph)
    linked = {name for need in graph.needs for name in (need.patch, need.on)}
    for name in graph.patches:
        mine = [need for need in shown if need.patch == name]
        if mine or is_verbose:
            say(name)
        for need in mine:
            say(f"    {_word(need)} {need.on}{_where(need)}")
            if is_verbose:
                _show_contacts(need.contacts, "        ")
    kinds = Counter(need.kind for need in shown)
    say(
        f"{count(len(graph.patches), 'patch')}: {count(len(shown), 'need')}, {kinds['context']} "
        f"by context and {kinds['name']} by name only; "
        f"{len(graph.patches) - len(linked)} independent"
    )


def show_trees(graph: PatchGraph, *, reverse: bool, is_verbose: bool) -> None:
    """Print what the outermost patches need, or what needs them, each below the other."""
    shown = graph.needs if is_verbose else reduce_needs(graph)
    below: dict[str, list[Need]] = {name: [] for name in graph.patches}
    for need in shown:
        below[need.on if reverse else need.patch].append(need)
    inner = {need.patch if reverse else need.on for need in shown}
    seen: set[str] = set()
    for name in graph.patches:
        if name not in inner:
            _show_tree(name, below, seen, reverse=reverse, is_verbose=is_verbose)


def _show_tree(
    root: str,
    below: Mapping[str, Sequence[Need]],
    seen: set[str],
    *,
    reverse: bool,
    is_verbose: bool,
) -> None:
    """Print one tree; what stood below a patch once is not printed again."""
    waiting: list[tuple[int, str, Need | None]] = [(0, root, None)]
    while waiting:
        depth, name, need = waiting.pop()
        indent = "    " * depth
        again = " (see above)" if name in seen and below[name] else ""
        word = f"{_word(need)} " if need else ""
        where = _where(need) if need else ""
        say(f"{indent}{word}{name}{where}{again}")
        if need and is_verbose:
            _show_contacts(need.contacts, indent + "    ")
        if not below[name] and not depth:
            say(paint("    no patch needs it" if reverse else "    needs no other patch", "dim"))
        if not again:
            following = [(depth + 1, n.patch if reverse else n.on, n) for n in below[name]]
            waiting += reversed(following)
        seen.add(name)


def _word(need: Need) -> str:
    return paint(f"{need.kind:7}", _LOOKS[need.kind])


def _where(need: Need) -> str:
    paths = dict.fromkeys(contact.path for contact in need.contacts)
    return paint(f"  {', '.join((*paths, *need.names))}", "dim")


def _show_contacts(contacts: Sequence[Contact], indent: str) -> None:
    for contact in contacts:
        mine = f"hunk {contact.number}" if contact.number else "the file"
        other = f"hunk {contact.on_number}" if contact.on_number else "the file"
        text = f"{indent}{contact.path}: {mine} meets {other}, {contact.kind}"
        say(paint(text, "dim"))


def as_json(graph: PatchGraph, release: str | None) -> dict[str, Any]:
    """Give the graph with every need, those that follow from others too."""
    drawn = {(need.patch, need.on) for need in reduce_needs(graph)}
    return {
        "ok": True,
        "verb": "graph",
        "release": release,
        "patches": list(graph.patches),
        "needs": [
            {
                "patch": need.patch,
                "on": need.on,
                "kind": need.kind,
                "names": list(need.names),
                "follows": (need.patch, need.on) not in drawn,
                "contacts": [
                    {
                        "path": contact.path,
                        "hunk": contact.number or None,
                        "on_hunk": contact.on_number or None,
                        "kind": contact.kind,
                    }
                    for contact in need.contacts
                ],
            }
            for need in graph.needs
        ],
    }


_EPILOG = """\b
Examples:
  freebsd-port graph
  freebsd-port graph uefi-guests
  freebsd-port graph --reverse nova/consoles-bhyve.patch
  freebsd-port graph --dot > series.dot
  freebsd-port graph --tree . --patches debian/patches

\b
Exit status: 0 done, 1 failed, for example because the series does not apply, 2 usage."""


@click.command("graph", epilog=_EPILOG)
@click.argument("names", nargs=-1, metavar="[PATCH]...", shell_complete=complete_patch)
@click.option("--reverse", is_flag=True, help="Show which patches need PATCH.")
@click.option("--dot", "is_dot", is_flag=True, help="Print the graph for Graphviz.")
@tree_options
@variant_option
@offline_option
@common_options
@pass_common
def command(
    common: Common,
    names: tuple[str, ...],
    reverse: bool,
    is_dot: bool,
    offline: bool,
) -> None:
    """Two patches that do not need each other may change places.

    A patch needs an earlier one if their changed lines touch. If they share only context lines,
    less context or a merge would separate them. A need by name is a guess: the two may change
    places, but one uses a name that the other defines. Without -v, a need that follows from others
    is left out.
    """
    if reverse and not names:
        raise click.UsageError("--reverse needs a PATCH")
    if is_dot and common.as_json:
        raise click.UsageError("--json and --dot exclude each other")
    release, graph = _read(common, names, reverse=reverse, is_offline=offline)
    if is_dot:
        from freebsd_port.engine.core.graph.dot import render_dot

        place = release or common.tree_label()
        click.echo(render_dot(graph, f"needs of the series on {place}"), nl=False)
    else:
        _show(common, graph, release, is_of_patches=bool(names), reverse=reverse)


def _read(
    common: Common, names: tuple[str, ...], *, reverse: bool, is_offline: bool
) -> tuple[str | None, PatchGraph]:
    """Give the release, None for any tree, and the needs of the series there."""
    if common.names_series():
        from freebsd_port.engine.ops.inspect import graph

        found = graph.read_graph(common.source(), common.base(), names, reverse=reverse)
        return None, found
    from freebsd_port.openstack.ops.inspect.graph import read_graph

    project = common.project()
    release = project.load_release(common.release).name
    return release, read_graph(
        project,
        release,
        common.options,
        names,
        reverse=reverse,
        is_offline=is_offline,
        progress=common.progress,
    )


def _show(
    common: Common, graph: PatchGraph, release: str | None, *, is_of_patches: bool, reverse: bool
) -> None:

    if common.as_json:
        print_json(as_json(graph, release))
    elif is_of_patches:
        show_trees(graph, reverse=reverse, is_verbose=common.verbosity > 0)
    else:
        show_graph(graph, is_verbose=common.verbosity > 0)
