"""Build the documentation's site: docs/, the reference, and the pages at the project's root.

The sources are put together below the build directory, so that the checkout stays as it is in
git, and pages can link to each other as they do on a code host.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from manual.read_help import Page

OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
"""Pages at the root of the project, and what they are called on the site."""

_CALL = re.compile(r"(?<![\[`])`(freebsd-port ([a-z-]+)(?: ([a-z-]+))?(?: ([a-z-]+))?[^`]*)`(?!`)")
_FENCED = re.compile(r"(^```.*?^```\s*?$|^#.*?$|^\|.*?$)", re.MULTILINE | re.DOTALL)
_LIGHT = re.compile(r"(!\[[^\]]*\]\([^)\s]+)-light\.png\)")
_TO_DOCS = re.compile(r"(?<=\]\()docs/")
_TO_ROOT = re.compile(r"(!?)\[([^\]]*)\]\(\.\./([^)#\s]+)(#[^)\s]*)?\)")


def stage_sources(root: Path, directory: Path, pages: tuple[Page, ...]) -> None:
    """Put the site's sources together in a directory of their own."""
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(root / "docs", directory)
    for name, here in OUTSIDE.items():
        if here != "index.md" and (root / name).is_file():
            text = (root / name).read_text("utf-8")
            text = re.sub(r"(?<=\]\()(?![a-z]+:|#|docs/)", "../", text)
            (directory / here).write_text(_TO_DOCS.sub("", text), "utf-8")
    url = _source_url(root)
    calls = {page.words[1:]: page.name for page in pages}
    for path in directory.rglob("*.md"):
        depth = len(path.relative_to(directory).parts) - 1
        text = _link_root(path.read_text("utf-8"), "../" * depth, url, depth)
        text = _LIGHT.sub(r"\1-light.png){.only-light}\n\1-dark.png){.only-dark}", text)
        path.write_text(_link_calls(text, calls, "../" * depth), "utf-8")


def _link_root(text: str, up: str, url: str | None, depth: int) -> str:
    """Let links to files above docs/ lead to their page of the site, or to the code host."""

    def replace(found: re.Match[str]) -> str:
        image, shown, target, anchor = found.groups()
        for _ in range(depth):
            if not target.startswith("../"):
                return found[0]
            target = target.removeprefix("../")
        if target in OUTSIDE:
            here = OUTSIDE[target]
            return f"{image}[{shown}]({up}{here}{'' if here == 'index.md' else anchor or ''})"
        return f"[{shown}]({url}/blob/main/{target})" if url else shown

    return _TO_ROOT.sub(replace, text)


def _link_calls(text: str, calls: dict[tuple[str, ...], str], up: str) -> str:
    """Let the first mention of each verb in running text lead to its page of the reference."""
    seen = set()

    def replace(found: re.Match[str]) -> str:
        words = tuple(word for word in found.groups()[1:] if word)
        while words and words not in calls:
            words = words[:-1]
        if not words or words in seen:
            return found[0]
        seen.add(words)
        return f"[`{found[1]}`]({up}reference/{calls[words]}.md)"

    parts = _FENCED.split(text)
    return "".join(
        part if index % 2 else _CALL.sub(replace, part) for index, part in enumerate(parts)
    )


def build_site(root: Path, source: Path, html: Path, *, is_strict: bool) -> int:
    """Run Sphinx and give its exit status; strict means that a warning is a failure."""
    strict = ["-n", "-W", "--keep-going"] if is_strict else []
    shown = ["-q", "-j", "auto", "-d", str(html.parent / "doctrees")]
    words = [sys.executable, "-m", "sphinx", "-b", "html", "-c", str(root / "docs")]
    return subprocess.run([*words, *shown, *strict, str(source), str(html)], check=False).returncode


def _source_url(root: Path) -> str | None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    urls = {name.lower(): url for name, url in project.get("urls", {}).items()}
    found = urls.get("source") or urls.get("repository")
    return found.rstrip("/") if isinstance(found, str) else None
