"""The pages and data of a review as a site that needs no server: path to bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from freebsd_port.core.review.facts import PatchFacts, SeriesFacts
from freebsd_port.core.review.flags import patch_flags
from freebsd_port.core.review.history import FileHistory, follow_files
from freebsd_port.core.review.page import Frame
from freebsd_port.core.review.page_overview import render_overview
from freebsd_port.core.review.page_patch import render_patch_page
from freebsd_port.core.review.site_names import INDEX, ORDER, file_path, page_path
from freebsd_port.core.review.visible import decode_line


class Site:
    """A review as pages, each made when it is asked for."""

    def __init__(self, facts: SeriesFacts, *, can_decide: bool = False) -> None:
        self._frame = Frame(facts, can_decide)
        self._histories, self._versions = follow_files(facts.patches)
        self._pages = {page_path(patch.name): n for n, patch in enumerate(facts.patches)}
        self._data = {file_path(path): path for path in self._histories}

    def paths(self) -> Iterator[str]:
        """Give the path of everything in the site, the overview last."""
        yield from self._data
        yield ORDER
        yield from self._pages
        yield INDEX

    def read(self, path: str) -> bytes | None:
        """Give what is at a path, or None; the same facts give the same bytes."""
        if path == INDEX:
            return render_overview(self._frame)
        if path == ORDER:
            return _render_order(self._frame.facts.patches)
        if path in self._data:
            name = self._data[path]
            return render_history(path, self._histories[name])
        index = self._pages.get(path)
        if index is None:
            return None
        return render_patch_page(self._frame, index, self._versions[index])


def _render_order(patches: tuple[PatchFacts, ...]) -> bytes:
    """Give the pages in the order of the series with their flags, for turning them by key."""
    rows = [[page_path(patch.name), " ".join(sorted(patch_flags(patch)))] for patch in patches]
    return f"freebsdPort.order({json.dumps(rows, separators=(',', ':'))});\n".encode()


def render_history(path: str, history: FileHistory) -> bytes:
    """Give a file as it was released and what each patch makes of it, for the script."""
    value: Mapping[str, object] = {
        "base": [decode_line(line) for line in history.base],
        "steps": [
            [[one.start, one.removed, [decode_line(line) for line in one.added]] for one in step]
            for step in history.steps
        ],
    }
    text = json.dumps(value, separators=(",", ":"))
    return f"freebsdPort.file({json.dumps(path)},{text});\n".encode()
