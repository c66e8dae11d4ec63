"""Reviews: one patch in the terminal, the site of the real series, and of a long generated one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from bench.contestants import own_command
from bench.nova import RELEASE, read_targets
from bench.process import Cost, Costs, run_measured
from bench.series import generate_series
from freebsd_port.openstack.store.project.project import find_project
from freebsd_port.openstack.store.python.wheels import Wheel

Progress = Callable[[str], None]

LONG = 1000
PATCH = "nova/uefi-guests.patch"
ONE = "review of one patch"
SITE = "review site of the real series"
LONG_SITE = f"review site of {LONG} patches"
OPENS = f"overview of {LONG} patches opens in Chromium"
SECONDS = {ONE: 0.4, SITE: 3.0, LONG_SITE: 20.0, OPENS: 2.0}
"""Wall time, median; of the whole process, but for the page, which a running browser opens."""

_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def measure_review(
    nova: Wheel, rounds: int, root: Path, progress: Progress
) -> tuple[dict[str, Costs], dict[str, str]]:
    """Measure in turn, below `root`; gives what could not be measured too, with the reason."""
    progress(f"preparing a project with {LONG} patches")
    long, site, long_site = root / "long", root / "site", root / "long-site"
    _make_project(nova, long)
    own = (*own_command(), "review")
    commands = {
        ONE: (*own, PATCH, "--no-pager", "--offline"),
        SITE: (*own, "site", str(site), "--offline"),
        LONG_SITE: (*own, "site", str(long_site), "--offline", "--project", str(long)),
    }
    runs: dict[str, list[Cost]] = {label: [] for label in commands}
    for number in range(1, rounds + 1):
        progress(f"review, round {number} of {rounds}")
        for label, command in commands.items():
            for directory in (site, long_site):
                shutil.rmtree(directory, ignore_errors=True)
            runs[label].append(run_measured(command, cwd=find_project().root))
    opened = _open(long_site / "index.html", rounds)
    steps = {label: Costs(tuple(costs)) for label, costs in runs.items()}
    if opened:
        return {**steps, OPENS: Costs(opened)}, {}
    return steps, {OPENS: "Chromium or playwright is absent"}


def _make_project(nova: Wheel, root: Path) -> None:
    """Make a project of the same releases with a generated series."""
    shutil.copytree(find_project().root / "releases", root / "releases")
    for path in root.glob("releases/*/series.lock"):
        path.unlink()
    series = generate_series(read_targets(nova), LONG)
    (root / "patches" / "nova").mkdir(parents=True)
    for name, text in series.patches:
        (root / "patches" / "nova" / name).write_bytes(text)
    (root / "series").write_text("".join(f"nova/{name}\n" for name, _ in series.patches))
    assert find_project(root).default_release() == RELEASE


def _open(page: Path, rounds: int) -> tuple[Cost, ...]:
    """Open a page again and again, each time until it has been drawn; empty without a browser."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return ()
    if chromium is None:
        return ()
    costs = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        for _ in range(rounds):
            tab = browser.new_context().new_page()
            begin = time.perf_counter()
            tab.goto(page.as_uri())
            tab.evaluate(_DRAWN)
            costs.append(Cost(time.perf_counter() - begin, 0.0, 0))
            tab.context.close()
        browser.close()
    return tuple(costs)
