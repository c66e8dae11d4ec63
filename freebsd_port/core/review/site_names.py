"""Names of the site's files: safe on every disk and in every address, the same each time."""

from __future__ import annotations

import re

from freebsd_port.core.file import hash_bytes

INDEX = "index.html"
STYLE = "review.css"
SCRIPT = "review.js"
ORDER = "series.js"
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
