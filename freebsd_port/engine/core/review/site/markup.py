"""HTML from values, and names for the site's files.

Whatever is not Html already is escaped; characters that cannot be seen are named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape as escape_text

from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.core.text.unseen import BIDI, split_unseen

_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")


class Html(str):
    """Text that is markup; only this module and constants make it."""

    __slots__ = ()


def show(text: str) -> Html:
    """Escape a text for the page; a newline stays, what cannot be seen stands there by name."""
    if isinstance(text, Html):
        return text
    if _PLAIN.fullmatch(text):
        return Html(escape_text(text))
    return Html("\n".join(_show_line(line) for line in text.split("\n")))


def _show_line(line: str) -> str:
    return "".join(
        escape_text(line[start:stop]) if name is None else _mark(name, line[start:stop])
        for start, stop, name in split_unseen(line)
    )


def _mark(name: str, character: str) -> str:
    kind = "unseen bidi" if character in BIDI else "unseen"
    return (
        f'<span class="{kind}" title="a character that cannot be seen">{escape_text(name)}</span>'
    )


def plain(text: str) -> str:
    """Give a text of which nothing is unseen, for attributes and titles; not escaped."""
    if _PLAIN.fullmatch(text):
        return text
    pieces = split_unseen(text.replace("\n", " "))
    return "".join(
        text[start:stop] if name is None else f"<{name}>" for start, stop, name in pieces
    )


def element(tag: str, /, *children: str | None, **attributes: str | bool | int | None) -> Html:
    """Give an element; `class_` is class, `data_flags` is data-flags, True a bare attribute."""
    inner = "".join(show(child) for child in children if child is not None)
    return Html(f"<{tag}{_attributes(attributes)}>{inner}</{tag}>")


def void(tag: str, /, **attributes: str | bool | int | None) -> Html:
    """Give an element that has no end, such as meta."""
    return Html(f"<{tag}{_attributes(attributes)}>")


def join(parts: Iterable[Html], between: str = "") -> Html:
    """Put markup together."""
    return Html(show(between).join(parts))


def _attributes(attributes: dict[str, str | bool | int | None]) -> str:
    written = []
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if value is True:
            written.append(f" {name}")
        elif value is not None and value is not False:
            written.append(f' {name}="{escape_text(plain(str(value)))}"')
    return "".join(written)


INDEX = "index.html"
STYLE = "review.css"
SCRIPT = "review.js"
ORDER = "series.js"
SEARCH = "search.js"
_LONGEST = 90
_AMBIGUOUS = re.compile(r"--|-/|/-|^[.-]|[.-]$")


def page_path(patch: str) -> str:
    """Give the path of a patch's page in the site."""
    name = patch.removesuffix(".patch")
    return f"patches/{_name_file(name, is_sure=name != patch)}.html"


def file_path(path: str) -> str:
    """Give the path in the site of what is known of a file that patches change."""
    return f"files/{_name_file(path)}.js"


def _name_file(name: str, *, is_sure: bool = True) -> str:
    """Keep letters, digits, dots and hyphens, with slashes doubled to hyphens.

    What had to be changed beyond that has a digest behind it, so that two names never share a
    file, whatever the disk makes of capitals, and none depends on the others.
    """
    joined = name.replace("/", "--")
    safe = re.sub(r"[^a-z0-9_.-]+", "-", joined.lower())[:_LONGEST].strip(".-")
    if safe and is_sure and safe == joined and not _AMBIGUOUS.search(name):
        return safe
    return f"{safe}-{hash_bytes(name.encode('utf-8', 'surrogateescape'))[:8]}".lstrip("-")
