"""Make the documentation: `python scripts/manual WHAT`.

site DIR    the rendered site, in DIR/html
check DIR   the same, and everything that is wrong with it or with the pages in git
man DIR     a man page for each verb
readme      the table of verbs in README.md
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from manual.json_keys import load_json_keys  # noqa: E402
from manual.links import find_broken_links, find_broken_site_links  # noqa: E402
from manual.markdown import render_index, render_page  # noqa: E402
from manual.mdoc import render_man  # noqa: E402
from manual.modules import render_modules  # noqa: E402
from manual.read_help import Page, read_pages  # noqa: E402
from manual.site import build_site, stage_sources  # noqa: E402


def read_all() -> tuple[Page, ...]:
    """Read the help of every verb."""
    from freebsd_port.cli.main import cli

    return read_pages(cli)


def write_reference(directory: Path) -> None:
    """Write the reference's Markdown pages."""
    pages, keys = read_all(), load_json_keys()
    directory.mkdir(parents=True, exist_ok=True)
    for page in pages:
        (directory / f"{page.name}.md").write_text(render_page(page, keys), "utf-8")
    (directory / "index.md").write_text(render_index(pages, keys), "utf-8")
    (directory / "modules.md").write_text(render_modules(ROOT / "freebsd_port"), "utf-8")


def make_site(directory: Path, *, is_strict: bool) -> int:
    """Build the site in DIRECTORY/html and give Sphinx's exit status."""
    shutil.rmtree(directory / "html", ignore_errors=True)
    stage_sources(ROOT, directory / "source", read_all())
    write_reference(directory / "source/reference")
    return build_site(ROOT, directory / "source", directory / "html", is_strict=is_strict)


def check(directory: Path) -> int:
    """Print everything that is wrong with the documentation and give the exit status."""
    wrong = find_broken_links(ROOT, documents())
    status = make_site(directory, is_strict=True)
    wrong += find_broken_site_links(directory / "html")
    wrong += lint_man(write_man(directory / "man"))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong or status else 0


def documents() -> list[Path]:
    """Give the pages that people read, as they are in git."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def lint_man(pages: list[Path]) -> list[str]:
    """Give the warnings of mandoc, where it is installed."""
    if shutil.which("mandoc") is None:
        return []
    words = ["mandoc", "-T", "lint", "-W", "warning", *map(str, pages)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()


def write_man(directory: Path) -> list[Path]:
    """Write the man pages and give their paths."""
    pages, keys, day = read_all(), load_json_keys(), build_day()
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for page in pages:
        path = directory / f"{page.name}.1"
        path.write_text(render_man(page, pages, keys, day), "utf-8")
        written.append(path)
    return written


def build_day() -> date:
    """Give the day that pages bear: SOURCE_DATE_EPOCH for builds that must repeat, else today."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return (datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)).date()


def main(words: list[str]) -> None:
    """Do what the words say."""
    match words:
        case ["site", directory]:
            sys.exit(make_site(Path(directory), is_strict=False))
        case ["check", directory]:
            sys.exit(check(Path(directory)))
        case ["man", directory]:
            write_man(Path(directory))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
