"""What `graph` prints: needs below each patch, or trees of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from freebsd_port.cli.render import count, paint, say
from freebsd_port.core.graph.needs import Contact, Need, PatchGraph, reduce_needs
from freebsd_port.core.shown import show_unseen

_LOOKS = {"needs": "strong", "context": "warn", "name": "dim"}


def show_graph(graph: PatchGraph, *, is_verbose: bool) -> None:
    """Print each patch that needs another, and what it needs."""
    shown = graph.needs if is_verbose else reduce_needs(graph)
    linked = {name for need in graph.needs for name in (need.patch, need.on)}
    for name in graph.patches:
        mine = [need for need in shown if need.patch == name]
        if mine or is_verbose:
            say(show_unseen(name))
        for need in mine:
            say(f"    {_word(need)} {show_unseen(need.on)}{_where(need)}")
            if is_verbose:
                _show_contacts(need.contacts, "        ")
    kinds = Counter(need.kind for need in shown)
    say(
        f"{count(len(graph.patches), 'patch')}: {count(len(shown), 'need')}, {kinds['context']} "
        f"by context and {kinds['name']} by name only; "
        f"{len(graph.patches) - len(linked)} stand alone"
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
        say(f"{indent}{word}{show_unseen(name)}{where}{again}")
        if need and is_verbose:
            _show_contacts(need.contacts, indent + "    ")
        if not below[name] and not depth:
            say(paint("    nothing needs it" if reverse else "    needs nothing", "dim"))
        if not again:
            following = [(depth + 1, n.patch if reverse else n.on, n) for n in below[name]]
            waiting += reversed(following)
        seen.add(name)


def _word(need: Need) -> str:
    return paint(f"{need.kind:7}", _LOOKS[need.kind])


def _where(need: Need) -> str:
    paths = dict.fromkeys(contact.path for contact in need.contacts)
    return paint(f"  {', '.join(map(show_unseen, (*paths, *need.names)))}", "dim")


def _show_contacts(contacts: Sequence[Contact], indent: str) -> None:
    for contact in contacts:
        mine = f"hunk {contact.number}" if contact.number else "the file"
        other = f"hunk {contact.on_number}" if contact.on_number else "the file"
        text = f"{indent}{show_unseen(contact.path)}: {mine} meets {other}, {contact.kind}"
        say(paint(text, "dim"))


def as_json(graph: PatchGraph, release: str) -> dict[str, Any]:
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
