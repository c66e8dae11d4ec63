"""Make the pictures of the documentation from the real thing: the review's pages, and a session.

It needs the environment that `make patch` made, Chromium, and the dependency groups dev and docs:

    .venv/bin/python scripts/record_docs.py [--venv .venvs/2026.2] [--only session]

The review is shown as that environment has it, with the checks that ran in it. The session runs
on a copy of its packages, so nothing there changes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests/helpers")]

from manual.cast import Scene, play, render_svg  # noqa: E402

IMAGES = ROOT / "docs/images"
TOOL = str(Path(sys.executable).with_name("freebsd-port"))
NAME, HUNK = "host-cpumap-fallback", "e6cf30d88a47"
SCROLL = "id => document.getElementById(id).scrollIntoView({behavior: 'instant'})"
WIDTH, HEIGHT = 1280, 760


def main() -> None:
    """Make what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, default=ROOT / ".venvs/2026.2")
    parser.add_argument("--only", choices=("review", "session"))
    asked = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    if asked.only != "session":
        record_review(asked.venv.absolute())
    if asked.only != "review":
        record_session(asked.venv.absolute())
    for path in sorted(IMAGES.iterdir()):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


def record_review(venv: Path) -> None:
    """Take the overview and one patch from the served review, in light and dark."""
    from playwright.sync_api import sync_playwright

    words = [TOOL, "review", "serve", "--no-browser", "--json", "--by", "Jo Porter"]
    server = subprocess.Popen(
        [*words, "--venv", str(venv)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        url = _read_url(server)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), chromium_sandbox=False
            )
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme
                )
                page.goto(url)
                page.screenshot(path=IMAGES / f"overview-{scheme}.png")
                page.locator(f"a[href*='{NAME}']").first.click()
                page.wait_for_load_state("networkidle")
                page.evaluate(SCROLL, f"hunk-{HUNK}")
                page.screenshot(path=IMAGES / f"review-{scheme}.png")
                page.close()
            browser.close()
    finally:
        server.terminate()
        server.wait()


def record_session(venv: Path) -> None:
    """Record the first commands on a fresh copy of the packages."""
    with tempfile.TemporaryDirectory() as made:
        packages = Path(made)
        _copy_packages(venv, packages)
        on = ["--venv", str(packages)]
        subprocess.run([TOOL, "pop", "-a", "-q", *on], cwd=ROOT, check=True)
        scenes = [
            Scene("freebsd-port apply", [TOOL, "apply", *on], 2.5),
            Scene(
                "freebsd-port review 6669a2fc",
                [TOOL, "review", "6669a2fc", "--no-pager", "--venv", str(venv)],
                6.0,
            ),
            Scene("freebsd-port pop 2", [TOOL, "pop", "2", *on], 2.0),
            Scene(
                "freebsd-port rebase --to 2026.1 --dry-run",
                [TOOL, "rebase", "--to", "2026.1", "--dry-run"],
                4.0,
            ),
        ]
        (IMAGES / "session.svg").write_text(render_svg(play(scenes, str(ROOT))), "utf-8")


def _read_url(server: subprocess.Popen[str]) -> str:
    """Read the document that the server prints when it listens."""
    text = ""
    for line in server.stdout or ():
        text += line
        if line.startswith("}"):
            return str(json.loads(text)["url"])
    raise SystemExit(f"the review is not served: {text}")


def _copy_packages(venv: Path, to: Path) -> None:
    from proof import copy_distributions

    from freebsd_port.openstack.store.project.project import find_project
    from freebsd_port.openstack.store.python.environment import read_environment

    project = find_project(ROOT)
    copy_distributions(read_environment(venv), project.load_release(None), to)


if __name__ == "__main__":
    main()
