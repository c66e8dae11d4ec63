"""Find links that lead nowhere: in the Markdown as it is in git, and in the site that was built.

Links to other sites are judged by their form only, because nothing here asks a network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?")


def find_broken_links(root: Path, pages: list[Path]) -> list[str]:
    """Name each link of these pages that has no target, as `page: link: what is wrong`."""
    found = []
    for page in pages:
        prose = _FENCE.sub("", page.read_text("utf-8"))
        for link in _LINK.findall(_CODE.sub("", prose)):
            if reason := _broken(root, page, link):
                found.append(f"{page.relative_to(root)}: {link}: {reason}")
    return found


def heading_anchors(text: str) -> set[str]:
    """Give the anchors that GitHub and MyST make of a page's headings; a repeat gets `-1`."""
    anchors: dict[str, int] = {}
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        count = anchors.get(slug, 0)
        anchors[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def _broken(root: Path, page: Path, link: str) -> str | None:
    parts = urlsplit(link)
    if parts.scheme:
        return external_fault(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(root.resolve()):
        return "leads out of the project"
    if not target.exists():
        return "no such file"
    if not parts.fragment or target.suffix != ".md":
        return None
    anchors = heading_anchors(target.read_text("utf-8"))
    return None if parts.fragment in anchors else f"{target.name} has no heading for it"


def external_fault(link: str) -> str | None:
    """Say what is wrong with the form of a link to another site, None if nothing is."""
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        return None if re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", parts.path) else "no address"
    if parts.scheme not in ("https", "http"):
        return f"a link of an unknown kind: {parts.scheme}"
    is_local = parts.hostname in ("localhost", "127.0.0.1")
    return None if is_local or _HOST.fullmatch(parts.netloc.lower()) else "no host name"


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a link can lead to, and what leads somewhere."""
        for name, value in attrs:
            if value and (name == "id" or (tag == "a" and name == "name")):
                self.targets.add(value)
            elif value and (tag, name) in (("a", "href"), ("img", "src"), ("link", "href")):
                self.links.append(value)


def find_broken_site_links(site: Path) -> Iterator[str]:
    """Name each link and image of a built site that has no file, or no element of its name."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        page = _Html()
        page.feed(path.read_text("utf-8"))
        pages[path.resolve()] = page
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            fragment = unquote(parts.fragment)
            missing = fragment and target in pages and fragment not in pages[target].targets
            if not target.exists() or missing:
                yield f"{path.relative_to(site.resolve())}: {link}: leads nowhere"
