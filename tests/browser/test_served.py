"""`review serve` as a reviewer uses it: the command, a browser, and the file of decisions."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from freebsd_port.engine.core.review.facts import PatchFacts, SeriesFacts
from freebsd_port.engine.core.review.site.markup import page_path
from freebsd_port.openstack.store.project.decisions import load_decisions
from freebsd_port.openstack.store.project.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]
CHECKOUT = Path(__file__).resolve().parents[2]
BY = "Ada Porter"
SERIOUS = ("serious", "critical")


@dataclass
class Served:
    process: subprocess.Popen[str]
    url: str
    project: Project

    def decisions(self, patch: PatchFacts) -> dict[str, str]:
        found = {one.hunk: one.verdict for one in load_decisions(self.project)}
        return {hunk.id: found[hunk.id] for hunk in patch.hunks if hunk.id in found}


def start(root: Path) -> Served:
    """Run the command over a copy of the real project."""
    for name in ("patches", "releases"):
        shutil.copytree(CHECKOUT / name, root / name)
    shutil.copy(CHECKOUT / "series", root)
    words = ("review", "serve", "--no-browser", "--json", "--by", BY, "--project", str(root))
    process = subprocess.Popen(
        [sys.executable, "-m", "freebsd_port", *words],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    said = read_json(process.stdout)
    assert (said["ok"], said["by"]) == (True, BY)
    return Served(process, str(said["url"]), Project(root))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of the module, each of which decides about a patch of its own."""
    started = start(tmp_path_factory.mktemp("served") / "project")
    yield started
    started.process.kill()
    started.process.communicate()


def read_json(stream: IO[str]) -> dict[str, Any]:
    """Read one document of several lines from a process that goes on."""
    text = ""
    for line in stream:
        text += line
        if line.rstrip() == "}":
            break
    value = json.loads(text)
    assert isinstance(value, dict)
    return value


def several(facts: SeriesFacts, number: int) -> PatchFacts:
    """One of the patches with more than two hunks."""
    return [patch for patch in facts.patches if len(patch.hunks) > 2][number]


def test_hunks_are_approved_sent_back_and_reset_in_the_browser(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 0)
    first, second = patch.hunks[:2]
    page = open_page()
    page.goto(served.url)
    assert "token" not in page.url
    page.goto(f"{page.url}{page_path(patch.name)}#hunk-{first.id}")
    section = page.locator(f"#hunk-{first.id}")
    section.get_by_label("Note").fill("reads <b>well</b>")
    section.get_by_role("button", name="Approve").click()
    section.get_by_text(f"Approved by {BY}").wait_for()
    assert section.locator("blockquote").inner_text() == "reads <b>well</b>"
    assert served.decisions(patch) == {first.id: "approved"}
    other = page.locator(f"#hunk-{second.id}")
    other.get_by_label("Note").fill("why?")
    other.get_by_role("button", name="Request changes").click()
    other.get_by_text(f"Changes requested by {BY}").wait_for()
    assert served.decisions(patch)[second.id] == "changes-requested"
    page.reload()
    section.get_by_text(f"Approved by {BY}").wait_for()
    section.get_by_role("button", name="Reset").click()
    section.get_by_text("Nobody decided yet").wait_for()
    assert served.decisions(patch) == {second.id: "changes-requested"}
    page.keyboard.press("o")
    page.wait_for_url("**/index.html")
    page.get_by_role("button", name="To change").click()
    rows = page.locator("table.grid tbody tr:visible")
    assert patch.name.removesuffix(".patch") in rows.locator("a").all_inner_texts()


def test_all_hunks_of_a_patch_are_approved_at_once_and_by_key(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 1)
    page = open_page()
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.locator(f"#hunk-{patch.hunks[0].id}").get_by_text(f"Approved by {BY}").wait_for()
    page.get_by_text("Decide all").click()
    page.get_by_role("form", name="Decide all").get_by_role("button", name="Approve").click()
    page.locator(f"#hunk-{patch.hunks[-1].id}").get_by_text(f"Approved by {BY}").wait_for()
    assert served.decisions(patch) == {hunk.id: "approved" for hunk in patch.hunks}


def test_deciding_goes_on_to_the_next_hunk_that_the_filter_leaves(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 7)
    page = open_page()
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}?show=unreviewed")
    page.keyboard.press("j")
    for number in range(len(patch.hunks)):
        page.locator(f"#hunk-{patch.hunks[number].id}").and_(page.locator(".current")).wait_for()
        page.keyboard.press("a")
    page.get_by_text("The filter leaves no hunk of this patch.").wait_for()
    assert page.url.endswith("?show=unreviewed")
    assert served.decisions(patch) == {hunk.id: "approved" for hunk in patch.hunks}


def test_a_decision_needs_no_script(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 2)
    hunk = patch.hunks[1]
    page = open_page(java_script_enabled=False)
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Approve").click()
    page.wait_for_url(f"**/{page_path(patch.name)}#hunk-{hunk.id}")
    assert page.locator(f"#hunk-{hunk.id}").get_by_text(f"Approved by {BY}").is_visible()


def test_a_page_of_another_site_changes_nothing(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts, tmp_path: Path
) -> None:
    patch = several(real_facts, 4)
    hunk = patch.hunks[0]
    page = open_page(expected=("status of 403",))
    page.goto(served.url)
    home = page.url
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<form method="post" action="{home}decide"><input name="hunk" value="{hunk.id}">'
        '<button name="verdict" value="approved">Win</button></form>'
    )
    page.goto(evil.as_uri())
    page.get_by_role("button", name="Win").click()
    page.wait_for_url(f"{home}decide")
    assert '"ok": false' in page.locator("body").inner_text()
    assert served.decisions(patch) == {}


def test_axe_finds_no_serious_violation_in_the_buttons(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    patch = several(real_facts, 5)
    page = open_page(bypass_csp=True)
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    for hunk, name in zip(patch.hunks, ("Approve", "Request changes"), strict=False):
        page.locator(f"#hunk-{hunk.id}").get_by_role("button", name=name).click()
        page.locator(f"#hunk-{hunk.id}").get_by_text(f"by {BY}").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for hunk in patch.hunks[:3]:
            parts = f"#hunk-{hunk.id} :is(.decision, .hunk-head)"
            result = Axe().run(page, context=parts, options={"preload": False}).response
            found = [one for one in result["violations"] if one["impact"] in SERIOUS]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_what_the_server_refuses_is_said_beside_the_buttons_and_an_interrupt_ends_it(
    open_page: OpenPage, real_facts: SeriesFacts, tmp_path: Path
) -> None:
    served = start(tmp_path / "project")
    patch = several(real_facts, 3)
    hunk = patch.hunks[0]
    page = open_page(expected=("status of 409",))
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    series = served.project.series
    names = [name for name in series.read_text().splitlines() if not name.startswith(patch.name)]
    series.write_text("".join(f"{name}\n" for name in names))
    section = page.locator(f"#hunk-{hunk.id}")
    section.get_by_role("button", name="Approve").click()
    section.get_by_text(f"no hunk '{hunk.id}'").wait_for()
    assert section.get_by_role("button", name="Approve").is_enabled()
    assert served.decisions(patch) == {}
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0
