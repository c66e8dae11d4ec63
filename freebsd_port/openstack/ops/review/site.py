"""`review site`: the review as a site in a directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from freebsd_port.engine.core.progress import Report, counted
from freebsd_port.engine.core.review.facts import SeriesFacts
from freebsd_port.engine.core.review.site.site import Site
from freebsd_port.engine.store.site import directory as stored
from freebsd_port.engine.store.site.directory import Written, read_assets


def write_site(facts: SeriesFacts, directory: Path, progress: Report) -> Written:
    """Write the site of these facts; raises what store.site.write_site raises."""
    return stored.write_site(directory, _files(Site(facts), progress))


def _files(site: Site, progress: Report) -> Iterator[tuple[str, bytes]]:
    yield from read_assets().items()
    for path in counted(progress, "writing the pages", tuple(site.paths())):
        content = site.read(path)
        if content is not None:
            yield path, content
